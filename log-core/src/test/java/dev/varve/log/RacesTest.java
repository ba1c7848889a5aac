package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jcstress.Main;

/**
 * Runs all races of this module, the classes named {@code …Races}, for a short time. jcstress
 * interleaves their actors millions of times, in JVMs of its own, and fails on an outcome that is
 * not listed.
 */
@Timeout(3600)
@EnabledIfSystemProperty(
    named = "varve.races.budget",
    matches = ".+",
    disabledReason = "takes minutes: mvn verify -Pdeep, or -Dvarve.races.budget=1m")
class RacesTest {
  private static final String BUDGET_PROPERTY = "varve.races.budget";

  /** How long about, as jcstress has it: {@code 10s}, {@code 5m}, {@code 1h}. */
  private static final String BUDGET = System.getProperty(BUDGET_PROPERTY, "");

  @TempDir Path results;

  @Test
  void noRaceHasAnOutcomeThatIsNotListed() throws Exception {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "-tb",
            BUDGET,
            // All actors compiled alike, and threads free of cores: a sixth of the JVMs.
            "-sc",
            "false",
            "-af",
            "NONE",
            "-f",
            "1",
            "-fsm",
            "1");
    Process process =
        new ProcessBuilder(command).directory(results.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).containsPattern("[1-9][0-9]* passed, 0 failed, 0 soft errs, 0 hard errs");
  }
}
