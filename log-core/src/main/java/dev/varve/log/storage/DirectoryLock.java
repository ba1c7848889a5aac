package dev.varve.log.storage;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogLockedException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One process per directory: a lock of the operating system on a file of its own, which goes when
 * the process dies. The file names the process that has it and is deleted on release.
 *
 * <p>Because the file is deleted, the lock on it proves something only while the name still leads
 * to the file that was locked; {@link #acquire} checks that and starts over if not.
 *
 * <p>On POSIX systems, closing any descriptor of the file drops the lock that the process has on
 * it. So a second log of this process must not even open the file: the directories that are locked
 * here are kept in {@link #HELD}, by their real paths, and asked first.
 */
final class DirectoryLock {
  /** In the directory of a log; it goes with the lock. */
  static final String FILE_NAME = "varve.lock";

  /**
   * Kafka's, in a data directory. It stays, since Kafka counts on that: who opened the file before
   * it was deleted would lock something that nobody else sees.
   */
  static final String DATA_DIRECTORY_FILE_NAME = ".lock";

  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();
  private static final String HOLDER = "process ";

  /** Room for the holder's name; while it is being written, the file may be long and zeros. */
  private static final int HOLDER_BYTES_MAX = 40;

  private final Path directory;
  private final Path path;
  private final RandomAccessFile file;

  /** Whether the file goes with the lock. */
  private final boolean passing;

  private DirectoryLock(Path directory, Path path, RandomAccessFile file, boolean passing) {
    this.directory = directory;
    this.path = path;
    this.file = file;
    this.passing = passing;
  }

  /** Locks the directory of a log. */
  static DirectoryLock acquire(Path directory) {
    return acquire(directory, FILE_NAME, true);
  }

  /** Locks a data directory, against brokers too. */
  static DirectoryLock acquireDataDirectory(Path directory) {
    return acquire(directory, DATA_DIRECTORY_FILE_NAME, false);
  }

  private static DirectoryLock acquire(Path directory, String fileName, boolean passing) {
    Path path = directory.resolve(fileName);
    try {
      Path real = directory.toRealPath();
      if (!HELD.add(real)) {
        throw locked(directory, HOLDER + ProcessHandle.current().pid() + ", this one");
      }
      DirectoryLock lock = null;
      try {
        while (lock == null) {
          lock = tryAcquire(real, path, passing);
        }
        return lock;
      } finally {
        if (lock == null) {
          HELD.remove(real);
        }
      }
    } catch (IOException e) {
      throw new LogDirectoryException(path + " cannot be locked: " + DirectoryStorage.reason(e), e);
    }
  }

  /** Locks the file that the path leads to, or returns null if it was deleted meanwhile. */
  private static @Nullable DirectoryLock tryAcquire(Path real, Path path, boolean passing)
      throws IOException {
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
    boolean held = false;
    try {
      if (!Uninterrupted.call(() -> lock(file))) {
        throw locked(real, holder(file));
      }
      if (passing) {
        if (!isStillNamed(file, path)) {
          return null;
        }
        file.setLength(0);
        file.writeBytes(HOLDER + ProcessHandle.current().pid());
      }
      held = true;
      return new DirectoryLock(real, path, file, passing);
    } finally {
      if (!held) {
        file.close();
      }
    }
  }

  private static boolean lock(RandomAccessFile file) throws IOException {
    try {
      return file.getChannel().tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // by a copy of this class under another loader
    }
  }

  private static LogLockedException locked(Path directory, String holder) {
    return new LogLockedException(directory + " is open in " + holder);
  }

  private static String holder(RandomAccessFile file) throws IOException {
    byte[] bytes = new byte[HOLDER_BYTES_MAX];
    int read = Math.max(0, file.read(bytes));
    String holder = new String(bytes, 0, read, StandardCharsets.US_ASCII);
    return holder.matches(HOLDER + "[0-9]+") ? holder : "another process";
  }

  /**
   * Whether the path leads to the locked file: gives the file a size that no other has and looks
   * for it under the name. (Reading under the name would open the file a second time.)
   */
  private static boolean isStillNamed(RandomAccessFile file, Path path) throws IOException {
    long unlikelySize = ThreadLocalRandom.current().nextLong(1L << 20, 1L << 30);
    file.setLength(unlikelySize);
    return Files.exists(path) && Files.size(path) == unlikelySize;
  }

  /** Gives the directory up. Doing it twice is harmless. */
  void release() {
    if (!HELD.contains(directory) || !file.getChannel().isOpen()) {
      return;
    }
    try (file) {
      if (passing) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      // On a disk that has failed, perhaps. The file locks nobody out once it is closed.
    } finally {
      HELD.remove(directory);
    }
  }
}
