package dev.varve.jmh;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.record.Compression;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.Storage;

/** A log in a fresh directory, as an embedder gets it: default options, checksums, no JVM flag. */
final class BenchmarkLog implements AutoCloseable {
  /**
   * Small enough that every iteration rolls segments, which is part of the work; the limits roll
   * over at the same size.
   */
  static final int SEGMENT_BYTES_MAX = 64 << 20;

  private final BenchmarkDirectory directory;
  private final Storage storage;
  private final CommitLog log;

  private BenchmarkLog(BenchmarkDirectory directory, LogOptions options) {
    this.directory = directory;
    this.storage = DirectoryStorage.open(directory.path());
    this.log = CommitLog.open(storage, options);
  }

  static BenchmarkLog open(Compression compression) {
    LogOptions options =
        LogOptions.builder().segmentBytesMax(SEGMENT_BYTES_MAX).compression(compression).build();
    return new BenchmarkLog(BenchmarkDirectory.create(), options);
  }

  /** A log with so many records, in batches of so many. */
  static BenchmarkLog filled(Compression compression, int recordCount, int batchRecords) {
    BenchmarkLog filled = open(compression);
    BenchmarkRecords records = new BenchmarkRecords();
    RecordBatchBuilder builder = filled.log.newBatch();
    for (int i = 0; i < recordCount; i += batchRecords) {
      filled.log.append(records.fill(builder, batchRecords).build());
    }
    return filled;
  }

  CommitLog log() {
    return log;
  }

  /** The files of the log. */
  Storage storage() {
    return storage;
  }

  @Override
  public void close() {
    log.close();
    directory.close();
  }
}
