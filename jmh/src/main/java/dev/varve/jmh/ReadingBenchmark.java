package dev.varve.jmh;

import dev.varve.jmh.peer.Peer;
import dev.varve.jmh.peer.PeerKind;
import java.io.IOException;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/** Reading from a log that was filled once and lies in the page cache. */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public abstract class ReadingBenchmark {
  /** What is measured. */
  @Param public PeerKind peer = PeerKind.VARVE;

  private int recordCount;
  private OpenPeer open;
  private Peer.Reader reader;

  /** Fills the log. */
  @Setup(Level.Trial)
  public void fill(BenchmarkParams params) throws IOException {
    recordCount = params.getOpsPerInvocation();
    open = filled(recordCount);
    reader = open.peer().reader();
  }

  /** A log of so many records. */
  abstract OpenPeer filled(int recordCount) throws IOException;

  /** Deletes the log. */
  @TearDown(Level.Trial)
  public void delete() throws IOException {
    reader.close();
    open.close();
  }

  int recordCount() {
    return recordCount;
  }

  Peer.Reader reader() {
    return reader;
  }
}
