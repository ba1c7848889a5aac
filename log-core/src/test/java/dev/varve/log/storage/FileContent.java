package dev.varve.log.storage;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one simulated file: as written, and as forced. Stores into a mapping go straight to
 * the written ones, as they do in a page cache.
 *
 * <p>Thread safety: calls are made under the lock of their {@link SimulatedDisk}.
 */
final class FileContent {
  static final int PAGE_BYTES = 4096;

  private static final int SECTOR_BYTES = 512;
  private static final int CAPACITY_BYTES_MIN = 4096;

  private MemorySegment written;
  private int size;
  private int backedBytes;
  private byte[] forced;

  /** What was forced before that. */
  private byte[] older;

  private long modifiedMillis;
  private final AtomicInteger mappings = new AtomicInteger();
  private int openFiles;

  /** Memory that older mappings may still look at. */
  private final List<MemorySegment> outgrown = new ArrayList<>();

  private FileContent(byte[] written, byte[] forced, long modifiedMillis) {
    this.written = MemorySegment.ofArray(written);
    this.size = written.length;
    this.backedBytes = size;
    this.forced = forced;
    this.older = forced;
    this.modifiedMillis = modifiedMillis;
  }

  static FileContent empty(long modifiedMillis) {
    return new FileContent(new byte[0], new byte[0], modifiedMillis);
  }

  static FileContent durable(byte[] bytes, long modifiedMillis) {
    return new FileContent(bytes, bytes.clone(), modifiedMillis);
  }

  private static MemorySegment allocate(int bytes, boolean mapped) {
    int capacity = Math.max(bytes, CAPACITY_BYTES_MIN);
    return mapped ? Arena.ofAuto().allocate(capacity) : MemorySegment.ofArray(new byte[capacity]);
  }

  FileContent copy() {
    return durable(bytes(), modifiedMillis);
  }

