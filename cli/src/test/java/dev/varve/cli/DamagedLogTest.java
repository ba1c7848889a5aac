package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verify and cat say of a log of several segments whose first one is damaged. */
class DamagedLogTest {
  private static final int RECORDS = 20;

  @TempDir Path parent;

  private Path directory = Path.of("");
  private Path log = Path.of("");
  private int batchBytes;
  private int inFirst;

  @BeforeEach
  void writeLog() throws IOException {
    directory = parent.resolve("log-0");
    LogOptions options = LogOptions.builder().segmentBytesMax(600).indexIntervalBytes(100).build();
    try (CommitLog open = CommitLog.open(directory, options)) {
      for (int i = 0; i < RECORDS; i++) {
        open.append(null, ("value " + (10 + i)).getBytes(UTF_8)); // all of the same size
      }
      inFirst = (int) open.segments().getFirst().endOffset();
    }
    log = directory.resolve("00000000000000000000.log");
    batchBytes = (int) Files.size(log) / inFirst;
  }

  private void flip(int position) throws IOException {
    byte[] bytes = Files.readAllBytes(log);
    bytes[position] ^= 0x10;
    Files.write(log, bytes);
  }

  private String valuesBut(int from, int to) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < RECORDS; i++) {
      if (i < from || i >= to) {
        lines.append("value ").append(10 + i).append('\n');
      }
    }
    return lines.toString();
  }

  private void assertNamed(int from, int to, String bytesWithOffsets) {
    CommandLineRun verify = CommandLineRun.of("verify", directory.toString());
    assertThat(verify.exitCode()).isEqualTo(1);
    assertThat(verify.out())
        .contains("damage: " + log + " at position " + from * batchBytes + ": found ")
        .contains("; " + bytesWithOffsets + " are damaged\n");

    CommandLineRun cat = CommandLineRun.of("cat", directory.toString(), "--skip-damage");
    assertThat(cat.exitCode()).isEqualTo(1);
    assertThat(cat.out()).isEqualTo(valuesBut(from, to));
    assertThat(cat.err())
        .startsWith("varve: skipped: " + log + " at position " + from * batchBytes + ": found ")
        .endsWith("; " + bytesWithOffsets + " are damaged\n")
        .hasLineCount(1);

    CommandLineRun stopping = CommandLineRun.of("cat", directory.toString());
    assertThat(stopping.exitCode()).isEqualTo(1);
    assertThat(stopping.out()).isEqualTo(valuesBut(from, RECORDS));
    assertThat(stopping.err()).endsWith(bytesWithOffsets + " are damaged\n").hasLineCount(1);
  }

  @Test
  void aDamagedBatchInTheMiddle() throws IOException {
    flip(2 * batchBytes + 65);
    assertNamed(2, 3, batchBytes + " bytes with offsets 2 to 2");
  }

  @Test
  void aDamagedLengthWithoutAnIndex() throws IOException {
    flip(2 * batchBytes + 8);
    Files.delete(directory.resolve("00000000000000000000.index"));
    int bytes = (inFirst - 2) * batchBytes;
    assertNamed(2, inFirst, bytes + " bytes with offsets 2 to " + (inFirst - 1));
  }

  @Test
  void aSealedSegmentThatWasCut() throws IOException {
    Files.write(log, Arrays.copyOf(Files.readAllBytes(log), 2 * batchBytes + 10));
    assertNamed(2, inFirst, "10 bytes with offsets 2 to " + (inFirst - 1));
  }

  @Test
  void whereNothingIsDamagedNothingIsSkipped() {
    assertThat(CommandLineRun.of("cat", directory.toString(), "--skip-damage"))
        .isEqualTo(new CommandLineRun(0, valuesBut(0, 0), ""));
  }
}
