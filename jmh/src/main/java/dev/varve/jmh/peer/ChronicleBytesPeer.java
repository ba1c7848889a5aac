package dev.varve.jmh.peer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import net.openhft.chronicle.bytes.MappedBytes;
import net.openhft.chronicle.bytes.SyncMode;

/**
 * {@code MappedBytes} of chronicle-bytes, the library below Chronicle Queue, used directly: a
 * length, the time, key and value of each record, one behind the other in a growing mapped file,
 * under a lock.
 *
 * <p>There is <em>no checksum</em> and no index. An append has reached the page cache when it
 * returns; a durable append calls {@code sync}, which all who wait share. A batch is written under
 * one lock. It needs the flags of {@link ChronicleFlags}.
 */
final class ChronicleBytesPeer implements Peer {
  private static final int HEADER_BYTES = Integer.BYTES + Long.BYTES;

  private final MappedBytes file;
  private final GroupForce groupForce;
  private long end;

  ChronicleBytesPeer(PeerSettings settings) throws IOException {
    file =
        MappedBytes.mappedBytes(
            settings.directory().resolve("bytes").toFile(), PeerSettings.SEGMENT_BYTES_MAX);
    file.singleThreadedCheckDisabled(true);
    file.mappedFile().syncMode(SyncMode.SYNC); // by default, sync only asks for a force
    groupForce = new GroupForce(file::sync);
  }

  @Override
  public Appender appender() {
    return new BytesAppender();
  }

  @Override
  public Reader reader() throws IOException {
    return new BytesReader();
  }

  @Override
  public synchronized void close() {
    file.releaseLast();
  }

  private synchronized long end() {
    return end;
  }

  private synchronized void write(long timestamp, byte[] key, byte[] value) {
    file.writeInt(Long.BYTES + key.length + value.length);
    file.writeLong(timestamp);
    file.write(key);
    file.write(value);
    end += HEADER_BYTES + key.length + value.length;
  }

  private final class BytesAppender implements Appender {
    @Override
    public void append(long timestamp, byte[] key, byte[] value) {
      write(timestamp, key, value);
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) {
      synchronized (ChronicleBytesPeer.this) {
        for (int i = 0; i < recordCount; i++) {
          records.advance();
          write(records.timestamp(), records.key(), records.value());
        }
      }
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) throws IOException {
      write(timestamp, key, value);
      groupForce.await();
    }
  }

  private final class BytesReader implements Reader {
    private final byte[] copy = new byte[64 << 10];
    private final MemorySegment memory = MemorySegment.ofArray(copy);
    private final MappedBytes source =
        MappedBytes.mappedBytes(file.mappedFile().file(), PeerSettings.SEGMENT_BYTES_MAX);

    BytesReader() throws IOException {}

    @Override
    public long readAll() {
      return visit(false);
    }

    @Override
    public long readAllBytes() {
      return visit(true);
    }

    private long visit(boolean touch) {
      long readEnd = end();
      source.readPositionRemaining(0, readEnd);
      long sum = 0;
      while (source.readRemaining() > 0) {
        int sizeBytes = source.readInt() - Long.BYTES;
        source.readSkip(Long.BYTES);
        if (touch) {
          source.read(copy, 0, sizeBytes);
          sum += ByteSum.of(memory, 0, sizeBytes);
        } else {
          source.readSkip(sizeBytes);
          sum += sizeBytes;
        }
      }
      return sum;
    }

    @Override
    public long read(long index) {
      throw new UnsupportedOperationException("has no index");
    }

    @Override
    public long find(long timestamp) {
      throw new UnsupportedOperationException("has no index");
    }

    @Override
    public long poll() {
      throw new UnsupportedOperationException("is not followed");
    }

    @Override
    public void close() {
      source.releaseLast();
    }
  }
}
