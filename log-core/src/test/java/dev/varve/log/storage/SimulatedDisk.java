package dev.varve.log.storage;

import dev.varve.log.storage.DiskFaults.Effect;
import dev.varve.log.storage.DiskFaults.Fault;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that tells what was written from what would survive a power loss, and that fails
 * on demand. It stands in for a directory wherever a {@link Storage} is asked for:
 *
 * {@snippet :
 * @ExtendWith(SimulatedDiskExtension.class)
 * class OrdersTest {
 *   @Test
 *   void whatWasFlushedSurvivesAPowerLoss(SimulatedDisk disk) {
 *     CommitLog log = CommitLog.open(disk, LogOptions.defaults());
 *     log.append(key, value);
 *     log.flush();
 *     for (int i = 0; i < 100; i++) {
 *       try (CommitLog found = CommitLog.open(disk.afterPowerLoss(), LogOptions.defaults())) {
 *         assertEquals(1, found.offsets().endOffset());
 *       }
 *     }
 *     log.close();
 *   }
 * }
 * }
 *
 * <p>The model is harsh and knows no file system's kindness: a page is durable only after a force
 * of its file, a name only after a force of the directory, each on its own, in any order.
 *
 * <pre>
 *   names    (current)  a -> 1, b -> 2      changes since the last force of the directory are kept
 *            (durable)  a -> 1              or lost one by one in a power loss; a rename is one
 *   file 1   (current)  pages with stores   pages that differ are kept, lost or torn one by one
 *            (durable)  pages as forced
 * </pre>
 *
 * <p>Every call counts as an operation, so that a test can run a workload once and count, and then
 * run it once for each operation with the power cut there: {@link DiskFaults#cutPowerAt}. What the
 * disk looks like afterwards is chosen by a seed: {@link #afterPowerLoss}. What it cannot do is
 * take a page from under a mapping, as a truncated file does; that takes a real file.
 *
 * <p>Thread safety: safe for use by several threads; operations have a total order.
 */
public final class SimulatedDisk implements Storage {
  private final Path directory;
  private final long seed;
  private final SplittableRandom seeds;
  private final DiskFaults faults;
  private final NavigableMap<String, FileContent> names;
  private final NavigableMap<String, FileContent> durableNames;
  private final List<Map<String, @Nullable FileContent>> unforcedChanges = new ArrayList<>();

  /** Files that lost their names; some are still open or mapped. */
  private final Set<FileContent> nameless = Collections.newSetFromMap(new IdentityHashMap<>());

  private long capacityBytes = Long.MAX_VALUE;
  private boolean locked;

  /** An empty disk; the directory is only a name, for messages. */
  public SimulatedDisk(Path directory) {
    this(directory, 0);
  }

  /**
   * An empty disk.
   *
   * @param directory is only a name, for messages
   * @param seed picks what {@link #afterPowerLoss()} loses
   */
  public SimulatedDisk(Path directory, long seed) {
    this(directory, seed, new DiskFaults());
  }

  /** One of the directories of a tree, in all of which the same goes wrong. */
  SimulatedDisk(Path directory, long seed, DiskFaults faults) {
    this(directory, seed, faults, new TreeMap<>());
  }

  private SimulatedDisk(
      Path directory, long seed, DiskFaults faults, NavigableMap<String, FileContent> contents) {
    this.directory = directory;
    this.faults = faults;
    this.seed = seed;
    this.seeds = new SplittableRandom(seed);
    this.names = contents;
    this.durableNames = new TreeMap<>(contents);
  }

  /** What is to go wrong, and when. */
  public DiskFaults faults() {
    return faults;
  }

  /** Whether somebody has the directory open: from the first call on to {@link #close}. */
  public synchronized boolean isLocked() {
    return locked;
  }

  /**
   * How much the files can take, in blocks of 4 KiB, as if the rest of the disk was full. A file
   * gives its space back when it is cut, or when it was deleted and is neither open nor mapped.
   */
  public synchronized void setCapacityBytes(long bytes) {
    capacityBytes = bytes;
  }

  /** How much the files take now, in whole blocks of 4 KiB. */
  public synchronized long usedBytes() {
    return files().stream().mapToLong(content -> blockBytes(content.backedBytes())).sum();
  }

  private static long blockBytes(long bytes) {
    return (bytes + FileContent.PAGE_BYTES - 1) / FileContent.PAGE_BYTES * FileContent.PAGE_BYTES;
  }

  /** How many bytes of a write there is room for. */
  long fitting(FileContent content, long position, long bytes) {
    if (capacityBytes == Long.MAX_VALUE || position + bytes <= content.backedBytes()) {
      return bytes;
    }
    long sizeMax = blockBytes(content.backedBytes()) + Math.max(0, capacityBytes - usedBytes());
    sizeMax = sizeMax / FileContent.PAGE_BYTES * FileContent.PAGE_BYTES;
    return Math.clamp(sizeMax - position, 0, bytes);
  }

  /** All files that take space: those with a name, and those that somebody still holds. */
  private Collection<FileContent> files() {
    nameless.removeIf(content -> !content.isHeld());
    Set<FileContent> all = Collections.newSetFromMap(new IdentityHashMap<>());
    all.addAll(nameless);
    all.addAll(names.values());
    return all;
  }

  /** What {@link #afterPowerLoss()} picks by. */
  public long seed() {
    return seed;
  }

  /**
   * The disk as it is found when the power comes back; each call loses something else, and the same
   * calls the same if the disk has the same seed. This disk is not changed.
   */
  public synchronized SimulatedDisk afterPowerLoss() {
    return afterPowerLoss(seeds.nextLong());
  }

  /**
   * The disk as it is found when the power comes back: what was forced, and of the rest what the
   * seed picks. This disk is not changed.
   */
  public synchronized SimulatedDisk afterPowerLoss(long seed) {
    return afterPowerLoss(seed, directory, new DiskFaults());
  }

  /** The same as one of the directories of a tree. */
  synchronized SimulatedDisk afterPowerLoss(long seed, Path renamed, DiskFaults newFaults) {
    RandomGenerator random = new SplittableRandom(seed); // one whose first draws differ by seed
    NavigableMap<String, FileContent> kept = new TreeMap<>(durableNames);
    for (Map<String, @Nullable FileContent> change : unforcedChanges) {
      if (random.nextBoolean()) {
        apply(change, kept);
      }
    }
    return copyOf(kept, content -> content.afterPowerLoss(random), renamed, newFaults);
  }

  /** The disk as the death of the process leaves it: everything that was written is there. */
  public synchronized SimulatedDisk afterKill() {
    return afterKill(directory, new DiskFaults());
  }

  /** The same as one of the directories of a tree. */
  synchronized SimulatedDisk afterKill(Path renamed, DiskFaults newFaults) {
    return copyOf(names, FileContent::copy, renamed, newFaults);
  }

  private SimulatedDisk copyOf(
      NavigableMap<String, FileContent> source,
      UnaryOperator<FileContent> copy,
      Path renamed,
      DiskFaults newFaults) {
    Map<FileContent, FileContent> copies = new HashMap<>();
    NavigableMap<String, FileContent> result = new TreeMap<>();
    source.forEach((name, content) -> result.put(name, copies.computeIfAbsent(content, copy)));
    return new SimulatedDisk(renamed, seed, newFaults, result);
  }

  /** How many mappings of files there are: none after a log and its readers are closed. */
  public synchronized int mappings() {
    return files().stream().mapToInt(FileContent::mappings).sum();
  }

  /** How many files are open: none after a log and its readers are closed. */
  public synchronized int openFiles() {
    return files().stream().mapToInt(FileContent::openFiles).sum();
  }

  /** The bytes of all files now, by name, for comparing disks. */
  public synchronized Map<String, byte[]> contents() {
    Map<String, byte[]> all = new TreeMap<>();
    names.forEach((name, content) -> all.put(name, content.bytes()));
    return all;
  }

  /**
   * Puts bytes in a file, durably, in place of what it was: damage, or a file of someone else's.
   */
  public synchronized void put(String name, byte[] bytes) {
    FileContent content = FileContent.durable(bytes, 0);
    forget(names.get(name));
    names.put(name, content);
    durableNames.put(name, content);
  }

  /** Takes a file away, durably. */
  public synchronized void lose(String name) {
    forget(names.remove(name));
    durableNames.remove(name);
  }

  /**
   * Changes one bit of a file, durably: damage that the disk does not notice.
   *
   * @param position of the byte, in bytes
   * @param bit 0 to 7
   */
  public synchronized void flipBit(String name, long position, int bit) throws IOException {
    content(name).flipBit(position, bit);
  }

  /**
   * Gives the 4 KiB page at a position of a file the content that it had before the last force
   * changed the file, durably: a write that the disk said it did, and did not.
   */
  public synchronized void makeStale(String name, long position) throws IOException {
    content(name).makeStale(position);
  }

  Effect operation(Operation operation, String name, boolean needsRoom) throws IOException {
    locked = true;
    return faults.operation(operation, name, needsRoom);
  }

  private Effect operation(Operation operation, String name) throws IOException {
    return operation(operation, name, false);
  }

  private void forget(@Nullable FileContent content) {
    if (content != null) {
      nameless.add(content);
    }
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public synchronized List<String> list() throws IOException {
    operation(Operation.LIST, "");
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized boolean exists(String name) throws IOException {
    operation(Operation.LIST, name);
    return names.containsKey(name);
  }

  @Override
  public synchronized long size(String name) throws IOException {
    operation(Operation.LIST, name);
    return content(name).size();
  }

  @Override
  public synchronized StorageFile create(String name) throws IOException {
    operation(Operation.CREATE, name, true);
    FileContent existing = names.get(name);
    if (existing != null) {
      existing.truncate(0, faults.nextMillis());
      return new SimulatedFile(this, name, existing);
    }
    FileContent created = FileContent.empty(faults.nextMillis());
    change(Map.of(name, created));
    return new SimulatedFile(this, name, created);
  }

  @Override
  public synchronized StorageFile open(String name) throws IOException {
    operation(Operation.OPEN, name);
    return new SimulatedFile(this, name, content(name));
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    if (operation(Operation.RENAME, from) == Effect.NONE) {
      return;
    }
    Map<String, @Nullable FileContent> both = new HashMap<>();
    both.put(from, null);
    both.put(to, content(from));
    change(both);
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    if (operation(Operation.DELETE, name) == Effect.WHOLE && names.containsKey(name)) {
      Map<String, @Nullable FileContent> gone = new HashMap<>();
      gone.put(name, null);
      change(gone);
    }
  }

  private void change(Map<String, @Nullable FileContent> change) {
    change.keySet().forEach(name -> forget(names.get(name)));
    apply(change, names);
    nameless.removeAll(names.values());
    unforcedChanges.add(change);
  }

  private static void apply(
      Map<String, @Nullable FileContent> change, NavigableMap<String, FileContent> names) {
    change.forEach((name, content) -> {
      if (content == null) {
        names.remove(name);
      } else {
        names.put(name, content);
      }
    });
  }

  @Override
  public synchronized void forceDirectory() throws IOException {
    if (forceNames() == Effect.LOSE) {
      throw DiskFaults.error(Operation.FORCE_DIRECTORY, "", Fault.EIO_ON_FORCE_DIRECTORY);
    }
  }

  /** Forces the names of files, or loses what was not forced, and says which. */
  synchronized Effect forceNames() throws IOException {
    Effect effect = operation(Operation.FORCE_DIRECTORY, "");
    if (effect == Effect.WHOLE) {
      for (Map<String, @Nullable FileContent> change : unforcedChanges) {
        apply(change, durableNames);
      }
    }
    if (effect != Effect.NONE) {
      unforcedChanges.clear();
    }
    if (effect == Effect.LOSE) {
      names.values().forEach(this::forget);
      names.clear();
      names.putAll(durableNames);
      nameless.removeAll(names.values());
    }
    return effect;
  }

  @Override
  public synchronized long lastModifiedMillis(String name) throws IOException {
    operation(Operation.LIST, name);
    return content(name).modifiedMillis();
  }

  @Override
  public synchronized void setLastModifiedMillis(String name, long millis) throws IOException {
    operation(Operation.WRITE, name);
    content(name).setModifiedMillis(millis);
  }

  @Override
  public synchronized void close() {
    locked = false;
  }

  private FileContent content(String name) throws NoSuchFileException {
    FileContent content = names.get(name);
    if (content == null) {
      throw new NoSuchFileException(directory.resolve(name).toString());
    }
    return content;
  }

  /** What a call does to the disk, for faults that are meant for one kind of call. */
  public enum Operation {
    LIST,
    CREATE,
    OPEN,
    RENAME,
    DELETE,
    READ,
    WRITE,
    RESERVE,
    TRUNCATE,
    MAP,
    FORCE,
    FORCE_DIRECTORY
  }
}
