package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.SystemEpochClock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Cuts the power at every operation of many workloads. How long the random part goes on, and where
 * it begins, can be said from outside; see CONTRIBUTING.
 */
class CrashExplorationTest {
  private static final int RANDOM_STEPS = 12;

  /** Random workloads go on for so many minutes; 0 for only a few of them. */
  private static final long MINUTES = Long.getLong("varve.crash.minutes", 0);

  /** The seed of the first random workload; the others follow. */
  private static final long SEED = Long.getLong("varve.crash.seed", 20_261_122);

  private static final int RANDOM_WORKLOADS_MIN = Integer.getInteger("varve.crash.workloads", 40);

  @Test
  void everyShortWorkloadKeepsItsPromisesWhereverThePowerIsCut() {
    CrashExplorer explorer = new CrashExplorer(1, 1, Defect.none());
    Workloads.upTo(3).forEach(explorer::explore);
    System.out.println("crash exploration: " + explorer.states() + " states of short workloads");
    assertThat(explorer.states()).isGreaterThan(20_000);
  }

  @Test
  void randomWorkloadsKeepTheirPromisesWhereverThePowerIsCut() {
    CrashExplorer explorer = new CrashExplorer(1, 1, Defect.none());
    EpochClock clock = SystemEpochClock.INSTANCE;
    long deadline = clock.time() + Duration.ofMinutes(MINUTES).toMillis();
    long seed = SEED;
    while (seed < SEED + RANDOM_WORKLOADS_MIN || clock.time() < deadline) {
      long current = seed++;
      Throwable violation =
          catchThrowable(() -> explorer.explore(Workloads.random(RANDOM_STEPS, current)));
      assertThat(violation)
          .as("replay: -Dvarve.crash.seed=%d -Dvarve.crash.workloads=1", current)
          .isNull();
    }
    System.out.println(
        "crash exploration: "
            + explorer.states()
            + " states of random workloads, seeds "
            + SEED
            + " to "
            + (seed - 1));
  }

  @Test
  void everyDefectOfTheBankIsCaught() {
    List<String> missed = new ArrayList<>();
    System.out.println("null control: what the log gets wrong, and after how many states it shows");
    for (Defect defect : Defect.bank()) {
      CrashExplorer explorer = new CrashExplorer(2, 0, defect);
      Throwable violation = catchThrowable(() -> Workloads.upTo(3).forEach(explorer::explore));
      System.out.println(row(defect, explorer.states(), violation));
      if (violation == null) {
        missed.add(defect.name());
      }
    }
    assertThat(Defect.bank()).hasSizeGreaterThanOrEqualTo(20);
    assertThat(missed).isEmpty();
  }

  private static String row(Defect defect, long states, @Nullable Throwable violation) {
    String name = defect.name() + " ".repeat(Math.max(1, 52 - defect.name().length()));
    return violation == null ? name + "not caught" : name + "caught after " + states;
  }
}
