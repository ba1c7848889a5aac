package dev.varve.jmh;

import dev.varve.jmh.peer.PeerKind;
import java.io.IOException;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Appending the same number of records to a new log in every iteration, which bounds the space on
 * the disk (1.2 GB at 1 KiB). A figure is wall time per record, of all threads together.
 */
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public abstract class AppendBenchmark {
  /** What is measured. */
  @Param public PeerKind peer = PeerKind.VARVE;

  private int recordCount;
  private AppendTeam team;

  /** Opens a new log. */
  @Setup(Level.Iteration)
  public void open(BenchmarkParams params) throws IOException {
    recordCount = params.getOpsPerInvocation();
    team = newTeam(recordCount);
  }

  /** Those who append, to a new log of so many records. */
  abstract AppendTeam newTeam(int recordCount) throws IOException;

  /** Deletes the log. */
  @TearDown(Level.Iteration)
  public void close() throws IOException {
    team.close();
  }

  /** Appends all records. */
  void appendAll(AppendTeam.Share share) throws IOException {
    team.append(recordCount, share);
  }
}
