package dev.varve.log.inspect;

import dev.varve.log.inspect.BatchCheck.SegmentEnd;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Checks a log's directory against the format, all of it: every batch and every record in it, every
 * index entry against the batches, transactions, epochs, snapshots, checkpoints and names.
 *
 * {@snippet :
 * VerifyReport report = LogVerifier.verify(Path.of("orders-0"), finding -> print(finding));
 * }
 *
 * <p>Takes no lock and changes nothing. A log that is open has lawfully no index files for its
 * newest segments, and zeros behind its last batch: such are notes, not damage. It may be appended
 * to meanwhile.
 *
 * <p>A damaged range is named with its offsets. The check goes on behind it in the same segment if
 * a sound batch lies where the damaged length or the index says; what is found there is no longer
 * compared with the indexes, transactions and epochs. Memory: the indexes of one segment and the
 * largest batch, inflated.
 */
public final class LogVerifier {
  private final LogDirectory directory;
  private final VerifyListener listener;
  private final Findings findings;
  private final RecordCursor cursor = new RecordCursor();
  private final EpochsCheck epochs;
  private long bytesTotal;
  private long bytesDone;
  private long batches;
  private long records;
  private long indexEntries;

  private LogVerifier(LogDirectory directory, VerifyListener listener) throws IOException {
    this.directory = directory;
    this.listener = listener;
    this.findings = new Findings(listener::found);
    this.epochs = new EpochsCheck(directory, findings);
  }

  /**
   * Checks a directory.
   *
   * @throws dev.varve.log.error.LogDirectoryException if there is no log
   * @throws IOException if a file cannot be read
   */
  public static VerifyReport verify(Path path, VerifyListener listener) throws IOException {
    return new LogVerifier(LogDirectory.of(path), listener).verify();
  }

  private VerifyReport verify() throws IOException {
    new NamesCheck(directory, findings).check();
    for (long base : directory.baseOffsets()) {
      bytesTotal += Files.size(directory.log(base));
    }
    long endOffset = directory.startOffset();
    PartitionState state = new PartitionState(LeaderEpochs.NONE);
    long firstOffset = 0;
    if (!directory.baseOffsets().isEmpty()) {
      firstOffset = directory.baseOffsets().getFirst();
      TransactionsCheck transactions =
          new TransactionsCheck(
              directory.file(firstOffset, Kind.TRANSACTION_INDEX), firstOffset, findings);
      for (int i = 0; i < directory.baseOffsets().size(); i++) {
        endOffset = verifySegment(i, transactions);
      }
      state = transactions.state();
      indexEntries += transactions.entryCount();
    }
    epochs.atEndOfLog(endOffset);
    new StateFilesCheck(directory, findings).check(firstOffset, endOffset, state);
    return new VerifyReport(
        endOffset,
        directory.baseOffsets().size(),
        batches,
        records,
        bytesDone,
        indexEntries,
        findings.damages(),
        findings.notes());
  }

  /** Returns where the segment ends. */
  private long verifySegment(int i, TransactionsCheck transactions) throws IOException {
    long base = directory.baseOffsets().get(i);
    boolean last = i == directory.baseOffsets().size() - 1;
    long nextBase = last ? Long.MAX_VALUE : directory.baseOffsets().get(i + 1);
    boolean unsettled = directory.isUnsettled(base);
    Findings ofCaches = unsettled ? findings.asNotes() : findings;
    transactions.begin(directory.file(base, Kind.TRANSACTION_INDEX), base, ofCaches);
    epochs.begin(directory.log(base), ofCaches);
    try (BatchReader reader = BatchReader.open(directory, base, 0)) {
      SegmentCheck segment =
          new SegmentCheck(directory, reader, nextBase, cursor, findings, ofCaches);
      SegmentEnd end = segment.run(transactions, epochs, this::progress);
      transactions.compare(end);
      batches += segment.batches();
      records += segment.records();
      indexEntries += segment.indexEntries();
      bytesDone += end.endPosition();
      checkGap(reader, end, nextBase);
      // Damage hides where the segment ends, but the next one tells.
      return end.complete() || last ? end.endOffset() : nextBase;
    }
  }

  private void progress(long position) {
    listener.progress(bytesDone + position, bytesTotal);
  }

  private void checkGap(BatchReader reader, SegmentEnd end, long nextBase) {
    if (end.complete() && nextBase != Long.MAX_VALUE && end.endOffset() < nextBase) {
      findings.note(
          reader.path(),
          end.endPosition(),
          "the end at offset " + end.endOffset(),
          "the next segment's base " + nextBase + ", unless records were compacted away");
    }
  }
}
