package dev.varve.log.inspect;

import dev.varve.log.record.Codec;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the batch headers of a segment add up to.
 *
 * @param baseOffset the offset in the names of its files
 * @param endOffset the offset after its last sound batch
 * @param sizeBytes the bytes of its sound batches
 * @param fileBytes the size of its log file
 * @param batches how many sound batches it has
 * @param records how many records these claim
 * @param codecs how these are compressed
 * @param timestampMax the largest timestamp in milliseconds, or -1 if there is none
 * @param damage what ended the segment before its file, unless that is space that was reserved;
 *     null if nothing did
 */
public record SegmentSummary(
    long baseOffset,
    long endOffset,
    long sizeBytes,
    long fileBytes,
    long batches,
    long records,
    Set<Codec> codecs,
    long timestampMax,
    @Nullable Finding damage) {

  /** Copies the set. */
  public SegmentSummary {
    EnumSet<Codec> copy = EnumSet.noneOf(Codec.class);
    copy.addAll(codecs);
    codecs = Collections.unmodifiableSet(copy);
  }
}
