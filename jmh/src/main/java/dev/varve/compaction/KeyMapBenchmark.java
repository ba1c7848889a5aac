package dev.varve.compaction;

import dev.varve.jmh.peer.PeerKind;
import java.security.DigestException;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What compaction asks of its map, for each record: to note the offset of its key, and to say
 * whether it is the last of its key. Two million records of a million keys, beside the map of
 * Kafka's cleaner, each in as much memory as it needs for these keys. The one compares keys with
 * the log where it has to, the other never does; the log lies in memory here.
 *
 * <p>Stands in the package of the map, which is nobody else's to use.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 8)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class KeyMapBenchmark {
  private static final int RECORD_COUNT = 2_000_000;

  /** Whose map. */
  @Param({"VARVE", "KAFKA"})
  public PeerKind peer = PeerKind.VARVE;

  /** Whether all keys are alike, or a fifth of them has four fifths of the records. */
  @Param({"uniform", "skewed"})
  public String keys = "uniform";

  private KeyStream stream;
  private LastOffsets map;

  /** What is not a time. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Counts {
    /** How many keys a MiB holds. */
    public double keysPerMebibyte;

    /** Of a hundred records, those that were compared with the log. */
    public double logComparisonPercent;

    /** JMH adds the iterations up: each sets its part of the mean. */
    private void set(LastOffsets map, BenchmarkParams params) {
      int iterations = params.getMeasurement().getCount();
      keysPerMebibyte = map.keysPerMebibyte() / iterations;
      logComparisonPercent =
          100.0 * map.logComparisons() / params.getOpsPerInvocation() / iterations;
    }
  }

  /** Chooses the keys. */
  @Setup(Level.Trial)
  public void make(BenchmarkParams params) throws NoSuchAlgorithmException {
    stream = new KeyStream(params.getOpsPerInvocation(), keys.equals("skewed"));
    map =
        switch (peer) {
          case VARVE -> new VarveLastOffsets(stream);
          case KAFKA -> new KafkaLastOffsets(stream);
          default -> throw new IllegalArgumentException(peer + " has no map");
        };
  }

  /** Empties the map, and fills it if that is not what is measured. */
  @Setup(Level.Iteration)
  public void prepare(BenchmarkParams params) throws DigestException {
    map.clear();
    if (params.getBenchmark().endsWith(".lookUp")) {
      map.putAll();
    }
  }

  /** Frees the memory. */
  @TearDown(Level.Trial)
  public void free() {
    map.close();
  }

  /** Puts each record. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public void put(Counts counts, BenchmarkParams params) throws DigestException {
    map.putAll();
    counts.set(map, params);
  }

  /** Asks of each record whether it is the last of its key. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public int lookUp(Counts counts, BenchmarkParams params) throws DigestException {
    int count = map.countLatest();
    if (count != stream.keyCount()) {
      throw new IllegalStateException(
          "found " + count + " last records, expected " + stream.keyCount());
    }
    counts.set(map, params);
    return count;
  }
}
