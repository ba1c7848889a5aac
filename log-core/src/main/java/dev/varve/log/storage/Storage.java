package dev.varve.log.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The files of one directory, as a log needs them: the only place where Varve meets a file system.
 *
 * <p>Names are plain file names. A create, rename or delete survives a power loss only after {@link
 * #forceDirectory}. No call is disturbed by an interrupt of its thread: the call completes and the
 * interrupt status is kept.
 *
 * <p>Thread safety: safe, but for calls on the same name.
 */
public interface Storage extends AutoCloseable {

  /** The directory, for messages. */
  Path directory();

  /** The names of all plain files, sorted. */
  List<String> list() throws IOException;

  /** Whether a file of this name exists. */
  boolean exists(String name) throws IOException;

  /** The size of a file in bytes. */
  long size(String name) throws IOException;

  /** Creates an empty file, in place of one of the same name. */
  StorageFile create(String name) throws IOException;

  /** Opens an existing file for reading and writing. */
  StorageFile open(String name) throws IOException;

  /** Renames a file, atomically replacing one of the new name. */
  void rename(String from, String to) throws IOException;

  /** Deletes a file; no error if there is none. */
  void delete(String name) throws IOException;

  /** Forces all creates, renames and deletes so far to the disk. */
  void forceDirectory() throws IOException;

  /** When a file was last modified, in milliseconds since the epoch. */
  long lastModifiedMillis(String name) throws IOException;

  /** Sets when a file was last modified, in milliseconds since the epoch. */
  void setLastModifiedMillis(String name, long millis) throws IOException;

  /** Gives the directory up, and with it the lock that keeps other processes out. */
  @Override
  void close() throws IOException;
}
