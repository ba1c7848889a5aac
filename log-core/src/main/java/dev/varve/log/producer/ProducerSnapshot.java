package dev.varve.log.producer;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.collections.LongHashSet;

/**
 * The producers of a log as they were before some offset: the content of a {@code .snapshot} file,
 * whose name is that offset.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+
 *  |           version 1           |
 *  +-------------------------------+-------------------------------+
 *  |                             CRC-32C                           |
 *  +---------------------------------------------------------------+
 *  |                       number of producers                     |
 *  +---------------------------------------------------------------+
 *
 *  and for each producer, 46 bytes:
 *
 *  +---------------------------------------------------------------+
 *  |                          producer id                          |
 *  |                                                               |
 *  +-------------------------------+-------------------------------+
 *  |             epoch             |
 *  +-------------------------------+-------------------------------+
 *  |                         last sequence                         |
 *  +---------------------------------------------------------------+
 *  |                          last offset                          |
 *  |                                                               |
 *  +---------------------------------------------------------------+
 *  |            last offset - base offset of that batch            |
 *  +---------------------------------------------------------------+
 *  |                           timestamp                           |
 *  |                                                               |
 *  +---------------------------------------------------------------+
 *  |                       coordinator epoch                       |
 *  +---------------------------------------------------------------+
 *  |          first offset of the open transaction, or -1          |
 *  |                                                               |
 *  +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big-endian, no padding. The checksum covers everything behind it, to the end of the file. The
 * order of the producers means nothing.
 *
 * @param producers one entry for each producer
 */
public record ProducerSnapshot(List<ProducerEntry> producers) {
  private static final ValueLayout.OfShort INT16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong INT64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final short VERSION = 1;

  private static final StructLayout HEADER =
      MemoryLayout.structLayout(
          INT16.withName("version"), INT32.withName("checksum"), INT32.withName("count"));
  private static final int HEADER_BYTES = (int) HEADER.byteSize();
  private static final int VERSION_AT = (int) HEADER.byteOffset(groupElement("version"));
  private static final int CHECKSUM_AT = (int) HEADER.byteOffset(groupElement("checksum"));
  private static final int COUNT_AT = (int) HEADER.byteOffset(groupElement("count"));
  private static final int CHECKSUMMED_AT = COUNT_AT;

  private static final StructLayout ENTRY =
      MemoryLayout.structLayout(
          INT64.withName("producerId"),
          INT16.withName("epoch"),
          INT32.withName("lastSequence"),
          INT64.withName("lastOffset"),
          INT32.withName("offsetDelta"),
          INT64.withName("timestamp"),
          INT32.withName("coordinatorEpoch"),
          INT64.withName("currentTxnFirstOffset"));
  private static final int ENTRY_BYTES = (int) ENTRY.byteSize();
  private static final long PRODUCER_ID_AT = ENTRY.byteOffset(groupElement("producerId"));
  private static final long EPOCH_AT = ENTRY.byteOffset(groupElement("epoch"));
  private static final long LAST_SEQUENCE_AT = ENTRY.byteOffset(groupElement("lastSequence"));
  private static final long LAST_OFFSET_AT = ENTRY.byteOffset(groupElement("lastOffset"));
  private static final long OFFSET_DELTA_AT = ENTRY.byteOffset(groupElement("offsetDelta"));
  private static final long TIMESTAMP_AT = ENTRY.byteOffset(groupElement("timestamp"));
  private static final long COORDINATOR_EPOCH_AT =
      ENTRY.byteOffset(groupElement("coordinatorEpoch"));
  private static final long TXN_FIRST_OFFSET_AT =
      ENTRY.byteOffset(groupElement("currentTxnFirstOffset"));

  static {
    assert HEADER_BYTES == 10 && ENTRY_BYTES == 46 : "the sizes are Kafka's";
  }

  /** Copies the list. */
  public ProducerSnapshot {
    producers = List.copyOf(producers);
  }

