package dev.varve.log;

import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a file of an {@link OverlayStorage} holds: the first bytes of a file below, and over them
 * the pages that were written.
 *
 * <p>Thread safety: for one thread.
 */
final class OverlayContent {
  private static final int PAGE_BYTES = 64 << 10;

  private final @Nullable String nameBelow;
  private final TreeMap<Long, byte[]> pages = new TreeMap<>();

  /** So many bytes of the file below are still part of this one, but for the pages. */
  private long bytesBelow;

  private long size;
  private long modifiedMillis;

  private OverlayContent(@Nullable String nameBelow, long bytes, long modifiedMillis) {
    this.nameBelow = nameBelow;
    this.bytesBelow = bytes;
    this.size = bytes;
    this.modifiedMillis = modifiedMillis;
  }

  static OverlayContent empty() {
    return new OverlayContent(null, 0, 0);
  }

  static OverlayContent of(Storage storage, String name) throws IOException {
    return new OverlayContent(name, storage.size(name), storage.lastModifiedMillis(name));
  }

  @Nullable String nameBelow() {
    return nameBelow;
  }

  long size() {
    return size;
  }

  long modifiedMillis() {
    return modifiedMillis;
  }

  void setModifiedMillis(long millis) {
    modifiedMillis = millis;
  }

  /** Whether the first bytes are those of the file below. */
  boolean isBelow(long bytes) {
    return pages.isEmpty() && bytes <= bytesBelow;
  }

  long read(@Nullable StorageFile below, long position, MemorySegment target) throws IOException {
    long bytes = Math.max(0, Math.min(size - position, target.byteSize()));
    if (below != null && isBelow(position + bytes)) {
      return below.read(position, target.asSlice(0, bytes));
    }
    long done = 0;
    while (done < bytes) {
      long at = position + done;
      long part = Math.min(bytes - done, PAGE_BYTES - at % PAGE_BYTES);
      readWithinPage(below, at, target.asSlice(done, part));
      done += part;
    }
    return bytes;
  }

  private void readWithinPage(@Nullable StorageFile below, long at, MemorySegment target)
      throws IOException {
    byte[] page = pages.get(at / PAGE_BYTES);
    if (page != null) {
      long from = at % PAGE_BYTES;
      target.copyFrom(MemorySegment.ofArray(page).asSlice(from, target.byteSize()));
      return;
    }
    target.fill((byte) 0);
    long bytes = Math.min(target.byteSize(), bytesBelow - at);
    if (below != null && bytes > 0) {
      below.read(at, target.asSlice(0, bytes));
    }
  }

  void write(@Nullable StorageFile below, long position, MemorySegment source) throws IOException {
    long done = 0;
    while (done < source.byteSize()) {
      long at = position + done;
      long from = at % PAGE_BYTES;
      long part = Math.min(source.byteSize() - done, PAGE_BYTES - from);
      byte[] page = pages.get(at / PAGE_BYTES);
      if (page == null) {
        page = new byte[PAGE_BYTES];
        readWithinPage(below, at - from, MemorySegment.ofArray(page));
        pages.put(at / PAGE_BYTES, page);
      }
      MemorySegment.ofArray(page).asSlice(from, part).copyFrom(source.asSlice(done, part));
      done += part;
    }
    extend(position + source.byteSize());
  }

  void extend(long bytes) {
    size = Math.max(size, bytes);
  }

  void truncate(long bytes) {
    if (bytes >= size) {
      return;
    }
    size = bytes;
    bytesBelow = Math.min(bytesBelow, bytes);
    byte[] last = pages.get(bytes / PAGE_BYTES);
    if (last != null) {
      Arrays.fill(last, (int) (bytes % PAGE_BYTES), PAGE_BYTES, (byte) 0);
    }
    pages.tailMap((bytes + PAGE_BYTES - 1) / PAGE_BYTES).clear();
  }
}
