package dev.varve.log.segment;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.storage.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IJJ_Result;

/** What a reader sees of an append: nothing, or a whole batch with an end behind it. */
public class ActiveSegmentRaces {
  private static final SegmentOptions OPTIONS =
      new SegmentOptions(4096, Long.MAX_VALUE, 0, 1024, 1024, 4096);

  private ActiveSegmentRaces() {}

  /** One append against one reader. */
  @JCStressTest
  @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "the reader came first")
  @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "between: the end is told before the size")
  @Outcome(id = "1, 42, 1", expect = ACCEPTABLE, desc = "the append came first: the batch is whole")
  @State
  public static class PublishAgainstRead {
    private final EncodedBatch batch =
        RecordBatchBuilder.of(Compression.NONE).append(42, null, new byte[0]).build();
    private final ActiveSegment segment;

    public PublishAgainstRead() {
      try {
        segment = ActiveSegment.create(new SimulatedDisk(Path.of("simulated")), 0, OPTIONS, 0);
        segment.reserveFor(batch.sizeBytes());
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      batch.stamp(0, 0);
    }

    @Actor
    public void writer() {
      segment.append(batch);
    }

    @Actor
    public void reader(IJJ_Result result) {
      @Nullable SegmentView view = segment.tryView();
      if (view != null) {
        RecordBatch seen = new RecordBatch();
        if (view.hasBatchAt(0, seen)) {
          result.r1 = seen.recordCount();
          result.r2 = seen.maxTimestamp();
        }
        result.r3 = segment.endOffset();
        view.release();
      }
    }

    @Arbiter
    public void letGo(IJJ_Result result) {
      try {
        segment.discard();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }
}
