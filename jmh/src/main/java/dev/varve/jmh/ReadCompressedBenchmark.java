package dev.varve.jmh;

import dev.varve.jmh.peer.Peer;
import dev.varve.jmh.peer.PeerKind;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
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
 * Reading a whole log of compressed batches of 100 records from its start. Figures are per record.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 5)
@Measurement(iterations = 8)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class ReadCompressedBenchmark {
  private static final int RECORD_COUNT = 500_000;
  private static final int BATCH_RECORDS = 100;
  private static final int VALUE_BYTES = 100;

  /** What is measured. */
  @Param public PeerKind peer = PeerKind.VARVE;

  /** How batches are compressed. */
  @Param({"gzip", "snappy", "lz4", "zstd"})
  public String codec = "lz4";

  private OpenPeer open;
  private Peer.Reader reader;

  /** Fills the log. */
  @Setup(Level.Trial)
  public void fill(BenchmarkParams params) throws IOException {
    int recordCount = params.getOpsPerInvocation();
    open = OpenPeer.filled(peer, Compression.parse(codec), VALUE_BYTES, BATCH_RECORDS, recordCount);
    reader = open.peer().reader();
  }

  /** Deletes the log. */
  @TearDown(Level.Trial)
  public void delete() throws IOException {
    reader.close();
    open.close();
  }

  /** Every batch is checked and decompressed, every record visited. */
  @Benchmark
  @OperationsPerInvocation(RECORD_COUNT)
  public long read() throws IOException {
    return reader.readAll();
  }
}
