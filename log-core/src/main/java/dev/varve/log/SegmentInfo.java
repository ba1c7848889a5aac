package dev.varve.log;

/**
 * What a log says of one of its segments.
 *
 * @param baseOffset the offset in the names of its files
 * @param endOffset the offset after its last record
 * @param sizeBytes the bytes of its batches
 * @param active whether it takes appends
 * @param timestampMax the largest timestamp of its records in milliseconds, or -1 if none has one
 */
public record SegmentInfo(
    long baseOffset, long endOffset, long sizeBytes, boolean active, long timestampMax) {}
