package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Cuts the power at every operation of many workloads; see {@link Exploration}. */
class CrashExplorationTest {
  private static final int RANDOM_WORKLOADS_MIN = 16;

  @Test
  void everyShortWorkloadKeepsItsPromisesWhereverThePowerIsCut() {
    CrashExplorer explorer = new CrashExplorer(2, 2, Defect.none());
    Exploration.of(CrashExplorationTest.class)
        .all(
            LongStream.range(0, Workloads.allShort().size()),
            seed -> explorer.exploreLastStep(Workloads.of(seed)));
    System.out.println("crash exploration: " + explorer.states() + " states of short workloads");
    assertThat(explorer.states()).isGreaterThan(20_000);
  }

  @Test
  void randomWorkloadsKeepTheirPromisesWhereverThePowerIsCut() {
    CrashExplorer explorer = new CrashExplorer(2, 2, Defect.none());
    String seeds =
        Exploration.of(CrashExplorationTest.class)
            .random(RANDOM_WORKLOADS_MIN, seed -> explorer.explore(Workloads.of(seed)));
    System.out.println(
        "crash exploration: " + explorer.states() + " states of random workloads, seeds " + seeds);
  }

  @Test
  void everyDefectOfTheBankIsCaught() {
    List<Defect> bank =
        Stream.of(Defect.bank(), ForceDefects.bank(), ProducerDefects.bank())
            .flatMap(List::stream)
            .toList();
    NullControl control = new NullControl("power cuts");
    bank.parallelStream()
        .forEach(defect -> {
          CrashExplorer explorer = new CrashExplorer(2, 0, defect);
          control.run(
              defect, Workloads.shortAndSomeLonger(), explorer::exploreLastStep, explorer::states);
        });
    control.print();
    assertThat(bank).hasSizeGreaterThanOrEqualTo(20);
    assertThat(control.missed()).isEmpty();
  }
}
