package dev.varve.compaction;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.varve.log.record.RecordBatch;
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