  byte[] bytes() {
    return written.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE);
  }

  int size() {
    return size;
  }

  /** Where the space ends that the disk has set aside; the file may be longer, and sparse there. */
  int backedBytes() {
    return backedBytes;
  }

  long modifiedMillis() {
    return modifiedMillis;
  }

  void setModifiedMillis(long millis) {
    modifiedMillis = millis;
  }

  int read(long position, MemorySegment target) {
    int bytes = (int) Math.clamp(size - position, 0, target.byteSize());
    MemorySegment.copy(written, Math.min(position, size), target, 0, bytes);
    return bytes;
  }

  void write(long position, MemorySegment source, long bytes, long millis) {
    if (bytes > 0) {
      resize((int) Math.max(size, position + bytes));
      backedBytes = (int) Math.max(backedBytes, position + bytes);
      MemorySegment.copy(source, 0, written, position, bytes);
    }
    modifiedMillis = millis;
  }

  /** The bytes of the file as they were before the last force; zeros where there were none. */
  void readOlder(long position, MemorySegment target) {
    int bytes = (int) Math.clamp(older.length - position, 0, target.byteSize());
    target.fill((byte) 0);
    MemorySegment.copy(
        MemorySegment.ofArray(older), Math.min(position, older.length), target, 0, bytes);
  }

  void truncate(long newSize, long millis) {
    if (newSize < size) {
      written.asSlice(newSize, size - newSize).fill((byte) 0);
      size = (int) newSize;
      backedBytes = Math.min(backedBytes, size);
    }
    modifiedMillis = millis;
  }

  void reserve(long position, long endPosition) {
    if (endPosition <= position) {
      return;
    }
    extendTo(endPosition);
    backedBytes = (int) Math.max(backedBytes, endPosition);
    written.asSlice(position, endPosition - position).fill((byte) 0);
  }

  /** Makes the file at least so long, with zeros. */
  void extendTo(long newSize) {
    resize((int) Math.max(size, newSize));
  }

  private void resize(int newSize) {
    if (newSize > written.byteSize()) {
      move(Math.max(newSize, 2 * (int) written.byteSize()), written.isNative());
    }
    size = newSize;
  }

  private void move(int capacity, boolean mapped) {
    MemorySegment other = allocate(capacity, mapped);
    MemorySegment.copy(written, 0, other, 0, size);
    if (written.isNative()) {
      outgrown.add(written);
    }
    written = other;
  }

  /** A view that ends with the arena; the newest view is the one whose stores count. */
  @SuppressWarnings("restricted") // to give the memory the arena's lifetime
  MemorySegment map(long bytes, Arena arena) {
    if (!written.isNative()) {
      move(size, true); // only memory outside the heap ends with an arena
    }
    mappings.incrementAndGet();
    return written.asSlice(0, bytes).reinterpret(arena, _ -> mappings.decrementAndGet());
  }

  /** How many mappings of the file there are. */
  int mappings() {
    return mappings.get();
  }

  void opened() {
    openFiles++;
  }

  void closed() {
    openFiles--;
  }

  /** How many open files there are of it. */
  int openFiles() {
    return openFiles;
  }

  /** Whether anything but a name holds on to the file, and so to its space. */
  boolean isHeld() {
    return mappings() > 0 || openFiles > 0;
  }

  void force() {
    byte[] now = bytes();
    if (!Arrays.equals(now, forced)) {
      older = forced;
      forced = now;
    }
  }

  /** Changes one bit, of what is written and of what is durable. */
  void flipBit(long position, int bit) {
    byte flipped = (byte) (written.get(ValueLayout.JAVA_BYTE, position) ^ 1 << bit);
    written.set(ValueLayout.JAVA_BYTE, position, flipped);
    if (position < forced.length) {
      forced[(int) position] = flipped;
    }
  }

  /**
   * Puts the page at a position back to what it was before the last force that changed the file.
   */
  void makeStale(long position) {
    int from = (int) (position / PAGE_BYTES * PAGE_BYTES);
    int bytes = Math.min(PAGE_BYTES, size - from);
    MemorySegment page = written.asSlice(from, bytes);
    readOlder(from, page);
    int durable = Math.clamp(forced.length - from, 0, bytes);
    MemorySegment.copy(page, ValueLayout.JAVA_BYTE, 0, forced, from, durable);
  }

  /** A force that failed has lost the pages, although the next one will succeed. */
  void dropUnforced() {
    byte[] kept = Arrays.copyOf(forced, size);
    MemorySegment.copy(kept, 0, written, ValueLayout.JAVA_BYTE, 0, size);
  }

  /**
   * What the power loss leaves: any of the pages that were not forced, whole, torn or not at all.
   */
  FileContent afterPowerLoss(RandomGenerator random) {
    byte[] now = bytes();
    boolean newSize = now.length == forced.length || random.nextBoolean();
    byte[] result = Arrays.copyOf(forced, newSize ? now.length : forced.length);
    boolean noise = random.nextInt(4) == 0;
    for (int page = 0; page < result.length; page += PAGE_BYTES) {
      int end = Math.min(page + PAGE_BYTES, result.length);
      int fate = random.nextInt(3);
      for (int sector = page; sector < end; sector += SECTOR_BYTES) {
        int sectorEnd = Math.min(sector + SECTOR_BYTES, end);
        boolean keep = fate == 0 || (fate == 1 && random.nextBoolean());
        settle(now, result, sector, sectorEnd, keep, noise ? random : null);
      }
    }
    return durable(result, modifiedMillis);
  }

  private void settle(
      byte[] now, byte[] result, int from, int end, boolean keep, @Nullable RandomGenerator noise) {
    if (keep) {
      int bytes = Math.min(end, now.length) - from;
      if (bytes > 0) {
        System.arraycopy(now, from, result, from, bytes);
      }
    } else if (noise != null && from >= forced.length) {
      byte[] garbage = new byte[end - from];
      noise.nextBytes(garbage);
      System.arraycopy(garbage, 0, result, from, garbage.length);
    }
  }
}
