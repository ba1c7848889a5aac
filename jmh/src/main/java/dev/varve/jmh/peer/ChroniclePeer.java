package dev.varve.jmh.peer;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LargeRollCycles;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * Chronicle Queue, newest release of the open source line, default options, a file a day.
 *
 * <p>A record is a document with an 8-byte value for the time, the key and the value; it carries
 * <em>no checksum</em>. An append has reached the page cache when it returns; a durable append
 * calls {@code sync} in the mode {@code SYNC}, after which those who wait with earlier documents
 * have nothing left to do. It has no batches: a batch of 100 is 100 documents. A record is found by
 * its index; not by its time.
 *
 * <p>It does not run without the flags of {@link ChronicleFlags}, which also stop it from reporting
 * its usage.
 */
final class ChroniclePeer implements Peer {
  private final ChronicleQueue queue;

  ChroniclePeer(PeerSettings settings) {
    queue =
        SingleChronicleQueueBuilder.binary(settings.directory())
            .rollCycle(LargeRollCycles.LARGE_DAILY)
            .syncMode(SyncMode.SYNC) // by default, sync only asks for a force
            .build();
  }

  @Override
  public Appender appender() {
    return new DocumentAppender(queue.createAppender());
  }

  @Override
  public Reader reader() {
    return new DocumentReader(queue.createTailer(), queue.createTailer());
  }

  @Override
  public void close() {
    queue.close();
  }

  private final class DocumentAppender implements Appender {
    private final ExcerptAppender appender;

    DocumentAppender(ExcerptAppender appender) {
      this.appender = appender;
    }

    @Override
    public void append(long timestamp, byte[] key, byte[] value) {
      try (DocumentContext document = appender.writingDocument()) {
        Bytes<?> bytes = bytes(document);
        bytes.writeLong(timestamp).write(key).write(value);
      }
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) {
      for (int i = 0; i < recordCount; i++) {
        records.advance();
        append(records.timestamp(), records.key(), records.value());
      }
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) {
      append(timestamp, key, value);
      synchronized (ChroniclePeer.this) {
        appender.sync(); // returns at once if a later document was synced meanwhile
      }
    }

    @Override
    public void close() {
      appender.close();
    }
  }

  private static Bytes<?> bytes(DocumentContext document) {
    return Objects.requireNonNull(document.wire()).bytes();
  }

  private final class DocumentReader implements Reader {
    private final ExcerptTailer tailer;
    private final ExcerptTailer pointTailer;
    private final byte[] copy = new byte[64 << 10];
    private final MemorySegment memory = MemorySegment.ofArray(copy);
    private final long firstIndex;

    DocumentReader(ExcerptTailer tailer, ExcerptTailer pointTailer) {
      this.tailer = tailer;
      this.pointTailer = pointTailer;
      this.firstIndex = queue.firstIndex();
      tailer.toStart();
    }

    @Override
    public long readAll() {
      return visit(false);
    }

    @Override
    public long readAllBytes() {
      return visit(true);
    }

    private long visit(boolean touch) {
      tailer.toStart();
      long sum = 0;
      while (true) {
        try (DocumentContext document = tailer.readingDocument()) {
          if (!document.isPresent()) {
            return sum;
          }
          Bytes<?> bytes = bytes(document);
          int sizeBytes = (int) bytes.readRemaining() - Long.BYTES;
          if (touch) {
            bytes.readSkip(Long.BYTES);
            bytes.read(copy, 0, sizeBytes);
            sum += ByteSum.of(memory, 0, sizeBytes);
          } else {
            sum += sizeBytes;
          }
        }
      }
    }

    @Override
    public long read(long index) {
      if (!pointTailer.moveToIndex(firstIndex + index)) {
        throw new IllegalStateException("no record " + index);
      }
      try (DocumentContext document = pointTailer.readingDocument()) {
        return bytes(document).readRemaining() - Long.BYTES;
      }
    }

    @Override
    public long find(long timestamp) {
      throw new UnsupportedOperationException("has no index of times");
    }

    @Override
    public long poll() {
      try (DocumentContext document = tailer.readingDocument()) {
        if (!document.isPresent()) {
          return -1;
        }
        Bytes<?> bytes = bytes(document);
        return Long.reverseBytes(
            bytes.readLong(bytes.readPosition() + Long.BYTES + BenchmarkRecords.KEY_BYTES));
      }
    }

    @Override
    public void close() {
      tailer.close();
      pointTailer.close();
    }
  }
}
