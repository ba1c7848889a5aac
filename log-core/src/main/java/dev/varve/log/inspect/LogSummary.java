package dev.varve.log.inspect;

import dev.varve.log.inspect.Finding.Severity;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.Codec;
import dev.varve.log.record.RecordBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How far a log reaches and what it consists of, as its batch headers have it. Made without a lock,
 * also while the log is open.
 *
 * @param directory its files
 * @param endOffset the offset after the last record
 * @param segments its segments, oldest first
 * @param producers what it remembers of producers, the one that appended last first
 * @param transactions its transactions
 */
public record LogSummary(
    LogDirectory directory,
    long endOffset,
    List<SegmentSummary> segments,
    List<ProducerSummary> producers,
    TransactionSummary transactions) {

  /** Copies the lists. */
  public LogSummary {
    segments = List.copyOf(segments);
    producers = List.copyOf(producers);
  }

  /**
   * Walks all batches, checking their checksums.
   *
   * @param progress told how many bytes are done
   * @throws dev.varve.log.error.LogDirectoryException if there is no log
   */
  public static LogSummary of(Path path, LongConsumer progress) throws IOException {
    LogDirectory directory = LogDirectory.of(path);
    List<SegmentSummary> segments = new ArrayList<>();
    ProducerWalk producers = ProducerWalk.of(directory);
    TransactionWalk transactions = TransactionWalk.of(directory);
    long endOffset = directory.startOffset();
    long done = 0;
    for (long base : directory.baseOffsets()) {
      TransactionWalk.Segment ended = transactions.segment(base);
      Consumer<RecordBatch> walks =
          batch -> {
            producers.onBatch(batch);
            ended.onBatch(batch);
          };
      SegmentSummary segment = summarize(directory.log(base), walks, progress, done);
      ended.end();
      segments.add(segment);
      done += segment.fileBytes();
      endOffset = Math.max(endOffset, segment.endOffset());
    }
    return new LogSummary(
        directory, endOffset, segments, producers.producers(), transactions.summary(endOffset));
  }

  /** The bytes of all logs of a directory. */
  public static long bytesIn(LogDirectory directory) throws IOException {
    long bytes = 0;
    for (long base : directory.baseOffsets()) {
      bytes += Files.size(directory.log(base));
    }
    return bytes;
  }

  private static SegmentSummary summarize(
      Path log, Consumer<RecordBatch> walks, LongConsumer progress, long done) throws IOException {
    long batches = 0;
    long records = 0;
    long timestampMax = RecordBatch.NO_TIMESTAMP;
    Set<Codec> codecs = EnumSet.noneOf(Codec.class);
    try (BatchReader reader = BatchReader.open(log)) {
      while (reader.next()) {
        RecordBatch batch = reader.batch();
        walks.accept(batch);
        batches++;
        records += batch.recordCount();
        timestampMax = Math.max(timestampMax, batch.maxTimestamp());
        if (Codec.isKnown(batch.codecId())) {
          codecs.add(batch.codec());
        }
        if ((batches & 0x3ff) == 0) {
          progress.accept(done + reader.endPosition());
        }
      }
      return new SegmentSummary(
          reader.baseOffset(),
          reader.endOffset(),
          reader.endPosition(),
          reader.fileBytes(),
          batches,
          records,
          codecs,
          timestampMax,
          damage(reader));
    }
  }

  private static @Nullable Finding damage(BatchReader reader) throws IOException {
    BatchFault fault = reader.fault();
    return fault == null || reader.endsInReservedSpace()
        ? null
        : new Finding(
            Severity.DAMAGE, reader.path(), fault.position(), fault.found(), fault.expected());
  }
}