  /**
   * Reads a snapshot file.
   *
   * @param file all of its bytes
   * @throws InvalidStateFileException if they are anything but a whole, undamaged snapshot with
   *     every producer once
   */
  public static ProducerSnapshot parse(byte[] file) throws InvalidStateFileException {
    MemorySegment memory = MemorySegment.ofArray(file);
    if (file.length < HEADER_BYTES) {
      throw new InvalidStateFileException(
          "byte " + file.length, "the end of the file", "a header of " + HEADER_BYTES + " bytes");
    }
    short version = memory.get(INT16, VERSION_AT);
    if (version != VERSION) {
      throw new InvalidStateFileException(
          "byte " + VERSION_AT, "version " + version, "version " + VERSION);
    }
    int checksum = memory.get(INT32, CHECKSUM_AT);
    int computed = checksum(file);
    if (checksum != computed) {
      throw new InvalidStateFileException(
          "byte " + CHECKSUM_AT,
          "checksum " + hex(checksum),
          "that of the bytes, " + hex(computed));
    }
    // No memory is taken before the count is known to fit the bytes that are there.
    int count = memory.get(INT32, COUNT_AT);
    if (count < 0 || file.length != HEADER_BYTES + (long) ENTRY_BYTES * count) {
      throw new InvalidStateFileException(
          "byte " + COUNT_AT,
          count + " producers",
          "as many as fill " + (file.length - HEADER_BYTES) + " bytes");
    }
    List<ProducerEntry> producers = new ArrayList<>(count);
    LongHashSet seen = new LongHashSet();
    for (int slot = 0; slot < count; slot++) {
      int at = HEADER_BYTES + slot * ENTRY_BYTES;
      ProducerEntry producer = read(memory.asSlice(at, ENTRY_BYTES));
      if (producer.producerId() < 0 || !seen.add(producer.producerId())) {
        throw new InvalidStateFileException(
            "byte " + at, "producer id " + producer.producerId(), "an id not seen before, from 0");
      }
      producers.add(producer);
    }
    return new ProducerSnapshot(producers);
  }

  /**
   * Reads a snapshot file that is good for an offset.
   *
   * @param file all of its bytes
   * @param offset in the name of the file: all that is in it lies below
   * @throws InvalidStateFileException also if something does not
   */
  public static ProducerSnapshot parse(byte[] file, long offset) throws InvalidStateFileException {
    ProducerSnapshot snapshot = parse(file);
    for (ProducerEntry producer : snapshot.producers()) {
      if (producer.lastOffset() >= offset || producer.currentTxnFirstOffset() >= offset) {
        throw new InvalidStateFileException(
            "producer " + producer.producerId(),
            producer.toString(),
            "offsets below the snapshot's, " + offset);
      }
    }
    return snapshot;
  }

  /** The bytes of the snapshot file: the same bytes for the same state, so by producer id. */
  public byte[] format() {
    byte[] file =
        new byte[Math.addExact(HEADER_BYTES, Math.multiplyExact(ENTRY_BYTES, producers.size()))];
    MemorySegment memory = MemorySegment.ofArray(file);
    memory.set(INT16, VERSION_AT, VERSION);
    memory.set(INT32, COUNT_AT, producers.size());
    long at = HEADER_BYTES;
    for (ProducerEntry producer : sorted()) {
      write(producer, memory.asSlice(at, ENTRY_BYTES));
      at += ENTRY_BYTES;
    }
    memory.set(INT32, CHECKSUM_AT, checksum(file));
    return file;
  }

  private List<ProducerEntry> sorted() {
    List<ProducerEntry> sorted = new ArrayList<>(producers);
    sorted.sort(Comparator.comparingLong(ProducerEntry::producerId));
    return sorted;
  }

  private static ProducerEntry read(MemorySegment entry) {
    return new ProducerEntry(
        entry.get(INT64, PRODUCER_ID_AT),
        entry.get(INT16, EPOCH_AT),
        entry.get(INT32, LAST_SEQUENCE_AT),
        entry.get(INT64, LAST_OFFSET_AT),
        entry.get(INT32, OFFSET_DELTA_AT),
        entry.get(INT64, TIMESTAMP_AT),
        entry.get(INT32, COORDINATOR_EPOCH_AT),
        entry.get(INT64, TXN_FIRST_OFFSET_AT));
  }

  private static void write(ProducerEntry producer, MemorySegment entry) {
    entry.set(INT64, PRODUCER_ID_AT, producer.producerId());
    entry.set(INT16, EPOCH_AT, producer.epoch());
    entry.set(INT32, LAST_SEQUENCE_AT, producer.lastSequence());
    entry.set(INT64, LAST_OFFSET_AT, producer.lastOffset());
    entry.set(INT32, OFFSET_DELTA_AT, producer.offsetDelta());
    entry.set(INT64, TIMESTAMP_AT, producer.timestamp());
    entry.set(INT32, COORDINATOR_EPOCH_AT, producer.coordinatorEpoch());
    entry.set(INT64, TXN_FIRST_OFFSET_AT, producer.currentTxnFirstOffset());
  }

  private static int checksum(byte[] file) {
    CRC32C crc = new CRC32C();
    crc.update(file, CHECKSUMMED_AT, file.length - CHECKSUMMED_AT);
    return (int) crc.getValue();
  }

  private static String hex(int checksum) {
    return HexFormat.of().toHexDigits(checksum);
  }
}
