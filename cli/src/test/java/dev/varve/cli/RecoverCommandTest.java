package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What recover prints, word for word, and its exit status. */
class RecoverCommandTest {
  private static final String LOG = "00000000000000000000.log";

  @TempDir Path parent;

  private Path directory = Path.of("");

  @BeforeEach
  void writeLog() {
    directory = parent.resolve("orders-0");
    try (CommitLog log = CommitLog.open(directory)) {
      log.append(0, "k".getBytes(UTF_8), "v".getBytes(UTF_8));
    }
  }

  private void tearTail() throws IOException {
    Files.write(directory.resolve(LOG), new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
    Files.setLastModifiedTime(directory.resolve(LOG), FileTime.fromMillis(0));
  }

  private CommandLineRun recover(String... more) {
    String[] args = new String[more.length + 2];
    args[0] = "recover";
    args[1] = directory.toString();
    System.arraycopy(more, 0, args, 2, more.length);
    return CommandLineRun.of(args);
  }

  @Test
  void explainsSetsAsideAndClosesInOrder() throws IOException {
    tearTail();
    byte[] before = Files.readAllBytes(directory.resolve(LOG));
    String plan =
        """
        DIR: it was changed since it was closed; 1 segment, 1 scanned (73 B)

        records are damaged or gone, or may be:
          DIR/00000000000000000000.log at position 70: found 3 bytes left, expected a batch of 61 bytes; \
        cuts off 3 bytes from there on, where offset 1 would be

        """
            .replace("DIR", directory.toString());

    CommandLineRun dry = recover("--dry-run");
    assertThat(dry.out()).isEqualTo(plan + "nothing was changed\n");
    assertThat(dry.err()).isEmpty();
    assertThat(dry.exitCode()).isEqualTo(1);
    assertThat(Files.readAllBytes(directory.resolve(LOG))).isEqualTo(before);

    CommandLineRun run = recover();
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out())
        .isEqualTo(
            plan
                + """
                done, and the log is closed in order
                what was taken away is in DIR/set-aside-1: 00000000000000000000.log.from-70, \
                00000000000000000000.timeindex, 00000000000000000001.snapshot, varve.checkpoint
                """
                    .replace("DIR", directory.toString()));
    assertThat(directory.resolve("set-aside-1").resolve(LOG + ".from-70"))
        .hasBinaryContent(new byte[] {1, 2, 3});

    CommandLineRun again = recover();
    assertThat(again.exitCode()).isZero();
    assertThat(again.out())
        .isEqualTo(
            directory
                + ": closed in order; 1 segment, 0 scanned (0 B)\n"
                + "nothing to recover\nnothing was changed\n");
  }

  @Test
  void explainsInJson() throws IOException {
    tearTail();
    CommandLineRun run = recover("--json");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out())
        .isEqualTo(
            """
            {"directory":"DIR","dryRun":false,"closedInOrder":false,\
            "reason":"it was changed since it was closed","segments":1,"scannedSegments":1,\
            "scannedBytes":73,"losses":1,"decisions":[{"kind":"cut_tail","loss":true,\
            "file":"DIR/00000000000000000000.log","position":70,"bytes":3,"firstOffset":1,\
            "endOffset":-1,"found":"3 bytes left","expected":"a batch of 61 bytes",\
            "action":"cuts off 3 bytes from there on, where offset 1 would be"}],"damagedRanges":[]}
            {"done":true,"setAside":"DIR/set-aside-1",\
            "setAsideFiles":["00000000000000000000.log.from-70","00000000000000000000.timeindex",\
            "00000000000000000001.snapshot","varve.checkpoint"]}
            """
                .replace("DIR", directory.toString()));
  }

  @Test
  void keptDamageIsARangeInJson() throws IOException {
    byte[] bytes = Files.readAllBytes(directory.resolve(LOG));
    bytes[bytes.length - 1] ^= 1;
    Files.write(directory.resolve(LOG), bytes);
    Files.setLastModifiedTime(directory.resolve(LOG), FileTime.fromMillis(0));
    CommandLineRun run = recover("--json", "--dry-run");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out())
        .endsWith(
            """
            "damagedRanges":[{"file":"DIR/00000000000000000000.log","position":0,\
            "endPosition":70,"firstOffset":0,"endOffset":1}]}
            """
                .replace("DIR", directory.toString()));
  }

  @Test
  void refusesWhatIsNoLogInOneLine() throws IOException {
    Path empty = Files.createDirectory(parent.resolve("empty"));
    assertRefused(empty, empty + ": found no file of a log, expected at least one segment");
    Path none = parent.resolve("none");
    assertRefused(none, none + ": found no such directory, expected that of a log");
    Path file = Files.createFile(parent.resolve("file"));
    assertRefused(file, file + " is a file; expected a directory");
    try (CommitLog log = CommitLog.open(directory)) {
      assertThat(log.offsets().endOffset()).isEqualTo(1);
      CommandLineRun run = recover();
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains("is open in process").hasLineCount(1);
    }
    assertThat(CommandLineRun.of("recover").exitCode()).isEqualTo(2);
  }

  private static void assertRefused(Path path, String message) {
    CommandLineRun run = CommandLineRun.of("recover", path.toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).isEqualTo("varve: " + message + "\n");
  }
}
