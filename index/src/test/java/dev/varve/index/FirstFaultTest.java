package dev.varve.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the sanity checks say to files of a segment with the offsets [100, 200) and 9,000 bytes. */
class FirstFaultTest {
  private static final String SOUND = "sound";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                    | sound",
        "00000009 00001068                     | sound",
        "00000009 00001068  0000000f 000020d0  | sound",
        "00000063 00002327                     | sound",
        "00                                    | entry 0: found 1 bytes, expected whole entries of"
            + " 8 bytes",
        "00000009 00001068  0000000f 0000      | entry 1: found 6 bytes, expected whole entries of"
            + " 8 bytes",
        "00000000 00000000                     | entry 0: found zeros, expected the file trimmed to"
            + " its entries",
        "00000009 00001068  00000000 00000000  | entry 1: found zeros, expected the file trimmed to"
            + " its entries",
        "00000009 00001068  00000009 000020d0  | entry 1: found offset 109, expected above 109",
        "00000009 00001068  00000008 000020d0  | entry 1: found offset 108, expected above 109",
        "ffffffff 00001068                     | entry 0: found offset 99, expected above 99",
        "80000000 00001068                     | entry 0: found offset -2147483548, expected above"
            + " 99",
        "00000064 00001068                     | entry 0: found offset 200, expected below the"
            + " segment's end 200",
        "7fffffff 00001068                     | entry 0: found offset 2147483747, expected below"
            + " the segment's end 200",
        "00000009 00000000                     | entry 0: found position 0, expected above 0",
        "00000009 ffffffff                     | entry 0: found position -1, expected above 0",
        "00000009 00001068  0000000f 00001068  | entry 1: found position 4200, expected above 4200",
        "00000009 00001068  0000000f 00001067  | entry 1: found position 4199, expected above 4200",
        "00000009 00002328                     | entry 0: found position 9000, expected below the"
            + " log's size 9000",
      })
  void ofAnOffsetIndex(String bytes, String expected) {
    OffsetIndex index = OffsetIndex.over(HeapMemory.ofHex(bytes), 100);

    assertThat(describe(index.firstFault(200, 9000))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                                     | sound",
        "0000000000000001 00000009                              | sound",
        "0000000000000000 00000000                              | sound",
        "0000000000000000 00000000  0000000000000001 00000000   | sound",
        "7fffffffffffffff 00000063                              | sound",
        "0000000000000001 000000                                | entry 0: found 11 bytes, expected"
            + " whole entries of 12 bytes",
        "0000000000000001 00000009  00                          | entry 1: found 1 bytes, expected"
            + " whole entries of 12 bytes",
        "0000000000000000 00000000  0000000000000000 00000000   | entry 1: found zeros, expected"
            + " the file trimmed to its entries",
        "0000000000000001 00000009  0000000000000000 00000000   | entry 1: found zeros, expected"
            + " the file trimmed to its entries",
        "0000000000000005 00000009  0000000000000005 0000000a   | entry 1: found timestamp 5,"
            + " expected above 5",
        "0000000000000005 00000009  0000000000000004 0000000a   | entry 1: found timestamp 4,"
            + " expected above 5",
        "ffffffffffffffff 00000009                              | entry 0: found timestamp -1,"
            + " expected above -1",
        "8000000000000000 00000009                              | entry 0: found timestamp"
            + " -9223372036854775808, expected above -1",
        "0000000000000005 00000009  0000000000000006 00000008   | entry 1: found offset 108,"
            + " expected at least 109",
        "0000000000000005 ffffffff                              | entry 0: found offset 99,"
            + " expected at least 100",
        "0000000000000005 00000064                              | entry 0: found offset 200,"
            + " expected below the segment's end 200",
      })
  void ofATimeIndex(String bytes, String expected) {
    TimeIndex index = TimeIndex.over(HeapMemory.ofHex(bytes), 100);

    assertThat(describe(index.firstFault(200))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "version, producer, first,   last,  stable | sound",
        "''                                        | sound",
        "0000 07 6e 70 71                          | sound",
        "0000 07 00 64 00                          | sound",
        "0000 07 6e 70 71  0000 08 60 71 72        | sound",
        "0000 07 6e 70 71  0000 08                 | sound",
        "0001 07 6e 70 71                          | entry 0: found version 1, expected version 0",
        "ffff 07 6e 70 71                          | entry 0: found version -1, expected version 0",
        "0000 07 00 00 00                          | entry 0: found marker at offset 0, expected"
            + " above 99",
        "0000 07 60 63 64                          | entry 0: found marker at offset 99, expected"
            + " above 99",
        "0000 07 6e 70 71  0000 08 60 70 71        | entry 1: found marker at offset 112, expected"
            + " above 112",
        "0000 07 6e 70 71  0000 08 60 6f 70        | entry 1: found marker at offset 111, expected"
            + " above 112",
        "0000 07 6e c8 c9                          | entry 0: found marker at offset 200, expected"
            + " below the segment's end 200",
        "0000 07 71 70 71                          | entry 0: found first offset 113, expected from"
            + " 0 to the marker's 112",
        "0000 07 -- 70 71                          | entry 0: found first offset -1, expected from"
            + " 0 to the marker's 112",
        "0000 07 6e 70 72                          | entry 0: found last stable offset 114,"
            + " expected from 0 to the one behind the marker, 113",
        "0000 07 6e 70 --                          | entry 0: found last stable offset -1, expected"
            + " from 0 to the one behind the marker, 113",
      },
      useHeadersInDisplayName = true)
  void ofATransactionIndex(String fields, String expected) {
    TransactionIndex index = TransactionIndex.over(HeapMemory.ofHex(widen(fields)), 100);

    assertThat(describe(index.firstFault(200))).isEqualTo(expected);
  }

  /** Makes an int64 of each field of two digits; {@code --} stands for -1. */
  private static String widen(String fields) {
    return fields
        .replaceAll("(?<= |^)([0-9a-f]{2})(?= |$)", "00000000000000$1")
        .replace("--", "ffffffffffffffff");
  }

  private static String describe(Optional<IndexFault> fault) {
    return fault.map(IndexFault::toString).orElse(SOUND);
  }
}
