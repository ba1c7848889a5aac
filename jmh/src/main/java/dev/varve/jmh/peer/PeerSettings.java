package dev.varve.jmh.peer;

import dev.varve.log.record.Compression;
import java.nio.file.Path;

/**
 * What a peer is opened with.
 *
 * @param directory an empty directory, or one that the peer closed
 * @param compression how batches are compressed, by those who can
 * @param valueBytes the size of all values
 * @param batchRecords how many records a batch will have; 1 if they are appended one by one
 * @param recordCount how many records will be appended at most
 */
public record PeerSettings(
    Path directory, Compression compression, int valueBytes, int batchRecords, long recordCount) {

  /** The size of a segment for those who have segments, in bytes. */
  public static final int SEGMENT_BYTES_MAX = 64 << 20;
}
