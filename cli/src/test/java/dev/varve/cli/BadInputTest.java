package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BadInputTest {
  @TempDir Path parent;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // status | arguments                            | what is said
        "2 | ''                                          | found no command",
        "2 | frobnicate                                  | frobnicate",
        "2 | append                                      | DIR",
        "2 | append LOG --format xml                     | xml",
        "2 | append LOG --compression brotli             | expected none, gzip, snappy, lz4 or"
            + " zstd",
        "2 | append LOG --compression zstd:99            | zstd level 99, expected -131072 to 22",
        "2 | append LOG --batch-records 0                | expected 1 or more",
        "2 | append LOG --set colour=red                 | found topic configuration colour",
        "2 | append LOG --set segment.bytes=12           | expected a number from 1048576",
        "2 | append LOG --set segment.bytes              | NAME=VALUE",
        "2 | cat LOG --from x                            | x",
        "2 | cat LOG --from 1 --since 2                  | mutually exclusive",
        "2 | cat LOG --since yesterday                   | 2020-01-01T00:00:00Z",
        "2 | cat LOG --max -1                            | expected 0 or more",
        "1 | cat LOG --from 3                            | expected an offset from 0 to 2",
        "1 | cat LOG --from -1                           | expected an offset from 0 to 2",
        "1 | cat MISSING                                 | MISSING does not exist",
        "1 | info MISSING                                | MISSING does not exist",
        "1 | dump MISSING                                | MISSING does not exist",
        "1 | verify MISSING                              | MISSING does not exist",
        "1 | append FILE                                 | FILE is a file",
        "1 | cat FILE                                    | FILE is a file",
        "1 | dump FILE                                   | FILE is not named like a file of a log",
        "1 | cat EMPTY                                   | EMPTY holds no log",
        "1 | verify EMPTY                                | EMPTY holds no log",
        "1 | demo LOG                                    | LOG is not empty"
      })
  void isAnsweredInOneLine(int status, String arguments, String said) throws IOException {
    Path log = parent.resolve("log-0");
    CommandLineRun.withInput("a\nb\n", "append", log.toString());
    Files.createDirectories(parent.resolve("empty"));
    Files.writeString(parent.resolve("file"), "no log");

    CommandLineRun run =
        CommandLineRun.of(
            places(arguments).isEmpty() ? new String[0] : places(arguments).split(" +", -1));

    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("varve: ").contains(places(said)).hasLineCount(1);
    assertThat(run.exitCode()).isEqualTo(status);
    assertThat(parent.resolve("missing")).doesNotExist();
  }

  private String places(String text) {
    return text.replace("LOG", parent.resolve("log-0").toString())
        .replace("MISSING", parent.resolve("missing").toString())
        .replace("FILE", parent.resolve("file").toString())
        .replace("EMPTY", parent.resolve("empty").toString());
  }

  @Test
  void damageInALogIsNamedWithPathAndPosition() throws IOException {
    Path log = parent.resolve("log-0");
    CommandLineRun.withInput("a\nb\nc\n", "append", log.toString(), "--batch-records=1");
    Path file = log.resolve("00000000000000000000.log");
    byte[] bytes = Files.readAllBytes(file);
    bytes[69 + 65] ^= 1;
    Files.write(file, bytes);

    CommandLineRun cat = CommandLineRun.of("cat", log.toString());
    assertThat(cat.exitCode()).isEqualTo(1);
    assertThat(cat.out()).isEqualTo("a\n");
    assertThat(cat.err())
        .startsWith("varve: " + file + " at position 69: found bytes with checksum ")
        .hasLineCount(1);

    CommandLineRun verify = CommandLineRun.of("verify", log.toString());
    assertThat(verify.exitCode()).isEqualTo(1);
    assertThat(verify.out()).contains("damage: " + file + " at position 69: found bytes with");
    assertThat(CommandLineRun.of("dump", log.toString()).exitCode()).isEqualTo(1);
  }

  @Test
  void helpIsPrintedForEveryCommand() {
    assertThat(CommandLineRun.of("--help").out())
        .contains("demo", "append", "cat", "info", "dump", "verify", "Exit status", "Examples")
        .doesNotContain("demo-writer");
    for (String command : new String[] {"demo", "append", "cat", "info", "dump", "verify"}) {
      CommandLineRun help = CommandLineRun.of(command, "--help");
      assertThat(help.exitCode()).isZero();
      assertThat(help.out()).contains("Usage: varve " + command, "Examples:");
      assertThat(help.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(97));
    }
    assertThat(CommandLineRun.of("--version").out()).startsWith("varve ");
  }
}
