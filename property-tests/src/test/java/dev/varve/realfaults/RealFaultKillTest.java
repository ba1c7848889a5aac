package dev.varve.realfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A writing process is killed again and again, always on the same log. After each kill this
 * process, which is another one, finds everything that was acknowledged.
 */
@Timeout(600)
class RealFaultKillTest {
  /** How many processes are killed. */
  private static final int CYCLES = Integer.getInteger("varve.kill.cycles", 8);

  /** Decides what the processes do, and when they are killed. */
  private static final long SEED = Long.getLong("varve.kill.seed", 20_261_125);

  private static final int ANSWERS_MAX = 2000;
  private static final int SPINS_MAX = 200_000;

  @TempDir Path root;

  private final Random random = new Random(SEED);
  private long acknowledgedStart;
  private long acknowledgedEnd;

  @Test
  void whatAKilledWriterHadAcknowledgedIsThere() throws Exception {
    Path directory = root.resolve("log-0");
    long unacknowledged = 0;
    for (int cycle = 0; cycle < CYCLES; cycle++) {
      writeUntilKilled(directory);
      try (CommitLog log = CommitLog.open(directory, WritingProcess.OPTIONS)) {
        String replay = "cycle " + cycle + ", -Dvarve.kill.seed=" + SEED;
        long end = NumberedRecords.readAll(log);
        assertThat(end).as(replay).isGreaterThanOrEqualTo(acknowledgedEnd);
        assertThat(log.offsets().endOffset()).as(replay).isEqualTo(end);
        assertThat(log.offsets().startOffset()).as(replay).isBetween(acknowledgedStart, end);
        unacknowledged += end - acknowledgedEnd;
        acknowledgedEnd = end;
      }
    }
    System.out.println(
        "kill -9: "
            + CYCLES
            + " writers killed, seed "
            + SEED
            + "; "
            + acknowledgedEnd
            + " records, every acknowledged one there, and "
            + unacknowledged
            + " whose answer was lost");
  }

  private void writeUntilKilled(Path directory) throws IOException, InterruptedException {
    String[] arguments = {directory.toString(), Long.toString(random.nextLong())};
    Process writer =
        new ProcessBuilder(TestProcess.java(WritingProcess.class, arguments))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader answers = writer.inputReader()) {
      for (int left = random.nextInt(1, ANSWERS_MAX); left > 0; left--) {
        take(Objects.requireNonNull(answers.readLine(), "the writer died too early"));
      }
      for (int spins = random.nextInt(SPINS_MAX); spins > 0; spins--) {
        Thread.onSpinWait();
      }
      // By its handle, for the process itself would close our end of the pipe too.
      assertThat(writer.toHandle().destroyForcibly()).isTrue();
      takeRest(answers);
      writer.waitFor();
    } finally {
      writer.destroyForcibly();
    }
  }

  /** What was told before the kill is still in the pipe; the last line may be half of one. */
  private void takeRest(BufferedReader answers) throws IOException {
    StringBuilder rest = new StringBuilder();
    for (int read = answers.read(); read >= 0; read = answers.read()) {
      rest.append((char) read);
    }
    rest.substring(0, rest.lastIndexOf("\n") + 1).lines().forEach(this::take);
  }

  private void take(String answer) {
    int space = answer.indexOf(' ');
    long offset = Long.parseLong(answer.substring(space + 1));
    if (answer.startsWith("start")) {
      acknowledgedStart = offset;
    } else {
      acknowledgedEnd = offset;
    }
  }
}
