package dev.varve.log;

/**
 * How far the background is in reading sealed segments again.
 *
 * @param rounds how often it has come to the end of all of them since the log was opened
 * @param baseOffset the segment that is read next has this base offset, or a higher one
 * @param position where in its file, in bytes
 * @param damagedRanges how many damaged ranges were reported since the log was opened; one that
 *     stays is counted in each round
 */
public record ScrubProgress(long rounds, long baseOffset, long position, long damagedRanges) {}
