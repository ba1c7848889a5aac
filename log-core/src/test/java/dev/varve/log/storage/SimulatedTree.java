package dev.varve.log.storage;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogLockedException;
import dev.varve.log.storage.DiskFaults.Effect;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk.Operation;
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
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A data directory in memory: each of its directories is a {@link SimulatedDisk}, the plain files
 * beside them are one more. What goes wrong is set for all together, and their operations are
 * counted together.
 *
 * <p>The names of directories are as those of files: a change of one is kept or lost in a power
 * loss until it is forced, each on its own; with its name, all that is in a directory is lost.
 *
 * <p>Thread safety: safe for use by several threads.
 */
public final class SimulatedTree extends ForwardingStorage implements StorageTree {
  private final SimulatedDisk files;
  private final long seed;
  private final NavigableMap<String, SimulatedDisk> names;
  private final NavigableMap<String, SimulatedDisk> durableNames;
  private final List<Map<String, @Nullable SimulatedDisk>> unforcedChanges = new ArrayList<>();

  /** Those whose names went while somebody had files of them open. */
  private final List<SimulatedDisk> nameless = new ArrayList<>();

  /** An empty one; the directory is only a name, for messages. */
  public SimulatedTree(Path directory, long seed) {
    this(new SimulatedDisk(directory, seed), seed, new TreeMap<>());
  }

  private SimulatedTree(
      SimulatedDisk files, long seed, NavigableMap<String, SimulatedDisk> directories) {
    super(files);
    this.files = files;
    this.seed = seed;
    this.names = directories;
    this.durableNames = new TreeMap<>(directories);
  }

  /** What is to go wrong, and when, in all directories. */
  public DiskFaults faults() {
    return files.faults();
  }

  /** The plain files, for damage. */
  public SimulatedDisk files() {
    return files;
  }

  /** A directory, for damage. */
  public synchronized SimulatedDisk directory(String name) {
    SimulatedDisk directory = names.get(name);
    if (directory == null) {
      throw new IllegalArgumentException("no directory " + name + ", found " + names.keySet());
    }
    return directory;
  }

  /** Puts an empty directory there, durably. */
  public synchronized SimulatedDisk putDirectory(String name) {
    SimulatedDisk made = disk(name);
    names.put(name, made);
    durableNames.put(name, made);
    return made;
  }

  private SimulatedDisk disk(String name) {
    return new SimulatedDisk(directory().resolve(name), seed, files.faults());
  }

  /** How many mappings there are, of files that are gone too. */
  public synchronized int mappings() {
    return files.mappings()
        + names.values().stream().mapToInt(SimulatedDisk::mappings).sum()
        + nameless.stream().mapToInt(SimulatedDisk::mappings).sum();
  }

  /** How many files are open, those that are gone too. */
  public synchronized int openFiles() {
    return files.openFiles()
        + names.values().stream().mapToInt(SimulatedDisk::openFiles).sum()
        + nameless.stream().mapToInt(SimulatedDisk::openFiles).sum();
  }

  /** How many directories somebody has open, that of the tree included. */
  public synchronized long locks() {
    return names.values().stream().filter(SimulatedDisk::isLocked).count()
        + (files.isLocked() ? 1 : 0);
  }

  /** The tree as it is found when the power comes back. This tree is not changed. */
  public synchronized SimulatedTree afterPowerLoss(long lossSeed) {
    RandomGenerator random = new SplittableRandom(lossSeed);
    NavigableMap<String, SimulatedDisk> kept = new TreeMap<>(durableNames);
    for (Map<String, @Nullable SimulatedDisk> change : unforcedChanges) {
      if (random.nextBoolean()) {
        apply(change, kept);
      }
    }
    SimulatedDisk keptFiles = files.afterPowerLoss(random.nextLong());
    return copy(
        kept,
        keptFiles,
        (disk, path) -> disk.afterPowerLoss(random.nextLong(), path, keptFiles.faults()));
  }

