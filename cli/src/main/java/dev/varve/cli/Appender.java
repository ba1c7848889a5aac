package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.BatchTooLargeException;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatchBuilder;
import java.io.IOException;

/**
 * Appends the lines of an input to a log, in batches, until the input ends, a line is at fault, or
 * the process is interrupted. What was appended by then stays.
 *
 * <p>Thread safety: the thread that handles an interrupt may call {@link #finish} while the other
 * waits for input; all else is for one thread.
 */
final class Appender {
  private final int batchRecordsMax;

  private final int batchBytesMax;
  private final boolean sync;
  private final CommitLog log;
  private final LineSplitter lines;
  private final InputFormat format;
  private final RecordBatchBuilder builder;
  private final InputRecord record = new InputRecord();

  private long firstOffset = -1;
  private long endOffset;
  private long records;
  private long batches;
  private long bytes;
  private boolean finished;

  Appender(
      CommitLog log,
      LogOptions options,
      Compression compression,
      int batchRecordsMax,
      boolean sync,
      LineSplitter lines,
      InputFormat format) {
    this.log = log;
    this.batchBytesMax = Math.min(options.batchBytesMax(), options.segmentBytesMax());
    this.batchRecordsMax = batchRecordsMax;
    this.sync = sync;
    this.lines = lines;
    this.format = format;
    this.builder = RecordBatchBuilder.of(compression);
    this.endOffset = log.offsets().endOffset();
  }

  /**
   * Appends the lines that have been read so far.
   *
   * @throws CommandFailedException if a line cannot be appended; the lines before it are
   */
  synchronized void appendLines() throws IOException {
    while (!finished && lines.nextLine()) {
      try {
        format.parse(lines.buffer(), lines.from(), lines.end(), record);
      } catch (MalformedLineException e) {
        throw new CommandFailedException("line " + lines.lineNumber() + ": " + e.getMessage());
      }
      if (builder.recordCount() > 0 && !hasRoom()) {
        appendBatch();
      }
      builder.append(record.timestamp, record.key, record.value, record.headers);
      if (builder.recordCount() >= batchRecordsMax || builder.sizeBytes() >= batchBytesMax) {
        appendBatch();
      }
    }
  }

  private boolean hasRoom() {
    return record.headers.isEmpty()
        ? builder.hasRoomFor(record.keyBytes(), record.valueBytes(), batchBytesMax)
        : builder.sizeBytes() + lines.end() - lines.from() <= batchBytesMax;
  }

  private void appendBatch() {
    EncodedBatch batch = builder.build();
    int count = batch.recordCount();
    int sizeBytes = batch.sizeBytes();
    long offset;
    try {
      offset = log.append(batch);
    } catch (BatchTooLargeException e) {
      throw new CommandFailedException("line " + lines.lineNumber() + ": " + e.getMessage());
    } finally {
      builder.clear();
    }
    if (firstOffset < 0) {
      firstOffset = offset;
    }
    records += count;
    batches++;
    bytes += sizeBytes;
    endOffset = offset + count;
  }

  /**
   * Appends what is left of the last batch and, if so asked, makes all of it durable. Doing it
   * twice is harmless.
   */
  synchronized void finish() {
    if (finished) {
      return;
    }
    finished = true;
    try {
      if (builder.recordCount() > 0) {
        appendBatch();
      }
    } finally {
      if (sync) {
        log.flush();
      }
    }
  }

  /** Whether {@link #finish} was called. */
  synchronized boolean isFinished() {
    return finished;
  }

  synchronized long records() {
    return records;
  }

  /** What was done, in a line. */
  synchronized String report(long nanos) {
    if (records == 0) {
      return "appended nothing; the log ends at offset " + endOffset;
    }
    return "appended "
        + Text.count(records, "record")
        + " in "
        + Text.count(batches, "batch")
        + ", "
        + Text.bytes(bytes)
        + ", offsets "
        + firstOffset
        + " to "
        + (endOffset - 1)
        + (sync ? ", durable" : "")
        + ", in "
        + Text.duration(nanos)
        + " ("
        + Text.count(Text.perSecond(records, nanos))
        + " records/s)";
  }
}
