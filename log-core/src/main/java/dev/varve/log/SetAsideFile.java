package dev.varve.log;

import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;

/**
 * An open file of a {@link SetAsideStorage}, which is asked to keep what a cut or a write takes
 * away. Thread safety: as {@link StorageFile} says.
 */
final class SetAsideFile implements StorageFile {
  private final StorageFile file;
  private final Keeping keeping;

  /** Keeps the bytes of a range. */
  @FunctionalInterface
  interface Keeping {
    void keep(String name, long position, long end) throws IOException;
  }

  SetAsideFile(StorageFile file, Keeping keeping) {
    this.file = file;
    this.keeping = keeping;
  }

  @Override
  public void truncate(long size) throws IOException {
    keeping.keep(file.name(), size, file.size());
    file.truncate(size);
  }

  @Override
  public void write(long position, MemorySegment source) throws IOException {
    long end = Math.min(file.size(), position + source.byteSize());
    keeping.keep(file.name(), position, end);
    file.write(position, source);
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public long size() throws IOException {
    return file.size();
  }

  @Override
  public long read(long position, MemorySegment target) throws IOException {
    return file.read(position, target);
  }

  @Override
  public void reserve(long position, long endPosition, int blockBytes) throws IOException {
    file.reserve(position, endPosition, blockBytes);
  }

  @Override
  public MemorySegment map(Access access, long size, Arena arena) throws IOException {
    return file.map(access, size, arena);
  }

  @Override
  public void force() throws IOException {
    file.force();
  }

  @Override
  public long transferTo(long position, long bytes, WritableByteChannel target) throws IOException {
    return file.transferTo(position, bytes, target);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
