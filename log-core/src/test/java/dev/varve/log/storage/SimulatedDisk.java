package dev.varve.log.storage;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that tells what was written from what would survive a power loss, and that fails
 * on demand. It stands in for a directory wherever a {@link Storage} is asked for.
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
 * disk looks like afterwards is chosen by a seed: {@link #afterPowerLoss}.
 *
 * <p>Thread safety: safe for use by several threads; operations have a total order.
 */
public final class SimulatedDisk implements Storage {
  private final Path directory;
  private final DiskFaults faults = new DiskFaults();
  private final NavigableMap<String, FileContent> names;
  private final NavigableMap<String, FileContent> durableNames;
  private final List<Map<String, @Nullable FileContent>> unforcedChanges = new ArrayList<>();
  private boolean locked = true;

  /** An empty disk; the directory is only a name, for messages. */
  public SimulatedDisk(Path directory) {
    this(directory, new TreeMap<>());
  }

  private SimulatedDisk(Path directory, NavigableMap<String, FileContent> contents) {
    this.directory = directory;
    this.names = contents;
    this.durableNames = new TreeMap<>(contents);
  }

  /** What is to go wrong, and when. */
  public DiskFaults faults() {
    return faults;
  }

  /** Whether a log still has the directory open. */
  public synchronized boolean isLocked() {
    return locked;
  }

  /**
   * The disk as it is found when the power comes back: what was forced, and of the rest what the
   * seed picks. This disk is not changed.
   */
  public synchronized SimulatedDisk afterPowerLoss(long seed) {
    RandomGenerator random = new SplittableRandom(seed); // one whose first draws differ by seed
    NavigableMap<String, FileContent> kept = new TreeMap<>(durableNames);
    for (Map<String, @Nullable FileContent> change : unforcedChanges) {
      if (random.nextBoolean()) {
        apply(change, kept);
      }
    }
    return copyOf(kept, content -> content.afterPowerLoss(random));
  }

  /** The disk as the death of the process leaves it: everything that was written is there. */
  public synchronized SimulatedDisk afterKill() {
    return copyOf(names, FileContent::copy);
  }

  private SimulatedDisk copyOf(
      NavigableMap<String, FileContent> source, UnaryOperator<FileContent> copy) {
    Map<FileContent, FileContent> copies = new HashMap<>();
    NavigableMap<String, FileContent> result = new TreeMap<>();
    source.forEach((name, content) -> result.put(name, copies.computeIfAbsent(content, copy)));
    return new SimulatedDisk(directory, result);
  }

  /** How many mappings of files there are: none after a log and its readers are closed. */
  public synchronized int mappings() {
    return names.values().stream().mapToInt(FileContent::mappings).sum();
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
    names.put(name, content);
    durableNames.put(name, content);
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public synchronized List<String> list() throws IOException {
    faults.operation(Operation.LIST, "");
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized boolean exists(String name) throws IOException {
    faults.operation(Operation.LIST, name);
    return names.containsKey(name);
  }

  @Override
  public synchronized long size(String name) throws IOException {
    faults.operation(Operation.LIST, name);
    return content(name).size();
  }

  @Override
  public synchronized StorageFile create(String name) throws IOException {
    faults.operation(Operation.CREATE, name);
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
    faults.operation(Operation.OPEN, name);
    return new SimulatedFile(this, name, content(name));
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    if (!faults.operation(Operation.RENAME, from)) {
      return;
    }
    Map<String, @Nullable FileContent> both = new HashMap<>();
    both.put(from, null);
    both.put(to, content(from));
    change(both);
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    if (faults.operation(Operation.DELETE, name) && names.containsKey(name)) {
      Map<String, @Nullable FileContent> gone = new HashMap<>();
      gone.put(name, null);
      change(gone);
    }
  }

  private void change(Map<String, @Nullable FileContent> change) {
    apply(change, names);
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
    if (faults.operation(Operation.FORCE_DIRECTORY, "")) {
      unforcedChanges.clear();
      durableNames.clear();
      durableNames.putAll(names);
    }
  }

  @Override
  public synchronized long lastModifiedMillis(String name) throws IOException {
    faults.operation(Operation.LIST, name);
    return content(name).modifiedMillis();
  }

  @Override
  public synchronized void setLastModifiedMillis(String name, long millis) throws IOException {
    faults.operation(Operation.WRITE, name);
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
