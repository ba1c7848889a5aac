package dev.varve.log.record;

import static dev.varve.log.record.EndTransactionMarker.Outcome.ABORT;
import static dev.varve.log.record.EndTransactionMarker.Outcome.COMMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.record.EndTransactionMarker.Outcome;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EndTransactionMarkerTest {

  @Test
  void anAbortMarkerHasTheBytesOfTheFormat() {
    EncodedBatch batch = new EndTransactionMarker(ABORT, 5).encode(1000, 42, (short) 3);
    batch.stamp(9, 1);
    String checksum = HexFormat.of().toHexDigits(batch.batch().checksum());

    assertThat(HexFormat.of().formatHex(RecordBatchProperties.bytesOf(batch)))
        .isEqualTo(
            "0000000000000009"
                + "00000042"
                + "00000001"
                + "02"
                + checksum
                + "0030"
                + "00000000"
                + "00000000000003e8"
                + "00000000000003e8"
                + "000000000000002a"
                + "0003"
                + "ffffffff"
                + "00000001"
                + "20"
                + "00"
                + "00"
                + "00"
                + "08"
                + "00000000"
                + "0c"
                + "000000000005"
                + "00");
  }

  @ParameterizedTest
  @EnumSource
  void kafkaWritesTheSameBytes(Outcome outcome) {
    EncodedBatch ours = new EndTransactionMarker(outcome, 7).encode(123, 42, (short) 3);
    ours.stamp(11, 2);
    ByteBuffer theirs =
        MemoryRecords.withEndTransactionMarker(
                11,
                123,
                2,
                42,
                (short) 3,
                new org.apache.kafka.common.record.internal.EndTransactionMarker(
                    ControlRecordType.valueOf(outcome.name()), 7))
            .buffer();
    assertThat(ByteBuffer.wrap(RecordBatchProperties.bytesOf(ours))).isEqualTo(theirs);
  }

  @ParameterizedTest
  @EnumSource
  void aMarkerIsReadBack(Outcome outcome) {
    EndTransactionMarker marker = new EndTransactionMarker(outcome, 7);
    RecordCursor cursor = new RecordCursor().open(marker.encode(0, 1, (short) 0).batch());
    assertThat(cursor.batch().isControl()).isTrue();
    assertThat(cursor.batch().isTransactional()).isTrue();
    assertThat(cursor.next()).isTrue();
    assertThat(EndTransactionMarker.of(cursor.record())).isEqualTo(marker);
  }

  @Test
  void laterVersionsMayHaveMoreFields() {
    assertThat(EndTransactionMarker.of(record("00010001", "000100000007ffff")))
        .isEqualTo(new EndTransactionMarker(COMMIT, 7));
  }

  @Test
  void otherControlRecordsAreNoMarkers() {
    assertThat(EndTransactionMarker.of(record("00000002", "00"))).isNull();
  }

  @Test
  void cutMarkersAreRefused() {
    assertThatThrownBy(() -> EndTransactionMarker.of(record("000000", "000000000007")))
        .isInstanceOf(InvalidBatchException.class)
        .hasMessageContaining("found control key of 3 bytes at offset 0, expected at least 4");
    assertThatThrownBy(() -> EndTransactionMarker.of(record("00000001", "0000000000")))
        .isInstanceOf(InvalidBatchException.class)
        .hasMessageContaining("found control value of 5 bytes at offset 0, expected at least 6");
    assertThatThrownBy(() -> EndTransactionMarker.of(record("ffff0001", "000000000007")))
        .isInstanceOf(InvalidBatchException.class)
        .hasMessageContaining("found control key of version -1 at offset 0, expected 0 or more");
  }

  private static Record record(String key, String value) {
    RecordCursor cursor =
        new RecordCursor()
            .open(
                RecordBatchBuilder.of(Compression.NONE)
                    .append(0, HexFormat.of().parseHex(key), HexFormat.of().parseHex(value))
                    .build()
                    .batch());
    assertThat(cursor.next()).isTrue();
    return cursor.record();
  }
}
