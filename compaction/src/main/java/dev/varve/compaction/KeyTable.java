package dev.varve.compaction;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The buckets of a {@link KeyMap}, each a cache line of the processor:
 *
 * <pre>
 *   byte  0  12 tags, a byte each, never 0 where there is an entry
 *        12  the number of entries
 *        13  12 tag tails, 2 bits each
 *        16  12 deltas, 4 bytes each, unsigned
 * </pre>
 *
 * <p>Little-endian. An entry is a tag, which is ten bits of a hash, and a delta. It lies in the
 * bucket of its hash or, when that was full, in the first one behind it that was not; behind the
 * last bucket comes the first. As entries never go, a search ends at a bucket that is not full.
 * There has to be one.
 *
 * <p>Hands out no objects and makes no garbage. For one thread at a time.
 */
final class KeyTable {
  static final int BUCKET_BYTES = 64;
  static final int BUCKET_ENTRIES = 12;

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long SEVENS = 0x7f7f7f7f7f7f7f7fL;
  private static final int TAG_VALUES = 255;
  private static final int COUNT_SHIFT = 32;
  private static final int TAILS_SHIFT = 40;
  private static final int DELTAS_POSITION = 16;

  private final MemorySegment memory;
  private final long buckets;

  /**
   * Empty buckets.
   *
   * @param memory begins with the buckets, which are zeros
   * @param buckets how many, 1 or more
   */
  KeyTable(MemorySegment memory, long buckets) {
    this.memory = memory;
    this.buckets = buckets;
  }

  /** The position of the bucket where entries of a hash begin. */
  long bucketOf(long hash) {
    return Math.unsignedMultiplyHigh(hash, buckets) * BUCKET_BYTES;
  }

  /** The position of the bucket that takes what does not fit into this one. */
  long bucketAfter(long bucket) {
    long after = bucket + BUCKET_BYTES;
    return after == buckets * BUCKET_BYTES ? 0 : after;
  }

  /** The first eight tags of a bucket. */
  long tags(long bucket) {
    return memory.get(LONG, bucket);
  }

  /** The other tags of a bucket, its count, and the tails of all tags. */
  long rest(long bucket) {
    return memory.get(LONG, bucket + 8);
  }

  /** Whether the bucket with this rest is full. */
  static boolean isFull(long rest) {
    return (rest >>> COUNT_SHIFT & 0xff) == BUCKET_ENTRIES;
  }

  /**
   * The entries of a bucket that may have the tag of a hash, a bit each: see {@link #slot}. Exact
   * in the first part of the tag; {@link #hasTail} compares the second.
   */
  static long matches(long tags, long rest, long hash) {
    long tag = tag(hash) * ONES;
    long first = zeroBytes(tags ^ tag);
    long second = zeroBytes(rest ^ tag) & 0x80808080L;
    return first >>> 7 | second >>> 6;
  }

  /** Sets the upmost bit of each byte that is zero, and no other bit. */
  private static long zeroBytes(long word) {
    return ~((word & SEVENS) + SEVENS | word | SEVENS);
  }

  /** The slot of the first one of these matches. To go on, take off the lowest bit. */
  static int slot(long matches) {
    int bit = Long.numberOfTrailingZeros(matches);
    return bit >>> 3 | (bit & 1) << 3;
  }

  /** Whether the entry in a slot has the second part of the tag of a hash too. */
  static boolean hasTail(long rest, int slot, long hash) {
    return (rest >>> (TAILS_SHIFT + 2 * slot) & 3) == tail(hash);
  }

  private static long tag(long hash) {
    return 1 + (((hash & 0xff) * TAG_VALUES) >>> 8);
  }

  private static long tail(long hash) {
    return hash >>> 8 & 3;
  }

  /** The position of the delta in a slot. */
  static long place(long bucket, int slot) {
    return bucket + DELTAS_POSITION + slot * 4L;
  }

  /** The delta at a position, 0 or more. */
  long delta(long place) {
    return memory.get(INT, place) & 0xffff_ffffL;
  }

  void setDelta(long place, long delta) {
    memory.set(INT, place, (int) delta);
  }

  /** Adds an entry to a bucket that is not full. */
  void add(long bucket, long hash, long delta) {
    long rest = rest(bucket);
    int slot = (int) (rest >>> COUNT_SHIFT & 0xff);
    if (slot < 8) {
      memory.set(LONG, bucket, tags(bucket) | tag(hash) << (8 * slot));
    } else {
      rest |= tag(hash) << (8 * (slot - 8));
    }
    rest |= tail(hash) << (TAILS_SHIFT + 2 * slot);
    memory.set(LONG, bucket + 8, rest + (1L << COUNT_SHIFT));
    setDelta(place(bucket, slot), delta);
  }
}
