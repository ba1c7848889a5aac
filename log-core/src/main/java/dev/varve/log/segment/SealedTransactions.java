package dev.varve.log.segment;

import dev.varve.index.AbortedTransaction;
import dev.varve.index.TransactionIndex;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The aborted transactions of a sealed segment, checked against its log. A file that is missing is
 * lawful where nothing was aborted, so only the log can tell; it is read once, when the first
 * reader of committed records comes to the segment.
 *
 * <p>What the batches alone cannot tell, the transactions that were open where the segment begins,
 * the snapshot of producers there tells. Without it, or where the log is damaged, an index that is
 * in order and knows no less than the batches is believed. Compaction keeps the entry of a
 * transaction until a pass has met none of its batches, so one whose marker is there is believed.
 *
 * @param index the transactions whose markers lie in the segment
 * @param undecidedAtEnd where the earliest transaction begins that is open at the segment's end:
 *     none of those before it has its marker in a later segment; {@link #UNKNOWN} if nobody can
 *     tell
 * @param contradiction what the file held instead; null if it was as it should be
 */
record SealedTransactions(
    TransactionIndex index, long undecidedAtEnd, @Nullable String contradiction) {
  static final long UNKNOWN = -1;

  /** Those of a segment that was appended to in this process: no file has to be asked. */
  static SealedTransactions of(TransactionIndex index) {
    return new SealedTransactions(index, UNKNOWN, null);
  }

  /** Reads the file, checks it against the log, and makes it anew if the two disagree. */
  static SealedTransactions read(Storage storage, SealedSegment segment) throws IOException {
    long baseOffset = segment.baseOffset();
    PartitionState state = new PartitionState(LeaderEpochs.NONE);
    boolean known = loadState(storage, baseOffset, state);
    TransactionIndex given = SegmentIndexes.emptyTransactions(baseOffset);
    String name = SegmentFile.name(baseOffset, Kind.TRANSACTION_INDEX);
    boolean exists = storage.exists(name) && storage.size(name) <= segment.sizeBytes();
    MemorySegment stored = exists ? bytes(storage, name) : MemorySegment.NULL;
    boolean whole = replay(storage, segment, state, given, kept(stored, segment));
    long undecidedAtEnd = whole && known ? state.producers().firstUndecidedOffset() : UNKNOWN;
    if (stored.mismatch(given.bytes()) == -1) {
      return new SealedTransactions(given, undecidedAtEnd, null);
    }
    TransactionIndex found = TransactionIndex.over(stored, baseOffset);
    boolean mayKnowMore = !(whole && known) && found.entryCount() >= given.entryCount();
    if (mayKnowMore && found.firstFault(segment.endOffset()).isEmpty()) {
      return new SealedTransactions(found, undecidedAtEnd, null);
    }
    keep(storage, name, given);
    String contradiction =
        (exists ? stored.byteSize() + " bytes" : "no file")
            + " where the log has "
            + given.entryCount()
            + " aborted transactions";
    return new SealedTransactions(given, undecidedAtEnd, contradiction);
  }

  /** What the file holds, by the offsets of the markers; nothing if it is not in order. */
  private static Map<Long, AbortedTransaction> kept(MemorySegment stored, SealedSegment segment) {
    TransactionIndex index = TransactionIndex.over(stored, segment.baseOffset());
    Map<Long, AbortedTransaction> kept = new HashMap<>();
    if (index.firstFault(segment.endOffset()).isEmpty()) {
      for (int slot = 0; slot < index.entryCount(); slot++) {
        kept.put(index.transaction(slot).lastOffset(), index.transaction(slot));
      }
    }
    return kept;
  }

  /** Returns false if nothing tells which transactions are open at the offset. */
  private static boolean loadState(Storage storage, long offset, PartitionState state)
      throws IOException {
    String name = SegmentFile.name(offset, Kind.PRODUCER_SNAPSHOT);
    if (offset == 0 || !storage.exists(name)) {
      return offset == 0;
    }
    try (StorageFile file = storage.open(name)) {
      byte[] snapshot = new byte[(int) Math.min(file.size(), Integer.MAX_VALUE - 8)];
      file.read(0, MemorySegment.ofArray(snapshot));
      state.producers().load(ProducerSnapshot.parse(snapshot, offset));
      return true;
    } catch (InvalidStateFileException e) {
      return false;
    }
  }

  /** Returns false if not all batches are sound. */
  private static boolean replay(
      Storage storage,
      SealedSegment segment,
      PartitionState state,
      TransactionIndex given,
      Map<Long, AbortedTransaction> kept)
      throws IOException {
    try (StorageFile file = storage.open(SegmentFile.name(segment.baseOffset(), Kind.LOG))) {
      SegmentScan scan = new SegmentScan(file, ScanBounds.of(segment)).guidedBy(storage);
      while (scan.next()) {
        RecordBatch batch = scan.batch();
        if (batch.isControl()) {
          scan.loadWhole();
        }
        if (batch.hasProducerId()) {
          int before = given.entryCount();
          state.replay(batch, given);
          AbortedTransaction compacted = kept.get(batch.lastOffset());
          if (compacted != null
              && batch.isControl()
              && given.entryCount() == before
              && compacted.producerId() == batch.producerId()) {
            given.append(compacted);
          }
        }
      }
      return scan.fault() == null && scan.damages().isEmpty();
    }
  }

  private static MemorySegment bytes(Storage storage, String name) throws IOException {
    try (StorageFile file = storage.open(name)) {
      MemorySegment bytes = Arena.ofAuto().allocate(file.size());
      file.read(0, bytes);
      return bytes;
    }
  }

  private static void keep(Storage storage, String name, TransactionIndex given) {
    try {
      SegmentIndexes.write(storage, name, given.bytes());
    } catch (IOException e) {
      // A cache that could not be kept, on a full disk perhaps: it is made again the next time.
    }
  }
}
