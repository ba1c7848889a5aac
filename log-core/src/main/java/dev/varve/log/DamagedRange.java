package dev.varve.log;

import java.nio.file.Path;

/**
 * A stretch of a segment that was durable once and is damaged now. It stays as it is; a read of it
 * fails, and all around it can be read. An immutable value.
 *
 * @param file the log file of the segment
 * @param position where the damage begins, in bytes from the start of the file
 * @param endPosition where it ends; equal to {@code position} if the bytes are missing
 * @param firstOffset the first offset that the damaged batches may have had
 * @param endOffset the offset behind the last one that they may have had
 */
public record DamagedRange(
    Path file, long position, long endPosition, long firstOffset, long endOffset) {}
