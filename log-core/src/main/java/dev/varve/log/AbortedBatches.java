package dev.varve.log;

import dev.varve.index.TransactionIndex;
import dev.varve.log.record.RecordBatch;
import java.util.Arrays;
import org.agrona.collections.Long2LongHashMap;

/**
 * Tells a reader of committed records which batches to leave out, as it comes to them in order. The
 * aborted transactions come from the transaction indexes, for one stretch of the log after another;
 * no batch is looked at before its turn.
 *
 * <pre>
 *   known up to     the end of the stretch of which the indexes were asked
 *   pending         transactions that begin behind the reader, by first offset
 *   begun           producer id -> offset of the ABORT marker that ends its transaction
 * </pre>
 *
 * <p>Makes no garbage but what grows with the number of aborted transactions that lie around one
 * place.
 *
 * <p>Thread safety: for one thread.
 */
final class AbortedBatches implements TransactionIndex.Visitor {
  private static final long NONE = -1;
  private static final int FIELDS = 3;

  private final ReadPath readPath;
  private final Long2LongHashMap begun = new Long2LongHashMap(NONE);

  /** First offset, producer id, offset of the marker; in the order of first offsets. */
  private long[] pending = new long[0];

  private int pendingFrom;
  private int pendingTo;

  /** All transactions that begin below have been taken up; {@link #NONE} after a jump. */
  private long knownTo = NONE;

  AbortedBatches(ReadPath readPath) {
    this.readPath = readPath;
  }

  /** Forgets everything: the reader goes on elsewhere. */
  void clear() {
    knownTo = NONE;
    pendingFrom = 0;
    pendingTo = 0;
    begun.clear();
  }

  /**
   * Whether a batch belongs to a transaction that was aborted.
   *
   * @param batch the next batch that the reader has come to
   * @param endOffset an offset behind the batch, at or below the last stable offset: the end of
   *     what may be taken up at once
   */
  boolean contains(RecordBatch batch, long endOffset) {
    if (!batch.isTransactional()) {
      return false;
    }
    long baseOffset = batch.baseOffset();
    if (batch.isControl()) {
      drop(batch.producerId(), baseOffset);
      return false;
    }
    if (baseOffset >= knownTo) {
      takeUp(knownTo == NONE ? baseOffset : knownTo, endOffset);
    }
    begin(batch.lastOffset());
    return begun.get(batch.producerId()) > baseOffset;
  }

  private void drop(long producerId, long markerOffset) {
    long aborted = begun.get(producerId);
    if (aborted != NONE && aborted <= markerOffset) {
      begun.remove(producerId);
    }
  }

  private void takeUp(long from, long to) {
    System.arraycopy(pending, pendingFrom, pending, 0, pendingTo - pendingFrom);
    pendingTo -= pendingFrom;
    pendingFrom = 0;
    readPath.visitAborted(from, to, this);
    knownTo = to;
  }

  /** Takes up a transaction; one that begins in an earlier stretch was taken up with that. */
  @Override
  public void visit(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {
    if (firstOffset < knownTo) {
      return;
    }
    if (pendingTo + FIELDS > pending.length) {
      pending = Arrays.copyOf(pending, Math.max(16 * FIELDS, 2 * pending.length));
    }
    int at = pendingTo; // they come in the order of markers, which is nearly that of beginnings
    while (at > pendingFrom && pending[at - FIELDS] > firstOffset) {
      System.arraycopy(pending, at - FIELDS, pending, at, FIELDS);
      at -= FIELDS;
    }
    pending[at] = firstOffset;
    pending[at + 1] = producerId;
    pending[at + 2] = lastOffset;
    pendingTo += FIELDS;
  }

  private void begin(long lastOffset) {
    while (pendingFrom < pendingTo && pending[pendingFrom] <= lastOffset) {
      begun.put(pending[pendingFrom + 1], pending[pendingFrom + 2]);
      pendingFrom += FIELDS;
    }
  }
}
