package dev.varve.log.record;

import dev.varve.log.record.BatchCodec.MalformedStreamException;
import dev.varve.log.record.BatchFault.Kind;
import java.lang.foreign.MemorySegment;
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
    copy(source);
    throwIfFound(checksum.fault(batch, copied.bytes()));
    begin();
    return this;
  }

  /**
   * Does what {@link #open} does but for the checksum, for batches whose checksum was just checked.
   * Damage is then found as far as lengths and counts betray it.
   */
  public RecordCursor openUnchecked(RecordBatch source) {
    copy(source);
    begin();
    return this;
  }

  private void copy(RecordBatch source) {
    parser.clear();
    batchPosition = source.position();
    long bytesLeft = source.memory().byteSize() - batchPosition;
    throwIfFound(source.headerFault(bytesLeft, ScratchMemory.CAPACITY_BYTES_MAX));
    int sizeBytes = source.sizeBytes();
    copied.ensure(sizeBytes, 0);
    MemorySegment.copy(source.memory(), batchPosition, copied.segment(), 0, sizeBytes);
    batch.wrap(copied.segment(), 0);
  }

  private void begin() {
    int sizeBytes = batch.sizeBytes();
    if (batch.codecId() == Codec.NONE.id()) {
      parser.begin(batch, copied, RecordBatch.HEADER_BYTES, sizeBytes, batchPosition);
    } else {
      ScratchMemory target = inflated();
      int inflatedBytes = inflate(sizeBytes - RecordBatch.HEADER_BYTES, target);
      parser.begin(batch, target, 0, inflatedBytes, batchPosition);
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
          .decompress(copied, RecordBatch.HEADER_BYTES, sizeBytes, target, decompressedBytesMax);
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
