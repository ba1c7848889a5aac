package dev.varve.log.storage;

import dev.varve.log.error.LogClosedException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of a {@link DirectoryStorage}, over a channel that is opened anew when an interrupt closed
 * it.
 */
final class FileChannelFile implements StorageFile {
  /** The most that one call hands to a channel, since a buffer has at most 2 GiB. */
  private static final long CALL_BYTES_MAX = 1L << 30;

  private final Path path;
  private final String name;
  private volatile FileChannel channel;
  private volatile boolean closed;

  private FileChannelFile(Path path, FileChannel channel) {
    this.path = path;
    this.name = path.getFileName().toString();
    this.channel = channel;
  }

  static FileChannelFile create(Path path) throws IOException {
    return new FileChannelFile(
        path,
        open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING));
  }

  static FileChannelFile open(Path path) throws IOException {
    return new FileChannelFile(path, open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  private static FileChannel open(Path path, StandardOpenOption... options) throws IOException {
    return Uninterrupted.call(() -> FileChannel.open(path, options));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() throws IOException {
    return call(FileChannel::size);
  }

  @Override
  public long read(long position, MemorySegment target) throws IOException {
    long done = 0;
    while (done < target.byteSize()) {
      long from = position + done;
      ByteBuffer part = part(target, done);
      int read = call(channel -> channel.read(part.duplicate(), from));
      if (read < 0) {
        return done;
      }
      done += read;
    }
    return done;
  }

  @Override
  public void write(long position, MemorySegment source) throws IOException {
    long done = 0;
    while (done < source.byteSize()) {
      long to = position + done;
      ByteBuffer part = part(source, done);
      done += call(channel -> channel.write(part.duplicate(), to));
    }
  }

  private static ByteBuffer part(MemorySegment memory, long from) {
    long bytes = Math.min(memory.byteSize() - from, CALL_BYTES_MAX);
    return memory.asSlice(from, bytes).asByteBuffer();
  }

  @Override
  public void reserve(long position, long endPosition, int blockBytes) throws IOException {
    for (long at = position; at < endPosition; ) {
      long blockEnd = Math.min((at / blockBytes + 1) * blockBytes, endPosition);
      int bytes = (int) Math.min(blockEnd - at, Zeros.BYTES.capacity());
      long from = at;
      at += call(channel -> channel.write(Zeros.BYTES.slice(0, bytes), from));
    }
  }

  @Override
  public void truncate(long size) throws IOException {
    call(channel -> channel.truncate(size));
  }

  @Override
  public MemorySegment map(Access access, long size, Arena arena) throws IOException {
    MapMode mode =
        switch (access) {
          case READ -> MapMode.READ_ONLY;
          case READ_WRITE -> MapMode.READ_WRITE;
        };
    return call(channel -> channel.map(mode, 0, size, arena));
  }

  @Override
  public void force() throws IOException {
    run(channel -> channel.force(false));
  }

  @Override
  public long transferTo(long position, long bytes, WritableByteChannel target) throws IOException {
    reopenIfBroken();
    return channel.transferTo(position, bytes, target);
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    channel.close();
  }

  private void run(ChannelAction action) throws IOException {
    call(channel -> {
      action.on(channel);
      return 0L;
    });
  }

  private <T> T call(ChannelCall<T> call) throws IOException {
    return Uninterrupted.call(() -> {
      try {
        return call.on(channel);
      } catch (ClosedChannelException e) {
        reopenIfBroken();
        throw e;
      }
    });
  }

  private synchronized void reopenIfBroken() throws IOException {
    if (closed) {
      throw new LogClosedException(path + " was closed");
    }
    if (!channel.isOpen()) {
      channel = open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }
  }

  /** What space is reserved with, once for the process, from the first reservation on. */
  private static final class Zeros {
    static final ByteBuffer BYTES = ByteBuffer.allocateDirect(2 << 20).asReadOnlyBuffer();
  }

  /** A call on a channel for its result. */
  @FunctionalInterface
  private interface ChannelCall<T> {
    T on(FileChannel channel) throws IOException;
  }

  /** A call on a channel for its effect. */
  @FunctionalInterface
  private interface ChannelAction {
    void on(FileChannel channel) throws IOException;
  }
}
