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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Requests with a deadline: received, handled, handled on time, open and overdue per unit, duplicates removed, in
 * in-memory stores with changelogs, in one thread. Counts are per partition, as this product's; the reader adds them up.
 */
public final class KafkaStreamsRequests {
  private static final String REQUESTS = "requests";
  private static final String DUE = "due";
  private static final String IDS = "ids";
  private static final String COUNTS = "counts";
  private static final Duration HORIZON = Duration.ofMinutes(10);
  private static final String OVERDUE = "overdue";

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

  private static long seconds(String time) {
    return OffsetDateTime.parse(time).toEpochSecond();
  }

  private static final class Counting implements Processor<byte[], byte[], Void, Void> {
    private static final ObjectReader READER = new ObjectMapper().readerFor(Event.class);

    private final Runnable processed;
    private KeyValueStore<String, String> requests;
    private KeyValueStore<String, String> due;
    private WindowStore<String, String> ids;
    private KeyValueStore<String, Long> counts;
    private long newest;

    Counting(Runnable processed) {
      this.processed = processed;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      requests = context.getStateStore(REQUESTS);
      due = context.getStateStore(DUE);
      ids = context.getStateStore(IDS);
      counts = context.getStateStore(COUNTS);
      context.schedule(Duration.ofSeconds(1), PunctuationType.WALL_CLOCK_TIME, now -> fallDue());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      Event event;
      try {
        event = READER.readValue(record.value());
      } catch (IOException error) {
        throw new IllegalArgumentException(error);
      }
      long time = seconds(event.time);
      newest = Math.max(newest, time);
      if (isNew(event.id, time * 1000)) {
        if (event.data.unit == null) {
          handled(event.data.request, time);
        } else {
          received(event.data);
        }
      }
      processed.run();
    }

    private boolean isNew(String id, long time) {
      try (var known = ids.fetch(id, time - HORIZON.toMillis(), time + HORIZON.toMillis())) {
        if (known.hasNext()) {
          return false;
        }
      }
      ids.put(id, "", time);
      return true;
    }

    private void received(Data data) {
      long until = seconds(data.due);
      requests.put(data.request, data.unit + "|" + until);
      due.put(String.format("%012d|%s", until, data.request), data.unit);
      add("received", data.unit, 1);
      add("open", data.unit, 1);
    }

    private void handled(String request, long time) {
      String[] known = requests.delete(request).split("\\|");
      long until = Long.parseLong(known[1]);
      add("handled", known[0], 1);
      add("open", known[0], -1);
      if (time <= until) {
        add("on_time", known[0], 1);
      }
      if (due.delete(String.format("%012d|%s", until, request)) == null) {
        add(OVERDUE, known[0], -1);
      }
    }

    private void fallDue() {
      List<String> passed = new ArrayList<>();
      try (var found = due.range("", String.format("%012d", newest))) {
        found.forEachRemaining(
            entry -> {
              passed.add(entry.key);
              add(OVERDUE, entry.value, 1);
            });
      }
      passed.forEach(due::delete);
    }

    private void add(String what, String unit, long change) {
      String key = what + "|" + unit;
      Long known = counts.get(key);
      counts.put(key, known == null ? change : known + change);
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
    for (String store : List.of(REQUESTS, DUE)) {
      builder.addStateStore(
          Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(store), Serdes.String(), Serdes.String()));
    }
    builder.addStateStore(
        Stores.windowStoreBuilder(
            Stores.inMemoryWindowStore(IDS, HORIZON, HORIZON, false), Serdes.String(), Serdes.String()));
    builder.addStateStore(
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(COUNTS), Serdes.String(), Serdes.Long())
            .withCachingEnabled());
    builder
        .stream(args[1], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .process(() -> new Counting(processed), REQUESTS, DUE, IDS, COUNTS);

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
      // Until what fell due last is counted.
      Thread.sleep(2500);
      Map<String, Long> counts = new HashMap<>();
      var store =
          streams.store(
              StoreQueryParameters.fromNameAndType(COUNTS, QueryableStoreTypes.<String, Long>keyValueStore()));
      try (var all = store.all()) {
        all.forEachRemaining(entry -> counts.merge(entry.key, entry.value, Long::sum));
      }
      counts.values().removeIf(number -> number == 0);
      Files.writeString(Path.of(args[6]), new ObjectMapper().writeValueAsString(counts));
    }
  }
}
