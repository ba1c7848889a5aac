package dev.varve.jmh.suite;

import dev.varve.compaction.KeyMapBenchmark;
import dev.varve.jmh.AppendBatchBenchmark;
import dev.varve.jmh.AppendDurableBenchmark;
import dev.varve.jmh.AppendRecordBenchmark;
import dev.varve.jmh.LatencyBenchmark;
import dev.varve.jmh.OpenBenchmark;
import dev.varve.jmh.PointReadBenchmark;
import dev.varve.jmh.ProducerBenchmark;
import dev.varve.jmh.ReadBenchmark;
import dev.varve.jmh.ReadCompressedBenchmark;
import dev.varve.jmh.ReaderGrowthBenchmark;
import dev.varve.jmh.SegmentGrowthBenchmark;
import dev.varve.jmh.TimeLookupBenchmark;
import dev.varve.jmh.TransactionBenchmark;
import dev.varve.jmh.TransferBenchmark;
import dev.varve.jmh.peer.Operation;
import dev.varve.jmh.peer.PeerKind;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;

/** What is measured, in the order of the report. */
@SuppressWarnings("ImmutableEnumChecker") // nobody changes the maps
enum Workload {
  APPEND_RECORD(
      "Append, one record a batch",
      "record",
      AppendRecordBenchmark.class,
      "append",
      Operation.APPEND,
      Map.of(),
      new Quick(Map.of("valueBytes", "100", "threads", "1"), 300_000)),
  APPEND_BATCH(
      "Append in batches of 100, building included",
      "record",
      AppendBatchBenchmark.class,
      "append",
      Operation.APPEND_BATCH,
      Map.of("codec", List.of("none")),
      new Quick(Map.of("valueBytes", "100", "threads", "1", "codec", "none"), 500_000)),
  APPEND_COMPRESSED(
      "Append in compressed batches of 100, building included",
      "record",
      AppendBatchBenchmark.class,
      "append",
      Operation.APPEND_COMPRESSED,
      Map.of("codec", List.of("gzip", "snappy", "lz4", "zstd")),
      new Quick(Map.of("valueBytes", "100", "threads", "1", "codec", "lz4"), 300_000)),
  APPEND_DURABLE(
      "Durable append, each record on the disk before its append returns",
      "record",
      AppendDurableBenchmark.class,
      "append",
      Operation.APPEND_DURABLE,
      Map.of(),
      new Quick(Map.of("threads", "16"), 800)),
  READ(
      "Sequential read, every record visited",
      "record",
      ReadBenchmark.class,
      "read",
      Operation.READ,
      Map.of(),
      new Quick(Map.of("valueBytes", "100", "batchRecords", "100"), 300_000)),
  READ_BYTES(
      "Sequential read, every byte of key and value looked at",
      "record",
      ReadBenchmark.class,
      "readBytes",
      Operation.READ,
      Map.of(),
      null),
  READ_COMPRESSED(
      "Sequential read of compressed batches of 100",
      "record",
      ReadCompressedBenchmark.class,
      "read",
      Operation.READ_COMPRESSED,
      Map.of(),
      null),
  POINT_READ(
      "Point read by offset",
      "record",
      PointReadBenchmark.class,
      "read",
      Operation.READ_BY_INDEX,
      Map.of(),
      new Quick(Map.of(), 100_000)),
  TIME_LOOKUP(
      "Look-up by time",
      "look-up",
      TimeLookupBenchmark.class,
      "find",
      Operation.FIND_BY_TIME,
      Map.of(),
      null),
  APPEND_LATENCY(
      "Latency of an append at 100,000 records a second",
      "record",
      LatencyBenchmark.class,
      "append",
      Operation.APPEND,
      Map.of(),
      null),
  WRITE_TO_READ(
      "Latency from write to read at 100,000 records a second, sleeping threads",
      "record",
      LatencyBenchmark.class,
      "writeToRead",
      Operation.FOLLOW,
      Map.of(),
      new Quick(Map.of(), 200_000)),
  TRANSFER(
      "transferTo, 1 MiB to a socket of this machine",
      "MiB",
      TransferBenchmark.class,
      "transfer.*",
      null,
      Map.of(),
      null),
  OPEN("Open", "log", OpenBenchmark.class, "open", Operation.REOPEN, Map.of(), null),
  KEY_PUT(
      "Compaction: a key is put into the map of last offsets",
      "record",
      KeyMapBenchmark.class,
      "put",
      Operation.MAP_KEYS,
      Map.of(),
      new Quick(Map.of("keys", "uniform"), 1_000_000)),
  KEY_LOOK_UP(
      "Compaction: a record's key is looked up in the map of last offsets",
      "record",
      KeyMapBenchmark.class,
      "lookUp",
      Operation.MAP_KEYS,
      Map.of(),
      new Quick(Map.of("keys", "uniform"), 1_000_000)),
  IDEMPOTENCE(
      "Cost of idempotence", "record", ProducerBenchmark.class, "append.*", null, Map.of(), null),
  PRODUCERS(
      "Cost of more producers",
      "log",
      ProducerBenchmark.class,
      "closeAndOpen",
      null,
      Map.of(),
      null),
  TRANSACTIONS(
      "Cost of transactions", "record", TransactionBenchmark.class, ".*", null, Map.of(), null),
  SEGMENTS(
      "Cost of more segments", "call", SegmentGrowthBenchmark.class, ".*", null, Map.of(), null),
  READERS("Cost of more readers", "call", ReaderGrowthBenchmark.class, ".*", null, Map.of(), null);

