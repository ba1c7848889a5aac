package dev.varve.log.producer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.record.EpochEnd;
import dev.varve.log.record.LeaderEpoch;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaderEpochsTest {
  @Test
  void theFileIsTextOfNumbersAndLineFeeds() throws Exception {
    LeaderEpochs epochs = epochs("3:0 5:1200");

    assertThat(epochs.format()).isEqualTo("0\n2\n3 0\n5 1200\n".getBytes(US_ASCII));
    assertThat(LeaderEpochs.NONE.format()).isEqualTo("0\n0\n".getBytes(US_ASCII));
    assertThat(LeaderEpochs.parse(epochs.format())).isEqualTo(epochs);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "before,             epoch, offset, after",
        "'',                     0,      0, 0:0",
        "'',                     7,    100, 7:100",
        "3:0 5:1200 8:2000,      8,   2500, 3:0 5:1200 8:2000",
        "3:0 5:1200 8:2000,      8,   2000, 3:0 5:1200 8:2000",
        "3:0 5:1200 8:2000,      8,   1999, 3:0 5:1200 8:1999",
        "3:0 5:1200 8:2000,      8,   1200, 3:0 8:1200",
        "3:0 5:1200 8:2000,      9,   2500, 3:0 5:1200 8:2000 9:2500",
        "3:0 5:1200 8:2000,      9,   2000, 3:0 5:1200 9:2000",
        "3:0 5:1200 8:2000,      9,   1500, 3:0 5:1200 9:1500",
        "3:0 5:1200 8:2000,      9,      0, 9:0",
        "3:0 5:1200 8:2000,      6,   2500, 3:0 5:1200 6:2500",
        "3:0 5:1200 8:2000,      5,   2500, 3:0 5:2500",
        "3:0 5:1200 8:2000,      0,   2500, 0:2500",
        "3:0 5:1200 8:2000,      4,    600, 3:0 4:600",
      },
      useHeadersInDisplayName = true)
  void assigns(String before, int epoch, long offset, String after) {
    LeaderEpochs epochs = epochs(before);

    LeaderEpochs assigned = epochs.assign(epoch, offset);

    assertThat(text(assigned)).isEqualTo(after);
    if (before.equals(after)) {
      assertThat(assigned).isSameAs(epochs);
    }
    assertThat(text(epochs)).as("the value assigned to").isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "before,             end,  after",
        "'',                   5,  ''",
        "3:0 5:1200 8:2000, 9999,  3:0 5:1200 8:2000",
        "3:0 5:1200 8:2000, 2001,  3:0 5:1200 8:2000",
        "3:0 5:1200 8:2000, 2000,  3:0 5:1200",
        "3:0 5:1200 8:2000, 1201,  3:0 5:1200",
        "3:0 5:1200 8:2000, 1200,  3:0",
        "3:0 5:1200 8:2000,    1,  3:0",
        "3:0 5:1200 8:2000,    0,  ''",
      },
      useHeadersInDisplayName = true)
  void truncatesFromTheEnd(String before, long end, String after) {
    LeaderEpochs epochs = epochs(before);

    LeaderEpochs truncated = epochs.truncateFromEnd(end);

    assertThat(text(truncated)).isEqualTo(after);
    if (before.equals(after)) {
      assertThat(truncated).isSameAs(epochs);
    }
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "before,               start, after",
        "'',                       5, ''",
        "3:100 5:1200 8:2000,      0, 3:100 5:1200 8:2000",
        "3:100 5:1200 8:2000,     99, 3:100 5:1200 8:2000",
        "3:100 5:1200 8:2000,    100, 3:100 5:1200 8:2000",
        "3:100 5:1200 8:2000,    101, 3:101 5:1200 8:2000",
        "3:100 5:1200 8:2000,   1199, 3:1199 5:1200 8:2000",
        "3:100 5:1200 8:2000,   1200, 5:1200 8:2000",
        "3:100 5:1200 8:2000,   1500, 5:1500 8:2000",
        "3:100 5:1200 8:2000,   2000, 8:2000",
        "3:100 5:1200 8:2000,   9000, 8:9000",
      },
      useHeadersInDisplayName = true)
  void truncatesFromTheStart(String before, long start, String after) {
    LeaderEpochs epochs = epochs(before);

    LeaderEpochs truncated = epochs.truncateFromStart(start);

    assertThat(text(truncated)).isEqualTo(after);
    if (before.equals(after)) {
      assertThat(truncated).isSameAs(epochs);
    }
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "epochs,             asked, epoch,  end",
        "'',                     0,    -1,   -1",
        "'',                    -1,    -1,   -1",
        "3:0 5:1200 8:2000,     -1,    -1,   -1",
        "3:0 5:1200 8:2000,      0,     0,    0",
        "3:50 5:1200 8:2000,     2,     2,   50",
        "3:0 5:1200 8:2000,      3,     3, 1200",
        "3:0 5:1200 8:2000,      4,     3, 1200",
        "3:0 5:1200 8:2000,      5,     5, 2000",
        "3:0 5:1200 8:2000,      7,     5, 2000",
        "3:0 5:1200 8:2000,      8,     8, 2600",
        "3:0 5:1200 8:2000,      9,    -1,   -1",
      },
      useHeadersInDisplayName = true)
  void knowsWhereAnEpochEnded(String epochs, int asked, int epoch, long end) {
    assertThat(epochs(epochs).endOffsetFor(asked, 2600)).isEqualTo(new EpochEnd(epoch, end));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                         | ''",
        "0                          | ''",
        "0;                         | ''",
        "0;0;                       | ''",
        "0;1;3 0;                   | 3:0",
        "0;1;3 0                    | 3:0",
        "0;2;3 0;5 1200;            | 3:0 5:1200",
        "0;1;3   0;                 | 3:0",
        "0;1;2147483647 9223372036854775807; | 2147483647:9223372036854775807",
      })
  void readsWhatKafkaReads(String file, String expected) throws Exception {
    assertThat(text(LeaderEpochs.parse(lines(file)))).isEqualTo(expected);
    assertThat(
            text(
                LeaderEpochs.parse(
                    new String(lines(file), UTF_8).replace("\n", "\r\n").getBytes(UTF_8))))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ";                  | line 1: found \"\", expected version 0",
        "1;0;               | line 1: found \"1\", expected version 0",
        "x;0;               | line 1: found \"x\", expected version 0",
        "0;x;               | line 2: found \"x\", expected a number of entries",
        "0;1;               | line 2: found \"1\", expected the number of the lines that follow, 0",
        "0;-1;              | line 2: found \"-1\", expected the number of the lines that follow,"
            + " 0",
        "0;0;3 0;           | line 2: found \"0\", expected the number of the lines that follow, 1",
        "0;2;3 0;           | line 2: found \"2\", expected the number of the lines that follow, 1",
        "0;99999999999;3 0; | line 2: found \"99999999999\", expected the number of the lines that"
            + " follow, 1",
        "0;1;3;             | line 3: found \"3\", expected an epoch and an offset, both 0 or more",
        "0;1;3 0 0;         | line 3: found \"3 0 0\", expected an epoch and an offset, both 0 or"
            + " more",
        "0;1;3 x;           | line 3: found \"3 x\", expected an epoch and an offset, both 0 or"
            + " more",
        "0;1;-1 0;          | line 3: found \"-1 0\", expected an epoch and an offset, both 0 or"
            + " more",
        "0;1;3 -1;          | line 3: found \"3 -1\", expected an epoch and an offset, both 0 or"
            + " more",
        "0;1;2147483648 0;  | line 3: found \"2147483648 0\", expected an epoch and an offset, both"
            + " 0 or more",
        "0;2;3 0;;          | line 4: found \"\", expected an epoch and an offset, both 0 or more",
        "0;2;3 5;3 9;       | line 4: found \"3 9\", expected an epoch above 3 and an offset above"
            + " 5",
        "0;2;3 5;4 5;       | line 4: found \"4 5\", expected an epoch above 3 and an offset above"
            + " 5",
        "0;2;3 5;2 9;       | line 4: found \"2 9\", expected an epoch above 3 and an offset above"
            + " 5",
      })
  void refusesWhatIsNoCheckpoint(String file, String complaint) {
    assertThatThrownBy(() -> LeaderEpochs.parse(lines(file)))
        .isInstanceOf(InvalidStateFileException.class)
        .hasMessage(complaint);
  }

  @Test
  void theFailureStaysShortWhateverTheFileHolds() {
    assertThatThrownBy(() -> LeaderEpochs.parse("x".repeat(100_000).getBytes(US_ASCII)))
        .isInstanceOf(InvalidStateFileException.class)
        .hasMessageContaining("xxx...")
        .satisfies(failure -> assertThat(failure.toString()).hasSizeLessThan(250));
  }

  @ParameterizedTest
  @ValueSource(strings = {"3:5 3:9", "3:5 4:5", "3:5 2:9", "3:5 4:4"})
  void refusesEntriesThatDoNotIncrease(String entries) {
    assertThatThrownBy(() -> epochs(entries)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesNegativeEpochsAndOffsets() {
    assertThatThrownBy(() -> LeaderEpochs.NONE.assign(-1, 0))
        .hasMessage("epoch -1 from offset 0, expected both 0 or more");
    assertThatThrownBy(() -> LeaderEpochs.NONE.assign(0, -1))
        .hasMessage("epoch 0 from offset -1, expected both 0 or more");
  }

  /** In the tables a semicolon ends a line. */
  private static byte[] lines(String file) {
    return file.replace(";", "\n").getBytes(US_ASCII);
  }

  private static LeaderEpochs epochs(String text) {
    List<LeaderEpoch> entries = new ArrayList<>();
    for (String entry : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
      int colon = entry.indexOf(':');
      entries.add(
          new LeaderEpoch(
              Integer.parseInt(entry.substring(0, colon)),
              Long.parseLong(entry.substring(colon + 1))));
    }
    return new LeaderEpochs(entries);
  }

  private static String text(LeaderEpochs epochs) {
    return epochs.entries().stream()
        .map(entry -> entry.epoch() + ":" + entry.startOffset())
        .collect(Collectors.joining(" "));
  }
}
