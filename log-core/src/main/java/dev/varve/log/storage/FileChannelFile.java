package dev.varve.log.storage;

import dev.varve.log.error.LogClosedException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file of a {@link DirectoryStorage}, over a channel that is opened anew when an interrupt closed
 * it.
 *
 * <p>Forces have a channel of their own, of the kind that no interrupt closes: what the system
 * could not write it tells once to each descriptor that was open, so that an interrupt that broke a
 * force off would hide the error, and the same force on a new descriptor would succeed. It is
 * opened before the file is changed, and kept.
 */
final class FileChannelFile implements StorageFile {
  /** The most that one call hands to a channel, since a buffer has at most 2 GiB. */
  private static final long CALL_BYTES_MAX = 1L << 30;

  private final Path path;
  private final String name;
  private volatile FileChannel channel;
  private volatile @Nullable AsynchronousFileChannel forces;
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
    forces();
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
    forces();
    for (long at = position; at < endPosition; ) {
      long blockEnd = Math.min((at / blockBytes + 1) * blockBytes, endPosition);
      int bytes = (int) Math.min(blockEnd - at, Zeros.BYTES.capacity());
      long from = at;
      at += call(channel -> channel.write(Zeros.BYTES.slice(0, bytes), from));
    }
  }

  @Override
  public void truncate(long size) throws IOException {
    forces();
    call(channel -> channel.truncate(size));
  }

  @Override
  public MemorySegment map(Access access, long size, Arena arena) throws IOException {
    MapMode mode =
        switch (access) {
          case READ -> MapMode.READ_ONLY;
          case READ_WRITE -> {
            forces();
            yield MapMode.READ_WRITE;
          }
        };
    return call(channel -> channel.map(mode, 0, size, arena));
  }

  @Override
  public void force() throws IOException {
    forces().force(false);
  }

  @Override
  public long transferTo(long position, long bytes, WritableByteChannel target) throws IOException {
    reopenIfBroken();
    return channel.transferTo(position, bytes, target);
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    try (AsynchronousFileChannel _ = forces) {
      channel.close();
    }
  }

  private AsynchronousFileChannel forces() throws IOException {
    AsynchronousFileChannel opened = forces;
    return opened != null ? opened : openForces();
  }

  private synchronized AsynchronousFileChannel openForces() throws IOException {
    checkOpen();
    AsynchronousFileChannel opened = forces;
    if (opened == null) {
      opened = AsynchronousFileChannel.open(path, StandardOpenOption.WRITE);
      forces = opened;
    }
    return opened;
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
    checkOpen();
    if (!channel.isOpen()) {
      channel = open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new LogClosedException(path + " was closed");
    }
  }

  /** What space is reserved with, once for the process, from the first reservation on. */
  private static final class Zeros {
    static final ByteBuffer BYTES = ByteBuffer.allocateDirect(2 << 20).asReadOnlyBuffer();
  }

  /** A call on a channel. */
  @FunctionalInterface
  private interface ChannelCall<T> {
    T on(FileChannel channel) throws IOException;
  }
}
