package dev.varve.log.record;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A view of one record that is valid until the next call of {@link RecordCursor#next} or {@link
 * RecordCursor#open} on the cursor it came from; copy what must live longer.
 *
 * <p>Key and value lie in the cursor's memory and can be used there without garbage: {@link
 * #memory()} with {@link #keyPosition()} and {@link #keyBytes()}. The memory must not be changed.
 *
 * <p>Not safe for use by several threads at once.
 */
@SuppressWarnings({"AvoidCommonTypeNames", "JavaLangClash"}) // the field's word, and Kafka's
public final class Record {

  private byte[] array = new byte[0];
  private MemorySegment memory = MemorySegment.NULL;
  private long offset;
  private long timestamp;
  private int baseSequence;
  private int offsetDelta;
  private int tailPosition;
  private int end;
  private int keyPosition;
  private int keyBytes;
  private int valuePosition;
  private int valueBytes;
  private int headersPosition;
  private int headerCount;

  Record() {}

  /** Names what the records of a batch have in common: once, not for every record. */
  void wrap(ScratchMemory records, int batchBaseSequence) {
    array = records.array();
    memory = records.segment();
    baseSequence = batchBaseSequence;
  }

  void identify(long offset, long timestamp, int offsetDelta) {
    this.offset = offset;
    this.timestamp = timestamp;
    this.offsetDelta = offsetDelta;
  }

  void locate(int tailPosition, int end) {
    this.tailPosition = tailPosition;
    this.end = end;
  }

  void locateKey(int position, int sizeBytes) {
    keyPosition = position;
    keyBytes = sizeBytes;
  }

  void locateValue(int position, int sizeBytes) {
    valuePosition = position;
    valueBytes = sizeBytes;
  }

  void locateHeaders(int position, int count) {
    headersPosition = position;
    headerCount = count;
  }

  /** Returns where everything from the key's length on begins. */
  int tailPosition() {
    return tailPosition;
  }

  int tailBytes() {
    return end - tailPosition;
  }

  /** Returns the record's offset in the log. */
  public long offset() {
    return offset;
  }

  /**
   * Returns the record's timestamp in milliseconds since the epoch, -1 if it has none; where the
   * batch carries the log's append time, that.
   */
  public long timestamp() {
    return timestamp;
  }

  /** Returns the producer's sequence number of this record, -1 if no idempotent producer wrote. */
  public int sequence() {
    return RecordBatch.sequence(baseSequence, offsetDelta);
  }

  /** Returns whether there is a key, possibly an empty one. */
  public boolean hasKey() {
    return keyBytes >= 0;
  }

  /** Returns the size of the key in bytes, -1 if there is none. */
  public int keyBytes() {
    return keyBytes;
  }

  /** Returns where the key begins in {@link #memory()}. */
  public long keyPosition() {
    return keyPosition;
  }

  /** Returns whether there is a value, possibly an empty one; a record without is a tombstone. */
  public boolean hasValue() {
    return valueBytes >= 0;
  }

  /** Returns the size of the value in bytes, -1 if there is none. */
  public int valueBytes() {
    return valueBytes;
  }

  /** Returns where the value begins in {@link #memory()}. */
  public long valuePosition() {
    return valuePosition;
  }

  /** Returns the memory that key and value lie in. */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns a read-only slice of the memory that is the key, or null if there is none. */
  public @Nullable MemorySegment key() {
    return keyBytes < 0 ? null : memory.asSlice(keyPosition, keyBytes).asReadOnly();
  }

  /** Returns a read-only slice of the memory that is the value, or null if there is none. */
  public @Nullable MemorySegment value() {
    return valueBytes < 0 ? null : memory.asSlice(valuePosition, valueBytes).asReadOnly();
  }

  /** Returns a new array with the key, or null if there is none. */
  public byte @Nullable [] copyKey() {
    return keyBytes < 0 ? null : copy(keyPosition, keyBytes);
  }

  /** Returns a new array with the value, or null if there is none. */
  public byte @Nullable [] copyValue() {
    return valueBytes < 0 ? null : copy(valuePosition, valueBytes);
  }

  private byte[] copy(int position, int sizeBytes) {
    return Arrays.copyOfRange(array, position, position + sizeBytes);
  }

  /** Returns how many headers there are. */
  public int headerCount() {
    return headerCount;
  }

  /**
   * Decodes the headers, in their order. The list and the headers are copies that stay valid.
   *
   * <p>Bytes of a key that are no UTF-8 become replacement characters, as in Kafka.
   */
  public List<Header> headers() {
    if (headerCount == 0) {
      return List.of();
    }
    List<Header> headers = new ArrayList<>(headerCount);
    VarintInput input = new VarintInput();
    input.wrap(array, headersPosition);
    for (int i = 0; i < headerCount; i++) {
      byte[] key = copyField(input, input.readInt());
      int valueLength = input.readInt();
      byte[] value = valueLength < 0 ? null : copyField(input, valueLength);
      headers.add(new Header(new String(key, StandardCharsets.UTF_8), value));
    }
    return List.copyOf(headers);
  }

  private byte[] copyField(VarintInput input, int sizeBytes) {
    byte[] field = copy(input.position, sizeBytes);
    input.position += sizeBytes;
    return field;
  }

  @Override
  public String toString() {
    return "Record[offset "
        + offset
        + ", timestamp "
        + timestamp
        + ", key "
        + (hasKey() ? keyBytes + " bytes" : "none")
        + ", value "
        + (hasValue() ? valueBytes + " bytes" : "none")
        + ", "
        + headerCount
        + " headers]";
  }
}
