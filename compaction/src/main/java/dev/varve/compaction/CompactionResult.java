package dev.varve.compaction;

/**
 * What a pass has done.
 *
 * @param log the directory of the log
 * @param firstDirtyOffset where it began to learn keys
 * @param endOffset up to where it learnt them, exclusive: the next pass begins there
 * @param complete whether that is all that was dirty; if not, the map could hold no more keys
 * @param keys how many keys it learnt
 * @param segmentsBefore how many segments it went through
 * @param segmentsAfter how many are there in their place
 * @param bytesBefore the bytes of the batches that it went through
 * @param bytesAfter the bytes of what stays of them
 * @param stats what it read and kept, in detail
 * @param durationMillis how long it took, pauses included
 */
public record CompactionResult(
    String log,
    long firstDirtyOffset,
    long endOffset,
    boolean complete,
    long keys,
    int segmentsBefore,
    int segmentsAfter,
    long bytesBefore,
    long bytesAfter,
    CleaningStats stats,
    long durationMillis) {}
