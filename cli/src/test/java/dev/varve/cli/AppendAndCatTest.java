package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AppendAndCatTest {
  @TempDir Path parent;

  private String log = "";

  @BeforeEach
  void nameLog() {
    log = parent.resolve("log-0").toString();
  }

  @ParameterizedTest
  @CsvSource({
    "none,1",
    "none,100",
    "gzip,7",
    "gzip:9,100",
    "snappy,7",
    "lz4,1",
    "lz4:17,100",
    "zstd,7",
    "zstd:1,100"
  })
  void tsvComesOutAsItWentIn(String compression, String batchRecords) {
    String input =
        IntStream.range(0, 2000)
            .mapToObj(i -> 1000 + i + "\tk" + i % 7 + "\tvalue\t" + i + (i % 5 == 0 ? "é" : ""))
            .collect(Collectors.joining("\n", "", "\n-1\t\t\n0\t\tx\r\n7\tk\t\n"));

    CommandLineRun append =
        CommandLineRun.withInput(
            input,
            "append",
            log,
            "--format=tsv",
            "--compression=" + compression,
            "--batch-records=" + batchRecords,
            "--set=internal.segment.bytes=20000");

    assertThat(append.exitCode()).as(append.err()).isZero();
    assertThat(append.err()).startsWith("appended 2,003 records in ").contains("offsets 0 to 2002");
    assertThat(CommandLineRun.of("cat", log, "--format=tsv"))
        .isEqualTo(new CommandLineRun(0, input, ""));
    assertThat(CommandLineRun.of("verify", log).out()).startsWith("sound: ").contains("no damage");
  }

  @Test
  void jsonComesOutAsItWentIn() {
    String input =
        """
        {"offset":0,"timestamp":5,"key":"k","value":"v"}
        {"offset":1,"timestamp":-1,"key":null,"value":null}
        {"offset":2,"timestamp":6,"key":"","value":"a\\n\\"b\\t\\u0000"}
        {"offset":3,"timestamp":7,"keyBase64":"/w==","valueBase64":"/wA="}
        {"offset":4,"timestamp":8,"key":"k","value":"v","headers":[{"key":"h","value":"x"},{"key":"","value":null},{"key":"b","valueBase64":"gA=="}]}
        """;

    CommandLineRun append = CommandLineRun.withInput(input, "append", log, "--format=json");

    assertThat(append.exitCode()).as(append.err()).isZero();
    assertThat(CommandLineRun.of("cat", log, "--format=json"))
        .isEqualTo(new CommandLineRun(0, input, ""));
    assertThat(CommandLineRun.of("cat", log, "--format=hex", "--from=2").out())
        .isEqualTo(
            """
            2\t6\tCreateTime\t\t610a22620900\t-\t-1\t-1\t-1\tfalse\tfalse\t0\tnone
            3\t7\tCreateTime\tff\tff00\t-\t-1\t-1\t-1\tfalse\tfalse\t0\tnone
            4\t8\tCreateTime\t6b\t76\t68=78;=null;62=80\t-1\t-1\t-1\tfalse\tfalse\t0\tnone
            """);
  }

  @Test
  void linesAreValuesWithTheTimeOfNow() {
    long before = System.currentTimeMillis();
    CommandLineRun.withInput("one\n\nthree", "append", log, "--sync");
    long after = System.currentTimeMillis();

    assertThat(CommandLineRun.of("cat", log).out()).isEqualTo("one\n\nthree\n");
    assertThat(CommandLineRun.of("cat", log, "--format=tsv").out().lines())
        .allSatisfy(line ->
            assertThat(Long.parseLong(line.substring(0, line.indexOf('\t'))))
                .isBetween(before, after));
  }

  @Test
  void aSecondAppendGoesOnWhereTheFirstEnded() {
    CommandLineRun.withInput("a\nb\n", "append", log);
    CommandLineRun second = CommandLineRun.withInput("c\n", "append", log);

    assertThat(second.err()).contains("appended 1 record in 1 batch").contains("offsets 2 to 2");
    assertThat(CommandLineRun.of("cat", log).out()).isEqualTo("a\nb\nc\n");
  }

  @Test
  void linesLongerThanTheBufferAreWhole() {
    String longLine = "x".repeat(3 << 20);
    CommandLineRun append =
        CommandLineRun.withInput(
            "a\n" + longLine + "\nb", "append", log, "--set=max.message.bytes=4000000");

    assertThat(append.exitCode()).as(append.err()).isZero();
    assertThat(CommandLineRun.of("cat", log).out()).isEqualTo("a\n" + longLine + "\nb\n");
  }

  @ParameterizedTest
  @CsvSource({
    "--from=3,                    3 4",
    "--from=5,                    ''",
    "--until=2,                   0 1",
    "--from=1 --until=3,          1 2",
    "--max=2,                     0 1",
    "--max=0,                     ''",
    "--since=1300,                3 4",
    "--since=1301,                4",
    "--since=1970-01-01T00:00:01.1Z, 1 2 3 4",
    "--since=1970-01-01T01:00:01.1+01:00, 1 2 3 4",
    "--since=9999,                ''"
  })
  void catBeginsAndEndsWhereItIsTold(String options, String expected) {
    String input =
        IntStream.range(0, 5)
            .mapToObj(i -> (1000 + i * 100) + "\t\t" + i + "\n")
            .collect(Collectors.joining());
    CommandLineRun.withInput(input, "append", log, "--format=tsv", "--batch-records=2");

    String[] args = ("cat " + log + " " + options).split(" ", -1);
    CommandLineRun cat = CommandLineRun.of(args);

    assertThat(cat.exitCode()).isZero();
    assertThat(String.join(" ", cat.out().lines().toList())).isEqualTo(expected);
  }

  @Test
  void linesBeforeAMalformedOneAreKept() {
    CommandLineRun append =
        CommandLineRun.withInput("1\ta\tb\n2\tc\td\n3 e\n", "append", log, "--format=tsv");

    assertThat(append.exitCode()).isEqualTo(1);
    assertThat(append.err())
        .isEqualTo(
            "varve: line 3: found \"3 e\" with no tab, expected timestamp<TAB>key<TAB>value; "
                + "2 records before it are in the log\n");
    assertThat(CommandLineRun.of("cat", log, "--format=tsv").out()).isEqualTo("1\ta\tb\n2\tc\td\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tsv  | 5\\tk             | with one tab",
        "tsv  | \\tk\\tv          | timestamp \"\"",
        "tsv  | 007\\tk\\tv       | timestamp \"007\"",
        "tsv  | -2\\tk\\tv        | timestamp \"-2\"",
        "tsv  | 1e3\\tk\\tv       | timestamp \"1e3\"",
        "tsv  | 99999999999999999999\\tk\\tv | timestamp \"99999999999999999999\"",
        "json | nonsense          | found no JSON",
        "json | {\"timestamp\":1  | found no JSON",
        "json | []                | found [ at column 1, expected an object",
        "json | {\"time\":1}      | found field \"time\"",
        "json | {\"timestamp\":\"x\"} | expected timestamp in milliseconds",
        "json | {\"timestamp\":-5} | found timestamp -5",
        "json | {\"key\":7}       | expected text or null",
        "json | {\"keyBase64\":\"!\"} | found no JSON",
        "json | {\"headers\":[{}]} | found a header without a key",
        "json | {} {}             | expected the end of the line"
      })
  void aMalformedLineIsNamedWithWhatWasExpected(String format, String line, String complaint) {
    CommandLineRun append =
        CommandLineRun.withInput(
            line.replace("\\t", "\t") + "\n", "append", log, "--format=" + format.strip());

    assertThat(append.exitCode()).isEqualTo(1);
    assertThat(append.err())
        .startsWith("varve: line 1: found ")
        .contains(complaint)
        .contains("expected")
        .hasLineCount(1);
  }

  @Test
  void aRecordThatIsTooLargeIsRefusedAndThoseBeforeAreKept() {
    CommandLineRun append =
        CommandLineRun.withInput(
            "a\nb\n" + "x".repeat(2000) + "\n", "append", log, "--set=max.message.bytes=1000");

    assertThat(append.exitCode()).isEqualTo(1);
    assertThat(append.err()).startsWith("varve: line 3: ").contains("1000").hasLineCount(1);
    assertThat(CommandLineRun.of("cat", log).out()).isEqualTo("a\nb\n");
  }

  @Test
  void batchesAreClosedBeforeTheyAreTooLarge() {
    String input = ("x".repeat(300) + "\n").repeat(50);
    CommandLineRun append =
        CommandLineRun.withInput(input, "append", log, "--set=max.message.bytes=1000");

    assertThat(append.exitCode()).as(append.err()).isZero();
    assertThat(append.err()).contains("50 records in 25 batches");
  }

  @Test
  void aSettingWithoutEffectIsSaid() {
    CommandLineRun append =
        CommandLineRun.withInput("a\n", "append", log, "--set", "retention.ms=5");

    assertThat(append.exitCode()).isZero();
    assertThat(append.err()).startsWith("varve: retention.ms has no effect").hasLineCount(2);
  }

  @Test
  void aLogThatIsOpenCanBeReadButNotAppendedTo() throws IOException {
    try (CommitLog open = CommitLog.open(Path.of(log))) {
      open.append(null, "a".getBytes(UTF_8));

      CommandLineRun append = CommandLineRun.withInput("b\n", "append", log);

      assertThat(append.exitCode()).isEqualTo(1);
      assertThat(append.err()).contains("is open in").hasLineCount(1);
      assertThat(CommandLineRun.of("cat", log)).isEqualTo(new CommandLineRun(0, "a\n", ""));
      assertThat(CommandLineRun.of("verify", log).exitCode()).isZero();
    }
  }

  @Test
  void readingChangesNothing() throws IOException {
    CommandLineRun.withInput("a\nb\n", "append", log);
    String before = listing();

    CommandLineRun.of("cat", log);
    CommandLineRun.of("info", log);
    CommandLineRun.of("dump", log);
    CommandLineRun.of("verify", log);

    assertThat(listing()).isEqualTo(before);
  }

  private String listing() throws IOException {
    StringBuilder lines = new StringBuilder();
    try (var files = Files.list(Path.of(log))) {
      for (Path file : files.sorted().toList()) {
        lines.append(file).append(' ').append(Files.size(file)).append(' ');
        lines.append(Files.getLastModifiedTime(file)).append('\n');
      }
    }
    return lines.toString();
  }

  @Test
  void anInputThatFailsIsNamed() {
    InputStream failing =
        new FilterInputStream(InputStream.nullInputStream()) {
          @Override
          public int read(byte[] target, int from, int count) throws IOException {
            throw new IOException("the disk is gone");
          }
        };
    CommandLineRun append = CommandLineRun.withInput(failing, "append", log);

    assertThat(append).isEqualTo(new CommandLineRun(1, "", "varve: the disk is gone\n"));
  }
}
