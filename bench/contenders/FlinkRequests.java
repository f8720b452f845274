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
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Requests with a deadline: received, handled, handled on time, open and overdue per unit, duplicates removed, in one
 * slot, with heap state, a timer per deadline and a checkpoint every 2 s.
 */
public final class FlinkRequests {
  private static final Duration OUT_OF_ORDER = Duration.ofMinutes(1);
  private static final long THE_END = Long.MAX_VALUE;

  /** What is read of an event; unit and due are those of a receipt. */
  public static final class Told {
    public String id;
    public String request;
    public String unit;
    public long due;
    public long time;
  }

  /** A request that is open. */
  public static final class Open {
    public String unit;
    public long due;
    public boolean overdue;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Data {
    public String request;
    public String unit;
    public String due;
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Event {
    public String id;
    public String time;
    public Data data;
  }

  private static final class Decoding extends AbstractDeserializationSchema<Told> {
    private transient ObjectReader reader;

    @Override
    public void open(InitializationContext context) {
      reader = new ObjectMapper().readerFor(Event.class);
    }

    @Override
    public Told deserialize(byte[] value) throws IOException {
      Event event = reader.readValue(value);
      Told told = new Told();
      told.id = event.id;
      told.request = event.data.request;
      told.unit = event.data.unit;
      told.due = event.data.due == null ? 0 : milliseconds(event.data.due);
      told.time = milliseconds(event.time);
      return told;
    }

    private static long milliseconds(String time) {
      return OffsetDateTime.parse(time).toInstant().toEpochMilli();
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

  /** Follows each request, and tells by how much which count of which unit changes. */
  private static final class Following extends KeyedProcessFunction<String, Told, Tuple2<String, Long>> {
    private transient MapState<String, Boolean> known;
    private transient ValueState<Open> open;
    private transient long newest;

    @Override
    public void open(OpenContext context) {
      known = getRuntimeContext().getMapState(new MapStateDescriptor<>("known", String.class, Boolean.class));
      open = getRuntimeContext().getState(new ValueStateDescriptor<>("open", Open.class));
    }

    @Override
    public void processElement(Told told, Context context, Collector<Tuple2<String, Long>> out) throws Exception {
      Progress.addOne();
      newest = Math.max(newest, told.time);
      if (known.contains(told.id)) {
        return;
      }
      known.put(told.id, true);
      if (told.unit == null) {
        handled(told, context, out);
        return;
      }
      Open received = new Open();
      received.unit = told.unit;
      received.due = told.due;
      open.update(received);
      // As long as it is the very moment, it is not overdue.
      context.timerService().registerEventTimeTimer(told.due + 1);
      out.collect(Tuple2.of("received|" + told.unit, 1L));
      out.collect(Tuple2.of("open|" + told.unit, 1L));
    }

    private void handled(Told told, Context context, Collector<Tuple2<String, Long>> out) throws Exception {
      Open was = open.value();
      open.clear();
      context.timerService().deleteEventTimeTimer(was.due + 1);
      out.collect(Tuple2.of("handled|" + was.unit, 1L));
      out.collect(Tuple2.of("open|" + was.unit, -1L));
      if (told.time <= was.due) {
        out.collect(Tuple2.of("on_time|" + was.unit, 1L));
      }
      if (was.overdue) {
        out.collect(Tuple2.of("overdue|" + was.unit, -1L));
      }
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Tuple2<String, Long>> out) throws Exception {
      Open still = open.value();
      // At the end of what is read all timers go off, also those of deadlines to come.
      if (still == null || time > newest) {
        return;
      }
      still.overdue = true;
      open.update(still);
      out.collect(Tuple2.of("overdue|" + still.unit, 1L));
    }
  }

  /** Adds up the changes of a count; tells it at the end. */
  private static final class Adding extends KeyedProcessFunction<String, Tuple2<String, Long>, Tuple2<String, Long>> {
    private transient ValueState<Long> count;

    @Override
    public void open(OpenContext context) {
      count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Long.class));
    }

    @Override
    public void processElement(Tuple2<String, Long> change, Context context, Collector<Tuple2<String, Long>> out)
        throws Exception {
      Long known = count.value();
      if (known == null) {
        context.timerService().registerEventTimeTimer(THE_END);
      }
      count.update(known == null ? change.f1 : known + change.f1);
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Tuple2<String, Long>> out) throws Exception {
      out.collect(Tuple2.of(context.getCurrentKey(), count.value()));
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

    KafkaSource<Told> source =
        KafkaSource.<Told>builder()
            .setBootstrapServers(args[0])
            .setTopics(args[1])
            .setGroupId(args[4])
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setBounded(OffsetsInitializer.latest())
            .setValueOnlyDeserializer(new Decoding())
            .build();
    WatermarkStrategy<Told> watermarks =
        WatermarkStrategy.<Told>forBoundedOutOfOrderness(OUT_OF_ORDER)
            .withTimestampAssigner((told, appended) -> told.time);
    DataStream<Tuple2<String, Long>> totals =
        environment
            .fromSource(source, watermarks, "requests")
            .keyBy(told -> told.request)
            .process(new Following())
            .keyBy(change -> change.f0)
            .process(new Adding());

    Map<String, Long> counts = new HashMap<>();
    try (var counted = totals.executeAndCollect("count")) {
      counted.forEachRemaining(total -> counts.put(total.f0, total.f1));
    }
    counts.values().removeIf(number -> number == 0);
    Files.writeString(Path.of(args[6]), new ObjectMapper().writeValueAsString(counts));
  }
}
