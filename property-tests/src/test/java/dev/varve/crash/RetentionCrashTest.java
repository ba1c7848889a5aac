package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Cuts the power, or lets the disk fail, at every operation of workloads that apply a policy of
 * retention, which gives up some segments, or all of them after a roll.
 */
@Timeout(3600)
class RetentionCrashTest {
  private static final int STEPS = 2;
  private static final int RUNS_MIN = 500;

  @Test
  void everyShortWorkloadKeepsItsPromisesWhereverThePowerIsCut() {
    CrashExplorer explorer = new CrashExplorer(2, 1, Defect.none());
    List<List<Step>> workloads = Workloads.ofRetention(STEPS);
    IntStream.range(0, workloads.size())
        .parallel()
        .forEach(i -> explorer.exploreLastStep(workloads.get(i)));
    System.out.println("crash exploration: " + explorer.states() + " states of retention");
    assertThat(explorer.states()).isGreaterThan(1_000);
  }

  @Test
  void everyShortWorkloadAnswersEveryFaultAsDocumentedAndLosesNothing() {
    FaultExplorer explorer = new FaultExplorer(Defect.none());
    List<List<Step>> workloads = Workloads.ofRetention(1);
    IntStream.range(0, workloads.size())
        .parallel()
        .forEach(i -> explorer.explore(workloads.get(i)));
    System.out.println("fault exploration: " + explorer.runs() + " faults of retention");
    assertThat(explorer.runs()).isGreaterThan(RUNS_MIN);
  }

  @Test
  void defectsOfGivingUpAreCaught() {
    NullControl control = new NullControl("power cuts of retention");
    RetentionDefects.bank().parallelStream()
        .forEach(defect -> {
          CrashExplorer explorer = new CrashExplorer(1, 0, defect);
          control.run(defect, Workloads.ofRetention(STEPS), explorer::explore, explorer::states);
        });
    control.print();
    assertThat(control.missed()).isEmpty();
  }
}
