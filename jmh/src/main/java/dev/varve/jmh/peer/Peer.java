package dev.varve.jmh.peer;

import java.io.IOException;

/**
 * A log, or something that is used as one, in a directory of its own. What it cannot do is said by
 * {@link PeerKind#operations}, and throws {@link UnsupportedOperationException}.
 *
 * <p>Thread safety: safe; an appender or a reader is for one thread.
 */
public interface Peer extends AutoCloseable {

  /** A way to append, for one thread. */
  Appender appender() throws IOException;

  /** A way to read what was appended, for one thread. */
  Reader reader() throws IOException;

  /** Closes everything in order. The directory stays. */
  @Override
  void close() throws IOException;

  /** Appends records. */
  interface Appender extends AutoCloseable {

    /**
     * Appends one record, which has then left the process, as far as the peer does that at all.
     *
     * @param timestamp milliseconds since the epoch
     */
    void append(long timestamp, byte[] key, byte[] value) throws IOException;

    /** Appends the next records as one batch, building it included. */
    void appendBatch(BenchmarkRecords records, int recordCount) throws IOException;

    /** Appends one record, which is then on the disk. */
    void appendDurable(long timestamp, byte[] key, byte[] value) throws IOException;

    @Override
    default void close() throws IOException {}
  }

  /** Reads records. */
  interface Reader extends AutoCloseable {

    /**
     * Visits every record from the first to the last.
     *
     * @return the sum of the sizes of all keys and values, in bytes
     */
    long readAll() throws IOException;

    /**
     * The same, and looks at every byte of every key and value.
     *
     * @return anything that depends on all of the bytes
     */
    long readAllBytes() throws IOException;

    /**
     * Reads one record.
     *
     * @param index how many records were appended before it
     * @return the sizes of its key and value, in bytes
     */
    long read(long index) throws IOException;

    /**
     * Looks a record up by its time.
     *
     * @return how many records were appended before the first one of that time or later
     */
    long find(long timestamp) throws IOException;

    /**
     * Goes on to the next record, from the first on, and along with the appenders.
     *
     * @return the first eight bytes of its value, big-endian; -1 if there is none yet
     */
    long poll() throws IOException;

    @Override
    default void close() throws IOException {}
  }
}
