package dev.varve.log.record;

import static dev.varve.log.record.RecordBatchLayout.ATTRIBUTES;
import static dev.varve.log.record.RecordBatchLayout.BASE_OFFSET;
import static dev.varve.log.record.RecordBatchLayout.BATCH_LENGTH;
import static dev.varve.log.record.RecordBatchLayout.CHECKSUM;
import static dev.varve.log.record.RecordBatchLayout.CODEC_MASK;
import static dev.varve.log.record.RecordBatchLayout.HEADER_BYTES;
import static dev.varve.log.record.RecordBatchLayout.LAST_OFFSET_DELTA;
import static dev.varve.log.record.RecordBatchLayout.LENGTH_EXCLUDED_BYTES;
import static dev.varve.log.record.RecordBatchLayout.MAGIC;
import static dev.varve.log.record.RecordBatchLayout.MAGIC_VALUE;
import static dev.varve.log.record.RecordBatchLayout.RECORD_COUNT;
import static dev.varve.log.record.RecordBatchLayout.getInt;
import static dev.varve.log.record.RecordBatchLayout.getLong;
import static dev.varve.log.record.RecordBatchLayout.getShort;
import static dev.varve.log.record.ScratchMemory.CAPACITY_BYTES_MAX;

import dev.varve.log.record.BatchCodec.MalformedStreamException;
import dev.varve.log.record.BatchFault.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of batches, one batch after the other, without garbage.
 *
 * {@snippet :
 * RecordCursor cursor = new RecordCursor();
 * cursor.open(batch);
 * while (cursor.next()) {
 *   use(cursor.record()); // valid until the next call of next() or open()
 * }
 * }
 *
 * <p>Opening copies the batch into the cursor's own memory and checks and decompresses it there:
 * neither a checksum nor a codec ever runs over the memory of the batch, which may be a mapped file
 * whose pages can vanish. The batch's memory is not needed after {@link #open} has returned.
 *
 * <p>Every length is compared with the bytes left before it is used, counts must come out exactly,
 * and nothing may be left behind the last record; anything else is an {@link
 * InvalidBatchException}, after which the cursor can be opened on another batch. Its position is
 * that of the batch in the memory it was wrapped over.
 *
 * <p>Not safe for use by several threads at once. The memory grows to the largest batch seen.
 */
public final class RecordCursor {

  /**
   * How many bytes the records of one batch may inflate to, if nothing else is said: a hundred
   * times the size of the largest batch that Kafka accepts by default.
   */
  public static final int DECOMPRESSED_BYTES_MAX_DEFAULT = 128 << 20;

  /** The most that a limit for inflated records can be; buffers end at twice as much. */
  public static final int DECOMPRESSED_BYTES_MAX = 1 << 30;

  private static final int CAPACITY_BYTES_INITIAL = 4096;

  private final int decompressedBytesMax;
  private final ScratchMemory copied = new ScratchMemory(CAPACITY_BYTES_INITIAL);
  private final BatchChecksum checksum = new BatchChecksum();
  private final @Nullable BatchCodec[] codecs = new @Nullable BatchCodec[Codec.values().length];
  private @Nullable ScratchMemory inflated;
  private long batchPosition;

  private final RecordBatch batch = new RecordBatch();
  private final RecordParser parser = new RecordParser();

  /** Makes a cursor that inflates batches to {@link #DECOMPRESSED_BYTES_MAX_DEFAULT} at most. */
  public RecordCursor() {
    this(DECOMPRESSED_BYTES_MAX_DEFAULT);
  }

  /**
   * Makes a cursor.
   *
   * @param decompressedBytesMax how many bytes the records of one compressed batch may inflate to,
   *     0 to {@link #DECOMPRESSED_BYTES_MAX}
   */
  public RecordCursor(int decompressedBytesMax) {
    if (decompressedBytesMax < 0 || decompressedBytesMax > DECOMPRESSED_BYTES_MAX) {
      throw new IllegalArgumentException(
          "decompressed bytes max "
              + decompressedBytesMax
              + ", expected 0 to "
              + DECOMPRESSED_BYTES_MAX);
    }
    this.decompressedBytesMax = decompressedBytesMax;
  }

  /**
   * Copies the batch, checks its header and checksum, decompresses it, and stands before its first
   * record.
   *
   * @return this cursor
   * @throws InvalidBatchException if the batch is not whole, damaged, or inflates past the limit
   * @throws CodecUnavailableException if the library of its codec is absent
   */
  public RecordCursor open(RecordBatch source) {
    int sizeBytes = copy(source);
    if (checksum.compute(copied.array(), sizeBytes) != getInt(copied.array(), CHECKSUM)) {
      throwIfFound(checksum.fault(batch, copied.bytes()));
    }
    begin(sizeBytes);
    return this;
  }