  private final String title;
  private final String subject;
  private final Class<?> benchmark;
  private final String method;
  private final @Nullable Operation operation;
  private final Map<String, List<String>> parameters;
  private final @Nullable Quick quick;

  Workload(
      String title,
      String subject,
      Class<?> benchmark,
      String method,
      @Nullable Operation operation,
      Map<String, List<String>> parameters,
      @Nullable Quick quick) {
    this.title = title;
    this.subject = subject;
    this.benchmark = benchmark;
    this.method = method;
    this.operation = operation;
    this.parameters = parameters;
    this.quick = quick;
  }

  /** How it is called on the command line. */
  String commandName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String title() {
    return title;
  }

  /** What one operation is done to. */
  String subject() {
    return subject;
  }

  /** JMH's pattern for the benchmarks. */
  String include() {
    return "^" + benchmark.getName().replace(".", "\\.") + "\\." + method + "$";
  }

  /** The names under which JMH knows the benchmarks, in the order of the alphabet. */
  List<String> benchmarkNames() {
    return Arrays.stream(benchmark.getMethods())
        .filter(each -> each.isAnnotationPresent(Benchmark.class))
        .map(each -> benchmark.getName() + "." + each.getName())
        .filter(name -> name.matches(include()))
        .sorted()
        .toList();
  }

  /** The values of parameters that belong to this workload, where others exist. */
  Map<String, List<String>> parameters() {
    return parameters;
  }

  /** What is measured for a first impression; null if nothing. */
  @Nullable Quick quick() {
    return quick;
  }

  /** Whether peers are compared; without them Varve is alone, or beside one limit. */
  boolean hasPeers() {
    return operation != null;
  }

  boolean isFor(PeerKind peer) {
    return operation == null ? peer == PeerKind.VARVE : peer.operations().contains(operation);
  }

  /** Whether the figures are percentiles of latencies. */
  boolean isLatency() {
    return this == APPEND_LATENCY || this == WRITE_TO_READ;
  }

  /**
   * A small part of a workload.
   *
   * @param parameters one value for each parameter that is not to take all of its values
   * @param operations how many operations an iteration has
   */
  record Quick(Map<String, String> parameters, int operations) {}
}
