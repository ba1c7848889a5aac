package dev.varve.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that append, and end before they are done. */
@Timeout(120)
class KilledWriterTest {
  private static final int RECORDS_BEFORE = 5000;
  private static final int STATUS_OF_SIGTERM = 143;

  @TempDir Path parent;

  private String log = "";

  @BeforeEach
  void nameLog() {
    log = parent.resolve("log-0").toString();
  }

  @Test
  void whatAKilledAppendHadWrittenIsThere() throws Exception {
    appendFirstRecord();
    Process append = varve("append", log, "--batch-records=7", "--set=internal.segment.bytes=9999");
    Thread feeder = feed(append);
    List<String> seen = followUntilEnough();
    append.toHandle().destroyForcibly();
    append.waitFor();
    feeder.join();

    assertThat(CommandLineRun.withInput("last\n", "append", log).exitCode()).isZero();

    List<String> kept = CommandLineRun.of("cat", log).out().lines().toList();
    assertThat(kept.subList(0, seen.size())).isEqualTo(seen);
    assertThat(kept.getLast()).isEqualTo("last");
    List<String> numbers = LongStream.range(0, kept.size() - 1L).mapToObj(Long::toString).toList();
    assertThat(kept.subList(0, kept.size() - 1)).isEqualTo(numbers);
    assertThat(CommandLineRun.of("verify", log).out()).contains("no damage, 0 notes");
  }

  @Test
  void anInterruptedAppendLeavesAClosedLog() throws Exception {
    appendFirstRecord();
    Process append = varve("append", log, "--batch-records=1000000");
    BufferedWriter input =
        new BufferedWriter(new OutputStreamWriter(append.getOutputStream(), US_ASCII));
    // More than fits into the pipe, so that the command has read some when this returns.
    for (long line = 1; line < RECORDS_BEFORE * 10L; line++) {
      input.write(line + "\n");
    }
    input.flush();
    append.toHandle().destroy(); // while the command waits for more

    assertThat(append.waitFor()).isEqualTo(STATUS_OF_SIGTERM);
    assertThat(new String(append.getErrorStream().readAllBytes(), US_ASCII))
        .contains("interrupted; appended ");
    assertThat(CommandLineRun.of("info", log, "--json").out()).contains("\"state\":\"closed\"");
    List<String> kept = CommandLineRun.of("cat", log).out().lines().toList();
    assertThat(kept).hasSizeGreaterThan(1);
    assertThat(kept).isEqualTo(LongStream.range(0, kept.size()).mapToObj(Long::toString).toList());
  }

  @Test
  void whatAKilledWriterHadAcknowledgedIsThere() throws Exception {
    Process writer = varve("demo-writer", log);
    long acknowledged = -1;
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(writer.getInputStream(), US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        acknowledged = Long.parseLong(line);
        if (acknowledged >= RECORDS_BEFORE) {
          writer.toHandle().destroyForcibly();
        }
      }
    }
    writer.waitFor();

    String from = Long.toString(acknowledged);
    assertThat(CommandLineRun.of("cat", log, "--from", from, "--max=1").out()).hasLineCount(1);
    assertThat(CommandLineRun.withInput("last\n", "append", log).exitCode()).isZero();
    assertThat(CommandLineRun.of("cat", log, "--from", from, "--max=1").out())
        .contains("\"order\":\"order-");
    assertThat(CommandLineRun.of("verify", log).exitCode()).isZero();
  }

  private void appendFirstRecord() {
    assertThat(CommandLineRun.withInput("0\n", "append", log).exitCode()).isZero();
  }

  private List<String> followUntilEnough() {
    return CommandLineRun.of("cat", log, "--follow", "--max=" + RECORDS_BEFORE)
        .out()
        .lines()
        .toList();
  }

  private static Process varve(String... args) throws IOException {
    List<String> command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Varve.class.getName()),
                Stream.of(args))
            .toList();
    return new ProcessBuilder(command).start();
  }

  /** Writes numbers from 1 on until nobody reads them. */
  private static Thread feed(Process process) {
    return Thread.ofVirtual()
        .start(() -> {
          try (BufferedWriter input =
              new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), US_ASCII))) {
            for (long line = 1; ; line++) {
              input.write(line + "\n");
            }
          } catch (IOException e) {
            // the process is dead, as it should be
          }
        });
  }
}
