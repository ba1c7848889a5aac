package dev.varve.compaction;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.varve.log.SegmentRewriter.ProducerEnd;
import dev.varve.log.record.RecordBatch;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Knows the last batch of each producer of a log, at one moment. Asking makes no garbage.
 *
 * <p>Thread safety: for one thread.
 */
final class LastBatches implements ActiveProducers {
  private final Long2ObjectHashMap<Last> byProducer = new Long2ObjectHashMap<>();

  /**
   * @param lastDataOffset negative if the producer has only a marker in its epoch
   */
  private record Last(short epoch, long lastDataOffset) {
    boolean is(RecordBatch batch) {
      return lastDataOffset >= 0
          ? batch.lastOffset() == lastDataOffset
          : batch.isControl() && batch.producerEpoch() == epoch;
    }
  }

  /** The ends of all producers of a log. */
  static LastBatches of(List<ProducerEnd> ends) {
    LastBatches last = new LastBatches();
    ends.forEach(end -> last.add(end.producerId(), end.epoch(), end.lastDataOffset()));
    return last;
  }

  /**
   * Takes note of a producer.
   *
   * @param producerId which
   * @param epoch the epoch of its last batch or marker
   * @param lastDataOffset the offset of the last record of its last batch in that epoch; negative
   *     if it has none, so that its marker has to say which epoch it is in
   */
  @CanIgnoreReturnValue
  LastBatches add(long producerId, short epoch, long lastDataOffset) {
    byProducer.put(producerId, new Last(epoch, lastDataOffset));
    return this;
  }

  @Override
  public boolean isLast(RecordBatch batch) {
    @Nullable Last last = byProducer.get(batch.producerId());
    return last != null && last.is(batch);
  }
}
