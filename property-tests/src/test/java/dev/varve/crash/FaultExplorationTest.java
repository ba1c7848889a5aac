package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lets the disk fail in every way at every operation of many workloads. */
@Timeout(3600)
class FaultExplorationTest {
  private static final int STEPS = 2;
  private static final int RANDOM_WORKLOADS_MIN = 8;

  @Test
  void everyShortWorkloadAnswersEveryFaultAsDocumentedAndLosesNothing() {
    FaultExplorer explorer = new FaultExplorer(Defect.none());
    Exploration.of(FaultExplorationTest.class)
        .all(
            LongStream.range(0, Workloads.upTo(STEPS).size()),
            seed -> explorer.explore(Workloads.of(seed)));
    System.out.println("fault exploration: " + explorer.runs() + " faults in short workloads");
  }

  @Test
  void randomWorkloadsAnswerEveryFaultAsDocumentedAndLoseNothing() {
    FaultExplorer explorer = new FaultExplorer(Defect.none());
    String seeds =
        Exploration.of(FaultExplorationTest.class)
            .random(RANDOM_WORKLOADS_MIN, seed -> explorer.explore(Workloads.of(seed)));
    System.out.println(
        "fault exploration: " + explorer.runs() + " faults in random workloads, seeds " + seeds);
  }

  @Test
  void everyDefectOfTheBankIsCaught() {
    List<Defect> bank = FaultDefects.bank();
    NullControl control = new NullControl("faults");
    bank.parallelStream()
        .forEach(defect -> {
          FaultExplorer explorer = new FaultExplorer(defect);
          control.run(defect, Workloads.upTo(STEPS), explorer::explore, explorer::runs);
        });
    control.print();
    assertThat(control.missed()).isEmpty();
  }
}
