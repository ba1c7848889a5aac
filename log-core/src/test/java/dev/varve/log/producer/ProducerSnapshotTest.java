package dev.varve.log.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProducerSnapshotTest {
  private static final String EMPTY = "0001 48674bc7 00000000";

  private static final ProducerEntry PRODUCER =
      new ProducerEntry(0x0102, (short) 3, 4, 0x0506, 7, 0x0809, 10, -1);

  private static final String PRODUCER_BYTES =
      "0000000000000102 0003 00000004 0000000000000506 00000007 0000000000000809 0000000a"
          + " ffffffffffffffff";

  @Test
  void withoutProducersItIsTenBytes() throws Exception {
    assertThat(new ProducerSnapshot(List.of()).format()).isEqualTo(bytes(EMPTY));
    assertThat(ProducerSnapshot.parse(bytes(EMPTY)).producers()).isEmpty();
  }

  @Test
  void aProducerIsFortySixBytesBigEndian() throws Exception {
    byte[] file = new ProducerSnapshot(List.of(PRODUCER)).format();

    assertThat(file).isEqualTo(withChecksum("0001 00000000 00000001" + PRODUCER_BYTES));
    assertThat(ProducerSnapshot.parse(file).producers()).containsExactly(PRODUCER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                       | byte 0: found the end of the file, expected a header of 10"
            + " bytes",
        "0001 48674bc7 000000     | byte 9: found the end of the file, expected a header of 10"
            + " bytes",
        "0000 48674bc7 00000000   | byte 0: found version 0, expected version 1",
        "0002 48674bc7 00000000   | byte 0: found version 2, expected version 1",
        "ffff 48674bc7 00000000   | byte 0: found version -1, expected version 1",
        "0001 48674bc6 00000000   | byte 2: found checksum 48674bc6, expected that of the bytes,"
            + " 48674bc7",
        "0001 00000000 00000000   | byte 2: found checksum 00000000, expected that of the bytes,"
            + " 48674bc7",
        "0000 00000000 00000000   | byte 0: found version 0, expected version 1",
      })
  void refusesADamagedHeader(String file, String complaint) {
    assertThatThrownBy(() -> ProducerSnapshot.parse(bytes(file)))
        .isInstanceOf(InvalidStateFileException.class)
        .hasMessage(complaint);
  }

  /** The checksum is right, so whoever wrote these meant them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "00000001          | byte 6: found 1 producers, expected as many as fill 0 bytes",
        "ffffffff          | byte 6: found -1 producers, expected as many as fill 0 bytes",
        "7fffffff          | byte 6: found 2147483647 producers, expected as many as fill 0 bytes",
        "00000000 00       | byte 6: found 0 producers, expected as many as fill 1 bytes",
        "00000000 P        | byte 6: found 0 producers, expected as many as fill 46 bytes",
        "00000001 P 00     | byte 6: found 1 producers, expected as many as fill 47 bytes",
        "00000002 P        | byte 6: found 2 producers, expected as many as fill 46 bytes",
        "00000002 P P      | byte 56: found producer id 258, expected an id not seen before, from"
            + " 0",
        "00000001 N        | byte 10: found producer id -1, expected an id not seen before, from 0",
      })
  void refusesCountsAndProducersThatCannotBe(String body, String complaint) {
    String nobody = PRODUCER_BYTES.replace("0000000000000102", "ffffffffffffffff");
    byte[] file =
        withChecksum("0001 00000000" + body.replace("P", PRODUCER_BYTES).replace("N", nobody));

    assertThatThrownBy(() -> ProducerSnapshot.parse(file))
        .isInstanceOf(InvalidStateFileException.class)
        .hasMessage(complaint);
  }

  @Test
  void theFailureHasItsParts() {
    assertThatThrownBy(() -> ProducerSnapshot.parse(bytes("0002 48674bc7 00000000")))
        .isInstanceOfSatisfying(
            InvalidStateFileException.class,
            failure -> {
              assertThat(failure.place()).isEqualTo("byte 0");
              assertThat(failure.found()).isEqualTo("version 2");
              assertThat(failure.expected()).isEqualTo("version 1");
            });
  }

  private static byte[] bytes(String digits) {
    return HexFormat.of().parseHex(digits.replace(" ", ""));
  }

  private static byte[] withChecksum(String digits) {
    byte[] file = bytes(digits);
    CRC32C crc = new CRC32C();
    crc.update(Arrays.copyOfRange(file, 6, file.length));
    byte[] checksum = bytes(HexFormat.of().toHexDigits((int) crc.getValue()));
    System.arraycopy(checksum, 0, file, 2, checksum.length);
    return file;
  }
}
