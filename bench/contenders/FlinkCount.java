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
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** Counts readings per unit, kind and five minutes of event time, in one slot, with heap state and a checkpoint every 2 s. */
public final class FlinkCount {
  private static final Duration PANE = Duration.ofMinutes(5);
  private static final Duration OUT_OF_ORDER = Duration.ofMinutes(1);

  /** What is read of a reading, with its time in ms since the epoch. */
  public static final class Reading {
    public String unit;
    public String kind;
    public long time;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Data {
    public String unit;
    public String kind;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Event {
    public String time;
    public Data data;
  }

  private static final class Decoding extends AbstractDeserializationSchema<Reading> {
    private transient ObjectReader reader;

    @Override
    public void open(InitializationContext context) {
      reader = new ObjectMapper().readerFor(Event.class);
    }

    @Override
    public Reading deserialize(byte[] value) throws IOException {
      Event event = reader.readValue(value);
      Reading reading = new Reading();
      reading.unit = event.data.unit;
      reading.kind = event.data.kind;
      reading.time = OffsetDateTime.parse(event.time).toInstant().toEpochMilli();
      return reading;
    }
  }

  /** Tells another process how many readings were counted. */
  private static final class Progress {
    static MappedByteBuffer shared;
    static long count;

    static void open(String file) throws IOException {
      try (RandomAccessFile opened = new RandomAccessFile(file, "rw")) {
        shared = opened.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 8);
      }
      shared.order(ByteOrder.LITTLE_ENDIAN);
    }

    static void addOne() {
      shared.putLong(0, ++count);
    }
  }

  private static final class Count implements AggregateFunction<Reading, Long, Long> {
    @Override
    public Long createAccumulator() {
      return 0L;
    }

    @Override
    public Long add(Reading reading, Long known) {
      Progress.addOne();
      return known + 1;
    }

    @Override
    public Long getResult(Long known) {
      return known;
    }

    @Override
    public Long merge(Long one, Long other) {
      return one + other;
    }
  }

  private static final class Named implements WindowFunction<Long, Tuple2<String, Long>, String, TimeWindow> {
    @Override
    public void apply(String place, TimeWindow pane, Iterable<Long> counts, Collector<Tuple2<String, Long>> out) {
      out.collect(Tuple2.of(place + "|" + pane.getStart() / 1000, counts.iterator().next()));
    }
  }

  /** Arguments: bootstrap, topic, partitions, records, run, file of the shared counter, file of the result. */
  public static void main(String[] args) throws Exception {
    Progress.open(args[5]);
    Configuration options = new Configuration();
    options.setString("execution.checkpointing.interval", "2 s");
    options.setString("state.backend.type", "hashmap");
    options.setString("execution.checkpointing.dir", Files.createTempDirectory("flink").toUri().toString());
    options.setString("pipeline.object-reuse", "true");
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(1, options);

    KafkaSource<Reading> source =
        KafkaSource.<Reading>builder()
            .setBootstrapServers(args[0])
            .setTopics(args[1])
            .setGroupId(args[4])
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setBounded(OffsetsInitializer.latest())
            .setValueOnlyDeserializer(new Decoding())
            .build();
    WatermarkStrategy<Reading> watermarks =
        WatermarkStrategy.<Reading>forBoundedOutOfOrderness(OUT_OF_ORDER)
            .withTimestampAssigner((reading, appended) -> reading.time);
    DataStream<Tuple2<String, Long>> panes =
        environment
            .fromSource(source, watermarks, "readings")
            .keyBy(reading -> reading.unit + "|" + reading.kind)
            .window(TumblingEventTimeWindows.of(PANE))
            .aggregate(new Count(), new Named());

    Map<String, Long> counts = new HashMap<>();
    try (var counted = panes.executeAndCollect("count")) {
      counted.forEachRemaining(pane -> counts.merge(pane.f0, pane.f1, Long::sum));
    }
    Files.writeString(Path.of(args[6]), new ObjectMapper().writeValueAsString(counts));
  }
}
