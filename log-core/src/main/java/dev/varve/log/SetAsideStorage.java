package dev.varve.log;

import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A storage that loses no byte it was given: before a file is deleted, cut, or written over, the
 * bytes that go are copied to a subdirectory and forced. What was written through this storage
 * itself is not kept.
 *
 * <p>The subdirectory is {@code set-aside-1}, or the first of its kind that is free, so that a run
 * that was killed does not mix with the next. It lies in the directory of the log, where neither
 * Kafka nor Varve looks at directories; beside it, it would stop a broker. A file that goes keeps
 * its name there; a part of one has its position behind it: {@code
 * 00000000000000000000.log.from-88}.
 *
 * <p>Thread safety: as {@link Storage} says.
 */
final class SetAsideStorage extends ForwardingStorage {
  private static final int BLOCK_BYTES = 1 << 20;

  private final Storage storage;

  /** The names that lead to what was written here. */
  private final Set<String> ours = new HashSet<>();

  private @Nullable Storage aside;

  SetAsideStorage(Storage storage) {
    super(storage);
    this.storage = storage;
  }

  /** Where bytes were set aside; null if none had to be. */
  synchronized @Nullable Path asideDirectory() {
    return aside == null ? null : aside.directory();
  }

  /** What was set aside. */
  synchronized List<String> asideNames() throws IOException {
    return aside == null ? List.of() : aside.list();
  }

  /** Keeps what a file has in a range, unless it was written here. */
  private synchronized void keep(String name, long position, long end, String as)
      throws IOException {
    if (ours.contains(name) || position >= end) {
      return;
    }
    Storage target = aside();
    String free = as;
    for (int i = 2; target.exists(free); i++) {
      free = as + "." + i;
    }
    try (StorageFile from = storage.open(name);
        StorageFile to = target.create(free)) {
      MemorySegment block = MemorySegment.ofArray(new byte[BLOCK_BYTES]);
      long at = position;
      while (at < end) {
        MemorySegment part = block.asSlice(0, Math.min(BLOCK_BYTES, end - at));
        long read = from.read(at, part);
        if (read < part.byteSize()) {
          throw new IOException(
              name
                  + " at position "
                  + at
                  + ": found "
                  + read
                  + " bytes, expected "
                  + part.byteSize());
        }
        to.write(at - position, part);
        at += read;
      }
      to.force();
    }
    target.forceDirectory();
  }

  private Storage aside() throws IOException {
    Storage opened = aside;
    if (opened == null) {
      Path free =
          IntStream.iterate(1, i -> i + 1)
              .mapToObj(i -> storage.directory().resolve("set-aside-" + i))
              .filter(Files::notExists)
              .findFirst()
              .orElseThrow();
      opened = DirectoryStorage.open(free);
      storage.forceDirectory();
      aside = opened;
    }
    return opened;
  }

  private void keepAll(String name) throws IOException {
    if (storage.exists(name)) {
      keep(name, 0, storage.size(name), name);
    }
  }

  private synchronized void becameOurs(String name) {
    ours.add(name);
  }

  @Override
  public StorageFile create(String name) throws IOException {
    keepAll(name);
    StorageFile created = super.create(name);
    becameOurs(name);
    return created;
  }

  @Override
  protected StorageFile wrap(StorageFile file) {
    return new SetAsideFile(file, this::keepRange);
  }

  private void keepRange(String name, long position, long end) throws IOException {
    keep(name, position, end, name + ".from-" + position);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    keepAll(to);
    storage.rename(from, to);
    synchronized (this) {
      if (ours.remove(from)) {
        ours.add(to);
      } else {
        ours.remove(to);
      }
    }
  }

  @Override
  public void delete(String name) throws IOException {
    keepAll(name);
    storage.delete(name);
    synchronized (this) {
      ours.remove(name);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    try {
      if (aside != null) {
        aside.close();
      }
    } finally {
      storage.close();
    }
  }
}
