package dev.varve.log.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A directory of directories, each of which has the files of one log, with plain files beside them:
 * a data directory, as a store of many logs needs it. The plain files are those of {@link Storage}.
 *
 * <p>A name of a directory is as durable as that of a file: after {@link #forceDirectory}, which
 * forces both. What is in a directory is forced by its own storage. No call is disturbed by an
 * interrupt of its thread.
 *
 * <p>Thread safety: safe, but for calls on the same name.
 */
public interface StorageTree extends Storage {
  /** The names of all directories, sorted. */
  List<String> directories() throws IOException;

  /**
   * Opens a directory, creating it if need be, and locks it. The name of one that holds nothing is
   * durable when this returns.
   *
   * @return to be closed
   * @throws dev.varve.log.error.LogDirectoryException if it cannot be used
   * @throws dev.varve.log.error.LogLockedException if it is open already
   */
  Storage openDirectory(String name);

  /** Renames a directory that nobody has open, atomically, to a name that there is not yet. */
  void renameDirectory(String from, String to) throws IOException;

  /**
   * Deletes files of a directory that nobody has open, whatever they are, and the directory itself
   * when it holds none any more. A crash may leave any part of it, which can be deleted again.
   *
   * @param filesMax how many files to delete at most, at least 1
   * @return whether the directory is gone; also if there was none
   */
  boolean deleteDirectory(String name, int filesMax) throws IOException;

  /**
   * A directory of the file system, locked as a broker of Kafka locks its log directory.
   *
   * @throws dev.varve.log.error.LogDirectoryException if the path is not a directory, or may not be
   *     read and written, or cannot be made durable
   * @throws dev.varve.log.error.LogLockedException if another process, a broker perhaps, or another
   *     store of this one has it open
   */
  static StorageTree open(Path directory) {
    return new DirectoryTree(DirectoryStorage.openDataDirectory(directory));
  }
}