  /** The tree as the death of the process leaves it. */
  public synchronized SimulatedTree afterKill() {
    SimulatedDisk keptFiles = files.afterKill();
    return copy(names, keptFiles, (disk, path) -> disk.afterKill(path, keptFiles.faults()));
  }

  private SimulatedTree copy(
      NavigableMap<String, SimulatedDisk> kept, SimulatedDisk keptFiles, Copying copying) {
    NavigableMap<String, SimulatedDisk> copies = new TreeMap<>();
    kept.forEach((name, disk) -> copies.put(name, copying.copy(disk, directory().resolve(name))));
    return new SimulatedTree(keptFiles, seed, copies);
  }

  private interface Copying {
    SimulatedDisk copy(SimulatedDisk disk, Path path);
  }

  private static void apply(
      Map<String, @Nullable SimulatedDisk> change, NavigableMap<String, SimulatedDisk> names) {
    change.forEach((name, disk) -> {
      if (disk == null) {
        names.remove(name);
      } else {
        names.put(name, disk);
      }
    });
  }

  private void change(Map<String, @Nullable SimulatedDisk> change) {
    change.keySet().stream()
        .filter(names::containsKey)
        .map(names::get)
        .filter(disk -> !change.containsValue(disk))
        .forEach(nameless::add);
    apply(change, names);
    unforcedChanges.add(change);
  }

  @Override
  public synchronized List<String> directories() throws IOException {
    var _ = files.operation(Operation.LIST, "", false);
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized Storage openDirectory(String name) {
    try {
      SimulatedDisk disk = names.get(name);
      if (disk == null) {
        var _ = files.operation(Operation.CREATE, name, true);
        disk = disk(name);
        Map<String, @Nullable SimulatedDisk> made = new HashMap<>();
        made.put(name, disk);
        change(made);
      }
      if (disk.isLocked()) {
        throw new LogLockedException(disk.directory() + " is open in this process");
      }
      boolean opened = false;
      try {
        if (disk.list().isEmpty()) {
          forceDirectory();
        }
        opened = true;
        return disk;
      } finally {
        if (!opened) {
          disk.close();
        }
      }
    } catch (IOException e) {
      throw new LogDirectoryException(
          directory().resolve(name) + " cannot be created: " + e.getMessage(), e);
    }
  }

  @Override
  public synchronized void renameDirectory(String from, String to) throws IOException {
    if (files.operation(Operation.RENAME, from, false) == Effect.NONE) {
      return;
    }
    SimulatedDisk disk = names.get(from);
    if (disk == null) {
      throw new NoSuchFileException(directory().resolve(from).toString());
    }
    Map<String, @Nullable SimulatedDisk> both = new HashMap<>();
    both.put(from, null);
    both.put(to, disk);
    change(both);
  }

  @Override
  public synchronized boolean deleteDirectory(String name, int filesMax) throws IOException {
    SimulatedDisk disk = names.get(name);
    if (disk == null) {
      return true;
    }
    try {
      List<String> doomed = disk.list();
      for (String file : doomed.subList(0, Math.min(filesMax, doomed.size()))) {
        disk.delete(file);
      }
      if (doomed.size() > filesMax) {
        return false;
      }
    } finally {
      disk.close();
    }
    if (files.operation(Operation.DELETE, name, false) == Effect.WHOLE) {
      Map<String, @Nullable SimulatedDisk> gone = new HashMap<>();
      gone.put(name, null);
      change(gone);
    }
    return true;
  }

  @Override
  public synchronized void forceDirectory() throws IOException {
    Effect effect = files.forceNames();
    if (effect == Effect.WHOLE) {
      for (Map<String, @Nullable SimulatedDisk> change : unforcedChanges) {
        apply(change, durableNames);
      }
    }
    if (effect != Effect.NONE) {
      unforcedChanges.clear();
    }
    if (effect == Effect.LOSE) {
      names.clear();
      names.putAll(durableNames);
      throw DiskFaults.error(Operation.FORCE_DIRECTORY, "", Fault.EIO_ON_FORCE_DIRECTORY);
    }
  }
}
