package dev.varve.log.segment;

import dev.varve.index.TransactionIndex;
import org.jspecify.annotations.Nullable;

/**
 * One stretch of the log, with files of its own. The state is the type, and goes one way only:
 *
 * <pre>
 *   ActiveSegment  --roll-->  RolledSegment  --settle-->  SealedSegment
 *   takes appends             indexes in memory,          only its files; mapped
 *                             file as long as reserved    when first read
 * </pre>
 *
 * <p>Thread safety: all methods are safe for use by several threads.
 */
public sealed interface Segment permits ActiveSegment, RolledSegment, SealedSegment {

  /** The offset in the names of its files: none of its records lies below. */
  long baseOffset();

  /** The offset after its last record. For an active segment this moves; the read is an acquire. */
  long endOffset();

  /** The bytes of its batches. For an active segment this moves; the read is an acquire. */
  long sizeBytes();

  /** The path of its log, for messages. */
  String path();

  /**
   * Pins the segment's memory for one reader, who gives it back with {@link SegmentView#release}.
   *
   * @return the view, or null if the segment is no longer part of the log: load the list anew
   */
  @Nullable SegmentView tryView();

  /**
   * The aborted transactions whose markers lie in the segment. It needs no pin: its memory is there
   * as long as the index is held. For a sealed segment the file is read at the first call.
   *
   * @throws dev.varve.log.error.LogIOException if the file cannot be read
   */
  TransactionIndex transactionIndex();

  /**
   * The largest timestamp of its records, in milliseconds, or -1 if none has one. It needs no pin,
   * and a sealed segment that nobody reads is not mapped for longer than the first call takes.
   *
   * @throws dev.varve.log.error.LogIOException if its files cannot be read
   */
  long timestampMax();

  /** How many readers have the memory pinned now. */
  int pins();
}
