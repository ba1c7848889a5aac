package dev.varve.log.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;

/**
 * One open file of a {@link Storage}.
 *
 * <p>Positions and sizes are in bytes. What is written is durable only after {@link #force}. No
 * call but {@link #transferTo} is disturbed by an interrupt of its thread.
 *
 * <p>Thread safety: safe; calls that overlap in the bytes they touch have no order.
 */
public interface StorageFile extends AutoCloseable {

  /** The name under which the file was opened. */
  String name();

  /** The current size. */
  long size() throws IOException;

  /**
   * Reads from a position until the target is full or the file ends.
   *
   * @return how many bytes were read
   */
  long read(long position, MemorySegment target) throws IOException;

  /** Writes the whole source at a position, extending the file if needed. */
  void write(long position, MemorySegment source) throws IOException;

  /**
   * Writes zeros to a range of the file, extending it if needed, so that the disk sets blocks aside
   * and a later store into a mapping of them cannot find it full.
   *
   * @param blockBytes how much to write with one call, aligned to it
   * @throws IOException if there is no room; a part of the range may have been reserved
   */
  void reserve(long position, long endPosition, int blockBytes) throws IOException;

  /** Cuts the file. Never to be called while a mapping is used beyond the new size. */
  void truncate(long size) throws IOException;

  /**
   * Maps the first bytes of the file until the arena is closed. A mapping for writing may reach
   * beyond the end of the file, which then gets its size; nothing may be stored there before it is
   * {@linkplain #reserve reserved}.
   *
   * @param size how much to map; for reading, at most the size of the file
   */
  MemorySegment map(Access access, long size, Arena arena) throws IOException;

  /** Forces the contents and the size of the file, stores into its mappings included. */
  void force() throws IOException;

  /**
   * Sends bytes to a channel without copying them through the process where the system can.
   *
   * <p>An interrupt ends the transfers of all threads on this file object, so a thread that
   * transfers opens one of its own. The file object stays usable.
   *
   * @return how many bytes were sent, which may be fewer than asked for
   * @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted
   */
  long transferTo(long position, long bytes, WritableByteChannel target) throws IOException;

  /** Closes the file. Its mappings live on until their arena is closed. */
  @Override
  void close() throws IOException;

  /** What a mapping is for. */
  enum Access {
    READ,
    READ_WRITE
  }
}
