// Prints, for each key of standard input, the partition that each client finds among so many.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/IBM/sarama"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	partitions := make([]int, count)
	for i := range partitions {
		partitions[i] = i
	}
	franz := kgo.StickyKeyPartitioner(nil).ForTopic("t")
	segmentio := kafka.Murmur2Balancer{Consistent: true}
	told, untold := Murmur2("t"), sarama.NewHashPartitioner("t")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		key := lines.Bytes()
		message := &sarama.ProducerMessage{Key: sarama.ByteEncoder(key)}
		own, err := told.Partition(message, int32(count))
		if err != nil {
			log.Fatal(err)
		}
		other, err := untold.Partition(message, int32(count))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(
			franz.Partition(&kgo.Record{Key: key}, count),
			segmentio.Balance(kafka.Message{Key: key}, partitions...), own, other)
	}
}
