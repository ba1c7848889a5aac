package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Cuts the power, or lets the disk fail, at every operation of workloads of a replica: leaders
 * begin, batches of others are taken, the log is truncated.
 */
@Timeout(3600)
class ReplicaCrashTest {
  private static final int STEPS = 3;
  private static final int FAULT_STEPS = 2;
  private static final int RANDOM_WORKLOADS_MIN = 6;

  @Test
  void everyShortWorkloadKeepsItsPromisesWhereverThePowerIsCut() {
    CrashExplorer explorer = new CrashExplorer(2, 2, Defect.none());
    List<List<Step>> workloads = Workloads.ofReplica(STEPS);
    LongStream.range(0, workloads.size())
        .parallel()
        .forEach(i -> explorer.exploreLastStep(workloads.get((int) i)));
    System.out.println("crash exploration: " + explorer.states() + " states of a replica");
    assertThat(explorer.states()).isGreaterThan(20_000);
  }

  @Test
  void randomWorkloadsKeepTheirPromisesWhereverThePowerIsCut() {
    CrashExplorer explorer = new CrashExplorer(2, 2, Defect.none());
    String seeds =
        Exploration.of(ReplicaCrashTest.class)
            .random(RANDOM_WORKLOADS_MIN, seed -> explorer.explore(Workloads.ofReplica(seed)));
    System.out.println(
        "crash exploration: " + explorer.states() + " states of a replica, seeds " + seeds);
  }

  @Test
  void everyShortWorkloadAnswersEveryFaultAsDocumentedAndLosesNothing() {
    FaultExplorer explorer = new FaultExplorer(Defect.none());
    List<List<Step>> workloads = Workloads.ofReplica(FAULT_STEPS);
    LongStream.range(0, workloads.size())
        .parallel()
        .forEach(i -> explorer.explore(workloads.get((int) i)));
    System.out.println("fault exploration: " + explorer.runs() + " faults of a replica");
  }

  @Test
  void everyDefectOfTheBankIsCaught() {
    List<Defect> bank = ReplicaDefects.bank();
    List<List<Step>> workloads = new ArrayList<>(Workloads.ofReplica(STEPS));
    for (long seed = 1; seed <= 100; seed++) {
      List<Step> longest = Workloads.ofReplica(seed);
      for (int steps = STEPS + 1; steps <= longest.size(); steps++) {
        workloads.add(longest.subList(0, steps));
      }
    }
    NullControl control = new NullControl("power cuts of a replica");
    bank.parallelStream()
        .forEach(defect -> {
          CrashExplorer explorer = new CrashExplorer(2, 0, defect);
          control.run(defect, workloads, explorer::exploreLastStep, explorer::states);
        });
    control.print();
    assertThat(control.missed()).isEmpty();
  }
}
