package dev.varve.log;

import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * An open file of an {@link OverlayStorage}.
 *
 * <p>A mapping of what was not changed is a mapping of the file below, for reading only: recovery
 * maps a segment for whoever appends later, and stores nothing into it. Thread safety: for one
 * thread.
 */
final class OverlayFile implements StorageFile {
  private final String name;
  private final OverlayContent content;
  private final @Nullable StorageFile below;

  OverlayFile(String name, OverlayContent content, @Nullable StorageFile below) {
    this.name = name;
    this.content = content;
    this.below = below;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return content.size();
  }

  @Override
  public long read(long position, MemorySegment target) throws IOException {
    return content.read(below, position, target);
  }

  @Override
  public void write(long position, MemorySegment source) throws IOException {
    content.write(below, position, source);
  }

  @Override
  public void reserve(long position, long endPosition, int blockBytes) {
    content.extend(endPosition);
  }

  @Override
  public void truncate(long size) {
    content.truncate(size);
  }

  @Override
  public MemorySegment map(Access access, long size, Arena arena) throws IOException {
    if (below != null && content.isBelow(size)) {
      return below.map(Access.READ, size, arena);
    }
    MemorySegment copy = arena.allocate(size);
    content.read(below, 0, copy);
    return copy;
  }

  @Override
  public void force() {
    // nothing here outlives the process
  }

  @Override
  public long transferTo(long position, long bytes, WritableByteChannel target) {
    throw new UnsupportedOperationException(name + " is seen through an overlay");
  }

  @Override
  public void close() throws IOException {
    if (below != null) {
      below.close();
    }
  }
}
