import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Counts readings per unit, kind and five minutes in an in-memory store with a changelog, in one thread.
 *
 * <p>A processor and not the DSL's groupBy: that would write and read every event once more to bring equal groups
 * together. Like this product it counts per partition; whoever reads the store adds the partitions up.
 */
public final class KafkaStreamsCount {
  private static final String STORE = "counts";
  private static final long PANE = 300;

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Reading {
    public String unit;
    public String kind;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Event {
    public String time;
    public Reading data;
  }

  private static final class Counting implements Processor<byte[], byte[], Void, Void> {
    private static final ObjectReader READER = new ObjectMapper().readerFor(Event.class);

    private final Runnable processed;
    private KeyValueStore<String, Long> counts;

    Counting(Runnable processed) {
      this.processed = processed;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      counts = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      Event event;
      try {
        event = READER.readValue(record.value());
      } catch (IOException error) {
        throw new IllegalArgumentException(error);
      }
      long start = OffsetDateTime.parse(event.time).toEpochSecond() / PANE * PANE;
      String key = event.data.unit + "|" + event.data.kind + "|" + start;
      Long known = counts.get(key);
      counts.put(key, known == null ? 1L : known + 1);
      processed.run();
    }
  }

  /** Arguments: bootstrap, topic, partitions, records, run, file of the shared counter, file of the result. */
  public static void main(String[] args) throws Exception {
    long records = Long.parseLong(args[3]);
    MappedByteBuffer shared;
    try (RandomAccessFile file = new RandomAccessFile(args[5], "rw")) {
      shared = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 8);
    }
    shared.order(ByteOrder.LITTLE_ENDIAN);
    CountDownLatch done = new CountDownLatch(1);
    long[] count = {0};
    Runnable processed =
        () -> {
          shared.putLong(0, ++count[0]);
          if (count[0] == records) {
            done.countDown();
          }
        };

    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.String(), Serdes.Long())
            .withCachingEnabled());
    builder
        .stream(args[1], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .process(() -> new Counting(processed), STORE);

    Path state = Files.createTempDirectory("kafka-streams");
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, args[4]);
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
    properties.put("auto.offset.reset", "earliest");
    try (KafkaStreams streams = new KafkaStreams(builder.build(), properties)) {
      streams.start();
      done.await();
      Map<String, Long> counts = new HashMap<>();
      var store =
          streams.store(
              org.apache.kafka.streams.StoreQueryParameters.fromNameAndType(
                  STORE, org.apache.kafka.streams.state.QueryableStoreTypes.<String, Long>keyValueStore()));
      try (var all = store.all()) {
        all.forEachRemaining(entry -> counts.merge(entry.key, entry.value, Long::sum));
      }
      Files.writeString(Path.of(args[6]), new ObjectMapper().writeValueAsString(counts));
    }
  }
}
