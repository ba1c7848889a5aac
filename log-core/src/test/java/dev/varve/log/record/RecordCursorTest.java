package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.record.BatchFault.Kind;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RecordCursorTest {

  /** The smallest record: six bytes of attributes, deltas, no key, no value, no headers. */
  private static final String SMALLEST = "0c" + "00" + "00" + "00" + "01" + "01" + "00";

  private final RecordCursor cursor = new RecordCursor();

  @Test
  void theSmallestRecordHasNeitherKeyNorValueNorHeaders() {
    cursor.open(batch(1, 0, SMALLEST));
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.record().hasKey()).isFalse();
    assertThat(cursor.record().key()).isNull();
    assertThat(cursor.record().hasValue()).isFalse();
    assertThat(cursor.record().value()).isNull();
    assertThat(cursor.record().headers()).isEmpty();
    assertThat(cursor.record())
        .hasToString("Record[offset 0, timestamp 0, key none, value none, 0 headers]");
    assertThat(cursor.next()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"', // the messages have apostrophes
      value = {
        // count | last | records                    | found, expected
        "0 | 0 | 00                               | 1 bytes behind the last record; none",
        "1 | 0 | 0c00000001010000                 | 1 bytes behind the last record; none",
        "1 | 0 | 0c                               | 0/1 length 6; at most the 0 bytes left",
        "1 | 0 | 0c0000000101                     | 0/1 length 6; at most the 5 bytes left",
        "1 | 0 | feffffff0f | 0/1 length 2147483647; at most the 0 bytes left",
        "1 | 0 | 0d000000010100                   | 0/1 length -7; at most the 6 bytes left",
        "1 | 0 | 0e00000001010000                 | 0/1 fields of 6 bytes; 7 bytes",
        "1 | 0 | 0a000000010100                   | 0/1 fields of 6 bytes; 5 bytes",
        "1 | 0 | 00000000010100                   | 0/1 key behind the record's end; inside",
        "1 | 0 | 0c000000030100                   | 0/1 key length -2; -1 to 2",
        "1 | 0 | 0c000000060100                   | 0/1 key length 3; -1 to 2",
        "1 | 0 | 0c000000010300                   | 0/1 value length -2; -1 to 1",
        "1 | 0 | 0c000000010400                   | 0/1 value length 2; -1 to 1",
        "1 | 0 | 0c000000010101                   | 0/1 header count -1; 0 to 0",
        "1 | 0 | 0c000000010102                   | 0/1 header count 1; 0 to 0",
        "1 | 0 | 100000000101020101               | 0/1 header key length -1; 0 or more",
        "1 | 0 | 100000000101020601               | 0/1 header key length 3; -1 to 1",
        "1 | 0 | 100000000101020003               | 0/1 header value length -2; -1 to 0",
        "1 | 0 | 100000000101020004               | 0/1 header value length 2; -1 to 0",
        "1 | 0 | 100000000101020200 | 0/1 header value behind the record's end; inside",
        "1 | 0 | ffffffffffffffff | 0/1 a number without end; 5 or 10 bytes at most",
        "1 | 0 | 1e00ffffffffffffffffffff00000000 | 0/1 a number without end; 5 or 10 bytes at"
            + " most",
        "1 | 0 | 0c000002010100                   | 0/1 offset delta 1; 0 to 0",
        "1 | 0 | 0c000001010100                   | 0/1 offset delta -1; 0 to 0",
        "2 | 1 | 0c0000000101000c000000010100     | 1/2 offset delta 0; 1 to 1",
        "2 | 1 | 0c000000010100                   | 1/2 length 0; at most the 0 bytes left",
      })
  void recordsThatDoNotComeOutAreRefused(int count, int last, String records, String message) {
    RecordBatch batch = batch(count, last, records);
    assertThatThrownBy(() -> readAll(batch))
        .isInstanceOfSatisfying(
            InvalidBatchException.class,
            thrown -> assertThat(thrown.fault().kind()).isEqualTo(Kind.RECORDS))
        .hasMessage("invalid batch at position 5: found " + spelledOut(message));
    assertThat(cursor.next()).isFalse();
    cursor.open(batch(1, 0, SMALLEST));
    assertThat(cursor.next()).isTrue();
  }

  /** The table says "0/2 length 6; at most 5" for "record 0 of 2: length 6, expected at most 5". */
  private static String spelledOut(String message) {
    return message.replaceFirst("^(\\d)/(\\d) ", "record $1 of $2: ").replace("; ", ", expected ");
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void theRecordsOfABatchCanBeReadAgain(Codec codec) {
    RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.of(codec));
    builder.append(7, new byte[1], new byte[2]).append(5, new byte[3], null);
    cursor.open(builder.build().batch());
    for (int round = 0; round < 3; round++) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.record().offset()).isZero();
      assertThat(cursor.record().timestamp()).isEqualTo(7);
      if (round > 0) { // once from the midst
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.record().offset()).isEqualTo(1);
        assertThat(cursor.record().keyBytes()).isEqualTo(3);
        assertThat(cursor.next()).isFalse();
      }
      cursor.rewind();
    }
    cursor.clear();
    assertThat(cursor.rewind().next()).as("it has left the batch").isFalse();
  }

  @Test
  void aStreamThatInflatesPastTheLimitIsRefused() {
    EncodedBatch bomb =
        RecordBatchBuilder.of(Compression.ZSTD).append(0, null, new byte[1 << 24]).build();
    assertThat(bomb.sizeBytes()).isLessThan(2000);
    assertThatThrownBy(() -> new RecordCursor(1 << 20).open(bomb.batch()))
        .hasMessage(
            "invalid batch at position 0: found zstd stream with records that inflate to more,"
                + " expected at most 1048576 bytes");
  }

  @Test
  void codecsThatDoNotExistAreRefused() {
    RecordBatch batch = batch(1, 0, SMALLEST);
    batch.memory().set(RecordBatchLayout.SHORT, 5 + RecordBatchLayout.ATTRIBUTES, (short) 5);
    assertThatThrownBy(() -> cursor.openUnchecked(batch))
        .hasMessage("invalid batch at position 5: found codec 5, expected 0 to 4");
  }

  @Test
  void aWrongChecksumIsRefusedUnlessNotAskedFor() {
    RecordBatch batch = batch(1, 0, SMALLEST);
    batch.memory().set(RecordBatchLayout.INT, 5 + RecordBatchLayout.CHECKSUM, 1);
    assertThatThrownBy(() -> cursor.open(batch))
        .hasMessageMatching(
            "invalid batch at position 5: found bytes with checksum 0x[0-9a-f]{8},"
                + " expected 0x00000001");
    assertThat(cursor.openUnchecked(batch).next()).isTrue();
  }

  @Test
  void aBatchInAMappedFileIsReadFromACopy(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("batch");
    byte[] value = RecordArbitraries.noise(10_000);
    EncodedBatch batch =
        RecordBatchBuilder.of(Compression.LZ4).append(1, null, value, List.of()).build();
    Files.write(file, RecordBatchProperties.bytesOf(batch));

    try (Arena arena = Arena.ofConfined();
        Storage storage = DirectoryStorage.open(folder);
        StorageFile stored = storage.open("batch")) {
      MemorySegment mapped = stored.map(Access.READ, stored.size(), arena);
      cursor.open(new RecordBatch().wrap(mapped, 0));
    }
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.record().copyValue()).isEqualTo(value);
  }

  private void readAll(RecordBatch batch) {
    cursor.open(batch);
    while (cursor.next()) {
      cursor.record().headers();
    }
  }

  /** Puts records behind a header that is right in all but what the records make wrong. */
  private static RecordBatch batch(int count, int lastOffsetDelta, String recordsHex) {
    byte[] records = HexFormat.of().parseHex(recordsHex);
    int sizeBytes = RecordBatch.HEADER_BYTES + records.length;
    byte[] bytes = new byte[5 + sizeBytes];
    System.arraycopy(records, 0, bytes, 5 + RecordBatch.HEADER_BYTES, records.length);
    MemorySegment memory = MemorySegment.ofArray(bytes);
    memory.set(RecordBatchLayout.INT, 5 + RecordBatchLayout.BATCH_LENGTH, sizeBytes - 12);
    memory.set(ValueLayout.JAVA_BYTE, 5 + RecordBatchLayout.MAGIC, (byte) 2);
    memory.set(RecordBatchLayout.INT, 5 + RecordBatchLayout.LAST_OFFSET_DELTA, lastOffsetDelta);
    memory.set(RecordBatchLayout.INT, 5 + RecordBatchLayout.RECORD_COUNT, count);
    int checksum = new BatchChecksum().compute(ByteBuffer.wrap(bytes), 5, sizeBytes);
    memory.set(RecordBatchLayout.INT, 5 + RecordBatchLayout.CHECKSUM, checksum);
    return new RecordBatch().wrap(memory, 5);
  }
}
