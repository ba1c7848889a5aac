package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.TransactionVersion;
import dev.varve.log.storage.SimulatedDisk;
import java.nio.file.Path;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * What a reader of committed records sees of a transaction: all of it after its end, or nothing.
 */
public class CommittedReadRaces {
  private CommittedReadRaces() {}

  /** A log, a batch of a transaction and a reader. */
  public abstract static class Race {
    private final CommitLog log =
        CommitLog.open(
            new SimulatedDisk(Path.of("simulated")),
            LogOptions.builder()
                .ownMaintenanceThreads(false)
                .segmentBytesMax(1 << 16)
                .clock(() -> 1000)
                .build());
    private final EncodedBatch batch =
        RecordBatchBuilder.of(Compression.NONE)
            .producer(7, (short) 0, 0)
            .transactional()
            .append(1000, null, "value".getBytes(UTF_8))
            .build();
    private final LogReader reader = log.reader(0, Visibility.COMMITTED);

    Race() {}

    void write(EndTransactionMarker.Outcome outcome) {
      var _ = log.append(batch);
      var _ = log.transactions().end(7, (short) 0, outcome, 0, TransactionVersion.TV1);
    }

    int read() {
      return reader.next() ? 1 : 0;
    }

    void letGo() {
      reader.close();
      log.close();
    }
  }

  /** An aborted transaction is never seen. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "whenever the reader looks")
  @State
  public static class AbortAgainstRead extends Race {
    public AbortAgainstRead() {}

    @Actor
    public void writer() {
      write(EndTransactionMarker.Outcome.ABORT);
    }

    @Actor
    public void reader(II_Result result) {
      result.r1 = read();
      result.r2 = read();
    }

    @Arbiter
    public void end(II_Result result) {
      letGo();
    }
  }

  /** A committed transaction is seen once, after its end. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the reader came first")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "between the reader's two looks")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the transaction came first")
  @State
  public static class CommitAgainstRead extends Race {
    public CommitAgainstRead() {}

    @Actor
    public void writer() {
      write(EndTransactionMarker.Outcome.COMMIT);
    }

    @Actor
    public void reader(II_Result result) {
      result.r1 = read();
      result.r2 = read();
    }

    @Arbiter
    public void end(II_Result result) {
      letGo();
    }
  }
}
