package dev.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrashTest {
  private static final List<Step> STEPS =
      List.of(
          new Step.Append(1),
          new Step.Append(3),
          new Step.Roll(),
          new Step.Flush(),
          new Step.Maintain(),
          new Step.Trim(50),
          new Step.Trim(100),
          new Step.Reopen());

  @Test
  void everyWorkloadOfUpToThreeStepsSurvivesAPowerCutAtEveryOperation() {
    CrashExplorer explorer = new CrashExplorer(2, 1);
    explorer.explore(List.of());
    for (Step first : STEPS) {
      explorer.explore(List.of(first));
      for (Step second : STEPS) {
        explorer.explore(List.of(first, second));
        for (Step third : STEPS) {
          explorer.explore(new ArrayList<>(List.of(first, second, third)));
        }
      }
    }
    System.out.println("crash states: " + explorer.states());
    assertThat(explorer.states()).isGreaterThan(20_000);
  }
}
