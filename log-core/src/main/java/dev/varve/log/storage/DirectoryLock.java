package dev.varve.log.storage;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogLockedException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One process per directory: a lock of the operating system on a file of its own, which goes when
 * the process dies. The file names the process that has it and is deleted on release.
 *
 * <p>Because the file is deleted, the lock on it proves something only while the name still leads
 * to the file that was locked; {@link #acquire} checks that and starts over if not. Nobody else
 * opens the file: on POSIX systems closing any descriptor of it would drop the lock.
 */
final class DirectoryLock {
  static final String FILE_NAME = "varve.lock";

  private final Path path;
  private final RandomAccessFile file;

  private DirectoryLock(Path path, RandomAccessFile file) {
    this.path = path;
    this.file = file;
  }

  static DirectoryLock acquire(Path directory) {
    Path path = directory.resolve(FILE_NAME);
    try {
      while (true) {
        DirectoryLock lock = tryAcquire(path);
        if (lock != null) {
          return lock;
        }
      }
    } catch (IOException e) {
      throw new LogDirectoryException(path + " cannot be locked: " + DirectoryStorage.reason(e), e);
    }
  }

  /** Locks the file that the path leads to, or returns null if it was deleted meanwhile. */
  private static @Nullable DirectoryLock tryAcquire(Path path) throws IOException {
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
    boolean held = false;
    try {
      if (lock(file) == null) {
        throw new LogLockedException(path.getParent() + " is open in " + holder(file));
      }
      if (!isStillNamed(file, path)) {
        return null;
      }
      file.setLength(0);
      file.writeBytes("process " + ProcessHandle.current().pid());
      held = true;
      return new DirectoryLock(path, file);
    } finally {
      if (!held) {
        file.close();
      }
    }
  }

  private static @Nullable FileLock lock(RandomAccessFile file) throws IOException {
    try {
      return file.getChannel().tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static String holder(RandomAccessFile file) throws IOException {
    String holder = file.readLine();
    return holder == null ? "another process" : holder;
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

  void release() throws IOException {
    Files.deleteIfExists(path);
    file.close();
  }
}
