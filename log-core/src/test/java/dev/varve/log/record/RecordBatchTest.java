package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.BatchFault.Kind;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordBatchTest {

  /** One record, put together by hand from the format's description. */
  private static final String BY_HAND =
      // base offset 7     length 62  epoch 3   v2 checksum attr last
      "0000000000000007"
          + "0000003e"
          + "00000003"
          + "02"
          + "%s"
          + "0000"
          + "00000000"
          // base timestamp 1000, max timestamp 1000
          + "00000000000003e8"
          + "00000000000003e8"
          // no producer: id, epoch, sequence; one record
          + "ffffffffffffffff"
          + "ffff"
          + "ffffffff"
          + "00000001"
          // length 12, attributes, deltas, key "k", value "vw", one header "h" without value
          + "18"
          + "00"
          + "00"
          + "00"
          + "026b"
          + "047677"
          + "02"
          + "0268"
          + "01";

  @Test
  void aBatchPutTogetherByHandIsWhatTheBuilderWrites() {
    EncodedBatch built =
        RecordBatchBuilder.of(Compression.NONE)
            .baseOffset(7)
            .leaderEpoch(3)
            .append(
                1000,
                new byte[] {'k'},
                new byte[] {'v', 'w'},
                java.util.List.of(new Header("h", null)))
            .build();
    String checksum = HexFormat.of().toHexDigits(built.batch().checksum());

    assertThat(HexFormat.of().formatHex(RecordBatchProperties.bytesOf(built)))
        .isEqualTo(BY_HAND.replace("%s", checksum));
  }

  @ParameterizedTest
  @CsvSource({
    //  base,       delta,      expected
    "         0,          0,          0",
    "         5,          3,          8",
    "2147483646,          1, 2147483647",
    "2147483647,          1,          0",
    "2147483647, 2147483647, 2147483646",
    "        -1,          7,         -1",
  })
  void sequencesBeginAgainAtZeroAfterTheLargest(int base, int delta, int expected) {
    assertThat(RecordBatch.sequence(base, delta)).isEqualTo(expected);
  }

  @Test
  void theLastSequenceFollowsFromTheLastOffsetAndNotFromTheCount() {
    RecordBatch batch =
        RecordBatchBuilder.of(Compression.NONE)
            .producer(1, (short) 0, Integer.MAX_VALUE)
            .append(1, new byte[0], null)
            .lastOffsetDelta(9)
            .build()
            .batch();
    assertThat(batch.recordCount()).isEqualTo(1);
    assertThat(batch.lastSequence()).isEqualTo(8);
  }

  @Test
  void zerosAreNoBatchAtAnySize() {
    byte[] zeros = new byte[100];
    assertThat(fault(zeros, 100)).extracting(BatchFault::kind).isEqualTo(Kind.NOTHING_WRITTEN);
    assertThat(fault(zeros, 12)).extracting(BatchFault::kind).isEqualTo(Kind.NOTHING_WRITTEN);
    assertThat(fault(zeros, 11)).extracting(BatchFault::kind).isEqualTo(Kind.INCOMPLETE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        //  at | bytes             | kind       | found
        "    0 | ffffffffffffffff  | HEADER     | base offset -1",
        "    0 | 7fffffff80000000  | HEADER     | base offset 9223372034707292160",
        "    8 | 00000000          | LENGTH     | batch length 0",
        "    8 | ffffffff          | LENGTH     | batch length -1",
        "    8 | 00000030          | LENGTH     | batch length 48",
        "    8 | 00100000          | LENGTH     | batch of 1048588 bytes",
        "    8 | 7fffffff          | LENGTH     | batch of 2147483659 bytes",
        "    8 | 0000fff4          | INCOMPLETE | 74 bytes left",
        "   16 | 01                | MAGIC      | magic 1",
        "   16 | 03                | MAGIC      | magic 3",
        "   23 | ffffffff          | HEADER     | last offset delta -1",
        "   57 | ffffffff          | HEADER     | record count -1",
        "   57 | 00000002          | HEADER     | record count 2",
      })
  void aHeaderThatNoWriterWritesIsAFault(int at, String hex, Kind kind, String found) {
    byte[] bytes = byHand();
    byte[] damage = HexFormat.of().parseHex(hex);
    System.arraycopy(damage, 0, bytes, at, damage.length);

    assertThat(fault(bytes, bytes.length))
        .isEqualTo(new BatchFault(kind, 0, found, expected(kind, found)));
  }

  private static String expected(Kind kind, String found) {
    return switch (kind) {
      case LENGTH -> found.startsWith("batch of") ? "at most 1048576 bytes" : "at least 49";
      case MAGIC -> "magic 2";
      case INCOMPLETE -> "a batch of 65536 bytes";
      default ->
          switch (found.substring(0, 4)) {
            case "base" -> "0 to 9223372034707292159";
            case "last" -> "0 or more";
            default -> "0 to 1";
          };
    };
  }

  @Test
  void aFaultCanBeMovedToItsPlaceInTheFile() {
    BatchFault fault = new BatchFault(Kind.MAGIC, 3, "magic 1", "magic 2");
    assertThat(fault.at(4096)).hasToString("position 4096: found magic 1, expected magic 2");
  }

  private static byte[] byHand() {
    byte[] bytes = HexFormat.of().parseHex(BY_HAND.replace("%s", "00000000"));
    assertThat(bytes).hasSize(74);
    return bytes;
  }

  private static @Nullable BatchFault fault(byte[] bytes, int bytesLeft) {
    return new RecordBatch().wrap(MemorySegment.ofArray(bytes), 0).headerFault(bytesLeft, 1 << 20);
  }
}
