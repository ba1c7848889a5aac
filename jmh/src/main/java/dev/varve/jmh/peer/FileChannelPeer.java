package dev.varve.jmh.peer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * What one writes in an afternoon: frames of length, CRC-32C, timestamp, key and value, built in a
 * direct buffer and written to one file with one {@code write}. A batch is one such write, with a
 * checksum for each record.
 *
 * <p>An append has reached the page cache when it returns; a durable append waits for an {@code
 * fdatasync}, which all who wait share. There is no index, so a record cannot be found by its
 * number. Reads go through a buffer of 256 KiB and check the checksum.
 */
final class FileChannelPeer implements Peer {
  private static final int FRAME_HEADER_BYTES = 4 + 4 + 8 + 4;
  private static final int CHECKSUMMED_FROM = 8;
  private static final int BUFFER_BYTES = 256 << 10;

  private final FileChannel channel;
  private final GroupForce groupForce;
  private volatile long endBytes;

  FileChannelPeer(PeerSettings settings) throws IOException {
    channel =
        FileChannel.open(
            settings.directory().resolve("frames"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    groupForce = new GroupForce(() -> channel.force(false));
  }

  @Override
  public Appender appender() {
    return new FrameAppender();
  }

  @Override
  public Reader reader() {
    return new FrameReader();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private synchronized void write(ByteBuffer frames) throws IOException {
    long position = endBytes;
    while (frames.hasRemaining()) {
      position += channel.write(frames, position);
    }
    endBytes = position;
  }

  private final class FrameAppender implements Appender {
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final CRC32C crc = new CRC32C();

    @Override
    public void append(long timestamp, byte[] key, byte[] value) throws IOException {
      buffer.clear();
      put(timestamp, key, value);
      write(buffer.flip());
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) throws IOException {
      buffer.clear();
      for (int i = 0; i < recordCount; i++) {
        records.advance();
        put(records.timestamp(), records.key(), records.value());
      }
      write(buffer.flip());
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) throws IOException {
      buffer.clear();
      put(timestamp, key, value);
      write(buffer.flip());
      groupForce.await();
    }

    private void put(long timestamp, byte[] key, byte[] value) {
      int frame = buffer.position();
      buffer.position(frame + CHECKSUMMED_FROM);
      buffer.putLong(timestamp).putInt(key.length).put(key).put(value);
      int end = buffer.position();
      crc.reset();
      crc.update(buffer.flip().position(frame + CHECKSUMMED_FROM));
      buffer.clear().position(end);
      buffer.putInt(frame, end - frame).putInt(frame + 4, (int) crc.getValue());
    }
  }

  private final class FrameReader implements Reader {
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final MemorySegment memory = MemorySegment.ofBuffer(buffer);
    private final CRC32C crc = new CRC32C();

    @Override
    public long readAll() throws IOException {
      return visit(false);
    }

    @Override
    public long readAllBytes() throws IOException {
      return visit(true);
    }

    private long visit(boolean bytes) throws IOException {
      long sum = 0;
      long filePosition = 0;
      long end = endBytes;
      int position = 0;
      buffer.clear().limit(0);
      while (filePosition + position < end) {
        if (!hasFrame(position)) {
          filePosition += position;
          position = 0;
          buffer.clear();
          channel.read(buffer, filePosition);
          buffer.flip();
        }
        int frameBytes = buffer.getInt(position);
        check(position, frameBytes);
        sum +=
            bytes
                ? ByteSum.of(memory, position + FRAME_HEADER_BYTES, frameBytes - FRAME_HEADER_BYTES)
                : frameBytes - FRAME_HEADER_BYTES;
        position += frameBytes;
      }
      return sum;
    }

    private boolean hasFrame(int position) {
      return position + FRAME_HEADER_BYTES <= buffer.limit()
          && position + buffer.getInt(position) <= buffer.limit();
    }

    private void check(int position, int frameBytes) {
      int limit = buffer.limit();
      crc.reset();
      crc.update(buffer.limit(position + frameBytes).position(position + CHECKSUMMED_FROM));
      buffer.limit(limit).position(0);
      if ((int) crc.getValue() != buffer.getInt(position + 4)) {
        throw new IllegalStateException("damaged frame");
      }
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
  }
}
