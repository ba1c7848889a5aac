package dev.varve.jmh.peer;

import static java.nio.ByteOrder.BIG_ENDIAN;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.PinnedBatches;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.RecordCursor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A {@link CommitLog} as an embedder gets it: default options but for segments of 64 MiB, no JVM
 * flag.
 *
 * <p>A record carries key, value, timestamp and offset, in a batch with a CRC-32C, in Kafka's
 * format. An append has reached the page cache when it returns; a durable append waits for a force,
 * which all who wait share. Every read checks the checksum.
 */
final class VarvePeer implements Peer {
  private static final ValueLayout.OfLong STAMP =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(BIG_ENDIAN);

  private final CommitLog log;

  VarvePeer(PeerSettings settings) {
    LogOptions options =
        LogOptions.builder()
            .segmentBytesMax(PeerSettings.SEGMENT_BYTES_MAX)
            .compression(settings.compression())
            .build();
    log = CommitLog.open(settings.directory(), options);
  }

  @Override
  public Appender appender() {
    return new LogAppender(log);
  }

  @Override
  public Reader reader() {
    return new RecordReader(log);
  }

  @Override
  public void close() {
    log.close();
  }

  private static final class LogAppender implements Appender {
    private final CommitLog log;
    private final RecordBatchBuilder builder;

    LogAppender(CommitLog log) {
      this.log = log;
      this.builder = log.newBatch();
    }

    @Override
    public void append(long timestamp, byte[] key, byte[] value) {
      log.append(timestamp, key, value);
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) {
      log.append(records.fill(builder, recordCount).build());
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) {
      log.awaitDurable(log.append(timestamp, key, value));
    }
  }

  private static final class RecordReader implements Reader {
    private final CommitLog log;
    private final LogReader reader;
    private final RecordCursor cursor = new RecordCursor();

    RecordReader(CommitLog log) {
      this.log = log;
      this.reader = log.reader(0);
    }

    @Override
    public long readAll() {
      reader.seek(0);
      long sum = 0;
      while (reader.next()) {
        Record next = reader.record();
        sum += next.keyBytes() + next.valueBytes();
      }
      return sum;
    }

    @Override
    public long readAllBytes() {
      reader.seek(0);
      long sum = 0;
      while (reader.next()) {
        Record next = reader.record();
        MemorySegment memory = next.memory();
        sum +=
            ByteSum.of(memory, next.keyPosition(), next.keyBytes())
                + ByteSum.of(memory, next.valuePosition(), next.valueBytes());
      }
      return sum;
    }

    @Override
    public long read(long index) {
      try (PinnedBatches batches = log.read(index, 1)) {
        if (!batches.next()) {
          throw new IllegalStateException("no batch with offset " + index);
        }
        cursor.open(batches.batch());
        while (cursor.next()) {
          Record record = cursor.record();
          if (record.offset() == index) {
            return (long) record.keyBytes() + record.valueBytes();
          }
        }
        throw new IllegalStateException("no record with offset " + index);
      }
    }

    @Override
    public long find(long timestamp) {
      return log.offsetForTimestamp(timestamp).orElseThrow();
    }

    @Override
    public long poll() {
      if (!reader.next()) {
        return -1;
      }
      Record record = reader.record();
      return record.memory().get(STAMP, record.valuePosition());
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
