package dev.varve.log;

import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * An open file of a {@link SetAsideStorage}, which is asked to keep what a cut or a write takes
 * away. Thread safety: as {@link StorageFile} says.
 */
final class SetAsideFile extends ForwardingFile {
  private final Keeping keeping;

  /** Keeps the bytes of a range. */
  @FunctionalInterface
  interface Keeping {
    void keep(String name, long position, long end) throws IOException;
  }

  SetAsideFile(StorageFile file, Keeping keeping) {
    super(file);
    this.keeping = keeping;
  }

  @Override
  public void truncate(long size) throws IOException {
    keeping.keep(name(), size, size());
    super.truncate(size);
  }

  @Override
  public void write(long position, MemorySegment source) throws IOException {
    long end = Math.min(size(), position + source.byteSize());
    keeping.keep(name(), position, end);
    super.write(position, source);
  }
}
