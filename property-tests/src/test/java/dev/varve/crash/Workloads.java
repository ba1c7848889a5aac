package dev.varve.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The workloads that are explored: all of the short ones, and random ones beyond. */
final class Workloads {
  private static final List<Step> STEPS =
      List.of(
          new Step.Append(1),
          new Step.Append(3),
          new Step.Roll(),
          new Step.Flush(),
          new Step.Maintain(),
          new Step.Trim(50),
          new Step.Trim(100),
          new Step.Kill(),
          new Step.Reopen());

  private Workloads() {}

  /** Every sequence of up to so many steps, shorter ones first. */
  static List<List<Step>> upTo(int steps) {
    List<List<Step>> all = new ArrayList<>();
    List<List<Step>> longest = List.of(List.of());
    all.addAll(longest);
    for (int i = 0; i < steps; i++) {
      List<List<Step>> longer = new ArrayList<>();
      for (List<Step> workload : longest) {
        for (Step next : STEPS) {
          List<Step> extended = new ArrayList<>(workload);
          extended.add(next);
          longer.add(List.copyOf(extended));
        }
      }
      all.addAll(longer);
      longest = longer;
    }
    return all;
  }

  /** A sequence of so many steps. */
  static List<Step> random(int steps, long seed) {
    Random random = new Random(seed);
    List<Step> workload = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      workload.add(STEPS.get(random.nextInt(STEPS.size())));
    }
    return workload;
  }
}
