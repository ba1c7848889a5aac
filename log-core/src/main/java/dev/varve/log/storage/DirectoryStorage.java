package dev.varve.log.storage;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogLockedException;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A directory of the file system, locked against other processes and other logs of this one.
 *
 * <p>Thread safety: as {@link Storage} says.
 */
public final class DirectoryStorage implements Storage {
  private static final Set<String> LOCK_FILE_NAMES =
      Set.of(DirectoryLock.FILE_NAME, DirectoryLock.DATA_DIRECTORY_FILE_NAME);

  private final Path directory;
  private final DirectoryLock lock;

  private DirectoryStorage(Path directory, DirectoryLock lock) {
    this.directory = directory;
    this.lock = lock;
  }

  /**
   * Opens a directory, creating it if need be, and locks it. The name of a directory that holds
   * nothing yet is made durable first, with the names of those above it that were created.
   *
   * @throws LogDirectoryException if the path is not a directory, or may not be read and written,
   *     or cannot be made durable
   * @throws LogLockedException if the directory is open already
   */
  public static DirectoryStorage open(Path directory) {
    return open(directory, DirectoryStorage::force);
  }

  static DirectoryStorage open(Path directory, DirectoryForce force) {
    return open(directory, force, DirectoryLock::acquire);
  }

  /** Opens the directory that holds those of logs, with Kafka's lock. */
  static DirectoryStorage openDataDirectory(Path directory) {
    return open(directory, DirectoryStorage::force, DirectoryLock::acquireDataDirectory);
  }

  private static DirectoryStorage open(
      Path directory, DirectoryForce force, Function<Path, DirectoryLock> lock) {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw new LogDirectoryException(directory + " is a file; expected a directory");
    }
    try {
      create(directory, force);
    } catch (IOException e) {
      throw new LogDirectoryException(directory + " cannot be created: " + reason(e), e);
    }
    if (!Files.isReadable(directory) || !Files.isWritable(directory)) {
      throw new LogDirectoryException(
          directory + " may not be read and written by this process; expected both");
    }
    return new DirectoryStorage(directory, lock.apply(directory));
  }

  /**
   * Creates what is missing of a path, and forces the directories that hold the new names. A name
   * that is there may be new, too: of somebody who died before the force, or who makes none.
   */
  private static void create(Path directory, DirectoryForce force) throws IOException {
    List<Path> named = new ArrayList<>();
    for (Path level = directory.toAbsolutePath();
        level != null && !Files.exists(level);
        level = level.getParent()) {
      named.add(level);
    }
    Files.createDirectories(directory);
    if (named.isEmpty() && Files.isReadable(directory) && isEmpty(directory)) {
      named.add(directory.toRealPath());
    }
    for (Path level : named) {
      Path parent = level.getParent();
      // Whoever hid the parent from this process answers for what it holds.
      if (parent != null && Files.isReadable(parent)) {
        force.force(parent);
      }
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }

  /** Forces the names in a directory. */
  @FunctionalInterface
  interface DirectoryForce {
    void force(Path directory) throws IOException;
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public List<String> list() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(entry -> Files.isRegularFile(entry))
          .map(entry -> entry.getFileName().toString())
          .filter(name -> !LOCK_FILE_NAMES.contains(name))
          .sorted()
          .toList();
    }
  }

  @Override
  public boolean exists(String name) {
    return Files.exists(directory.resolve(name));
  }

  @Override
  public long size(String name) throws IOException {
    return Files.size(directory.resolve(name));
  }

  @Override
  public StorageFile create(String name) throws IOException {
    return FileChannelFile.create(directory.resolve(name));
  }

  @Override
  public StorageFile open(String name) throws IOException {
    return FileChannelFile.open(directory.resolve(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(
        directory.resolve(from),
        directory.resolve(to),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(directory.resolve(name));
  }

  @Override
  public void forceDirectory() throws IOException {
    force(directory);
  }

  /** On a channel of the kind that no interrupt closes, for that would hide an error. */
  private static void force(Path directory) throws IOException {
    try (AsynchronousFileChannel channel =
        AsynchronousFileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public long lastModifiedMillis(String name) throws IOException {
    return Files.getLastModifiedTime(directory.resolve(name)).toMillis();
  }

  @Override
  public void setLastModifiedMillis(String name, long millis) throws IOException {
    Files.setLastModifiedTime(directory.resolve(name), FileTime.fromMillis(millis));
  }

  @Override
  public void close() {
    lock.release();
  }

  /** What an exception of the file system says, for those whose message is only a path. */
  static String reason(IOException e) {
    return e instanceof NoSuchFileException
        ? "no such file or directory"
        : e.getClass().getSimpleName() + ": " + e.getMessage();
  }
}