  /**
   * Does what {@link #open} does but for the checksum, for batches whose checksum was just checked.
   * Damage is then found as far as lengths and counts betray it.
   */
  public RecordCursor openUnchecked(RecordBatch source) {
    begin(copy(source));
    return this;
  }

  /** Copies the batch, looks at the header of the copy, and returns the size. */
  private int copy(RecordBatch source) {
    parser.clear();
    batchPosition = source.position();
    long bytesLeft = source.memory().byteSize() - batchPosition;
    int sizeBytes = bytesLeft < HEADER_BYTES ? 0 : source.sizeBytes();
    if (sizeBytes < HEADER_BYTES || sizeBytes > Math.min(bytesLeft, CAPACITY_BYTES_MAX)) {
      throwIfFound(source.headerFault(bytesLeft, CAPACITY_BYTES_MAX));
    }
    copied.ensure(sizeBytes, 0);
    MemorySegment.copy(
        source.memory(), ValueLayout.JAVA_BYTE, batchPosition, copied.array(), 0, sizeBytes);
    batch.wrap(copied.segment(), 0);
    if (!isPlausible(copied.array(), sizeBytes)) {
      throwIfFound(batch.headerFault(sizeBytes, CAPACITY_BYTES_MAX));
    }
    return sizeBytes;
  }

  /** Whether {@link RecordBatch#headerFault} would find nothing, at less cost. */
  private static boolean isPlausible(byte[] header, int sizeBytes) {
    long baseOffset = getLong(header, BASE_OFFSET);
    int lastOffsetDelta = getInt(header, LAST_OFFSET_DELTA);
    int recordCount = getInt(header, RECORD_COUNT);
    return header[(int) MAGIC] == MAGIC_VALUE
        && getInt(header, BATCH_LENGTH) + LENGTH_EXCLUDED_BYTES == sizeBytes
        && baseOffset >= 0
        && baseOffset < Long.MAX_VALUE - Integer.MAX_VALUE
        && lastOffsetDelta >= 0
        && recordCount >= 0
        && recordCount <= lastOffsetDelta + 1L;
  }

  private void begin(int sizeBytes) {
    byte[] header = copied.array();
    int codecId = getShort(header, ATTRIBUTES) & CODEC_MASK;
    if (codecId == Codec.NONE.id()) {
      parser.begin(header, copied, HEADER_BYTES, sizeBytes, batchPosition);
    } else {
      ScratchMemory target = inflated();
      int inflatedBytes = inflate(sizeBytes - HEADER_BYTES, target);
      parser.begin(header, target, 0, inflatedBytes, batchPosition);
    }
  }

  private ScratchMemory inflated() {
    if (inflated == null) {
      inflated = new ScratchMemory(CAPACITY_BYTES_INITIAL);
    }
    return inflated;
  }

  private int inflate(int sizeBytes, ScratchMemory target) {
    if (!Codec.isKnown(batch.codecId())) {
      throw invalid("codec " + batch.codecId(), "0 to 4");
    }
    try {
      return codec(batch.codec())
          .decompress(copied, HEADER_BYTES, sizeBytes, target, decompressedBytesMax);
    } catch (MalformedStreamException e) {
      throw invalid(batch.codec() + " stream with " + e.found(), e.expected());
    }
  }

  private BatchCodec codec(Codec codec) {
    BatchCodec opened = codecs[codec.id()];
    if (opened == null) {
      opened = BatchCodecs.open(Compression.of(codec));
      codecs[codec.id()] = opened;
    }
    return opened;
  }

  /**
   * Stands before the first record of the open batch again, which is neither copied nor inflated
   * anew.
   *
   * @return this cursor
   */
  public RecordCursor rewind() {
    parser.rewind();
    return this;
  }

  /** Forgets the open batch: {@link #next} returns false until another is opened. */
  public void clear() {
    parser.clear();
  }

  /**
   * Returns the header of the open batch, in the cursor's own memory, valid until the next {@link
   * #open}.
   */
  public RecordBatch batch() {
    return batch;
  }

  /** Returns the record that {@link #next} moved to: one view, always the same, moved along. */
  public Record record() {
    return parser.record();
  }

  /**
   * Moves to the next record.
   *
   * @return false after the last
   * @throws InvalidBatchException if a length or a count does not come out
   */
  public boolean next() {
    return parser.next();
  }

  private InvalidBatchException invalid(String found, String expected) {
    return new InvalidBatchException(new BatchFault(Kind.CODEC, batchPosition, found, expected));
  }

  private void throwIfFound(@Nullable BatchFault fault) {
    if (fault != null) {
      throw new InvalidBatchException(fault.at(batchPosition));
    }
  }
}
