package dev.varve.log.inspect;

import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that is opened for reading only, so that a directory without write permission can be
 * looked at. Everything that would change it is refused.
 */
final class ReadOnlyFile implements StorageFile {
  private final Path path;
  private final FileChannel channel;

  private ReadOnlyFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static ReadOnlyFile open(Path path) throws IOException {
    return new ReadOnlyFile(path, FileChannel.open(path, StandardOpenOption.READ));
  }

  @Override
  public String name() {
    return path.getFileName().toString();
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public long read(long position, MemorySegment target) throws IOException {
    ByteBuffer buffer = target.asByteBuffer();
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        break;
      }
    }
    return buffer.position();
  }

  @Override
  public long transferTo(long position, long bytes, WritableByteChannel target) throws IOException {
    return channel.transferTo(position, bytes, target);
  }

  @Override
  public MemorySegment map(Access access, long size, Arena arena) {
    throw new UnsupportedOperationException(path + " is inspected by reading, never by mapping");
  }

  @Override
  public void write(long position, MemorySegment source) {
    throw readOnly();
  }

  @Override
  public void reserve(long position, long endPosition, int blockBytes) {
    throw readOnly();
  }

  @Override
  public void truncate(long size) {
    throw readOnly();
  }

  @Override
  public void force() {
    throw readOnly();
  }

  private UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException(path + " was opened for reading only");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
