package dev.varve.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** The workloads that are explored: all of the short ones, and random ones beyond. */
final class Workloads {
  /** What short workloads are made of. */
  private static final List<Step> STEPS =
      List.of(
          new Step.Append(1),
          new Step.Produce(3),
          new Step.Roll(),
          new Step.Flush(),
          new Step.AwaitDurable(),
          new Step.Maintain(),
          new Step.Tick(),
          new Step.Read(),
          new Step.Trim(50),
          new Step.Retain(),
          new Step.Kill(),
          new Step.Reopen());

  /** What random ones have besides, and more of what makes segments. */
  private static final List<Step> MORE_STEPS =
      List.of(
          new Step.FlushMeanwhile(),
          new Step.Trim(100),
          new Step.Roll(),
          new Step.Append(2),
          new Step.Expire(3000));

  /** What workloads are made of that try retention; each begins with {@link #TO_RETAIN}. */
  private static final List<Step> RETENTION_STEPS =
      List.of(
          new Step.Append(2),
          new Step.Roll(),
          new Step.Maintain(),
          new Step.Tick(),
          new Step.Read(),
          new Step.Expire(0),
          new Step.Expire(2000),
          new Step.Kill(),
          new Step.Reopen());

  /** Three segments, one of which is settled. */
  private static final List<Step> TO_RETAIN =
      List.of(new Step.Roll(), new Step.Roll(), new Step.Maintain(), new Step.Roll());

  /** What short workloads of a replica are made of. */
  private static final List<Step> REPLICA_STEPS =
      List.of(
          new Step.Append(3),
          new Step.Roll(),
          new Step.Lead(),
          new Step.Follow(0),
          new Step.Truncate(0),
          new Step.Truncate(60),
          new Step.Maintain(),
          new Step.Read(),
          new Step.Trim(50),
          new Step.Kill(),
          new Step.StartAnew(0));

  /** What random ones have besides. */
  private static final List<Step> MORE_REPLICA_STEPS =
      List.of(
          new Step.Append(1),
          new Step.Append(2),
          new Step.Roll(),
          new Step.Flush(),
          new Step.Tick(),
          new Step.Follow(3),
          new Step.Truncate(30),
          new Step.Truncate(90),
          new Step.StartAnew(7),
          new Step.Reopen());

  private static final int SHORT_STEPS_MAX = 3;
  private static final int RANDOM_STEPS = 12;
  private static final List<List<Step>> SHORT = upTo(SHORT_STEPS_MAX);

  private Workloads() {}

  /** Every sequence of up to three steps, shorter ones first. */
  static List<List<Step>> allShort() {
    return SHORT;
  }

  /** Every sequence of up to so many steps, shorter ones first. */
  static List<List<Step>> upTo(int steps) {
    return upTo(steps, STEPS);
  }

  /** Every sequence of up to so many steps of a replica, shorter ones first. */
  static List<List<Step>> ofReplica(int steps) {
    return upTo(steps, REPLICA_STEPS);
  }

  /** A random workload of a replica. */
  static List<Step> ofReplica(long seed) {
    return random(seed, REPLICA_STEPS, MORE_REPLICA_STEPS);
  }

  /**
   * A log of three segments, and then every sequence of up to so many steps with one that retains,
   * shorter ones first.
   */
  static List<List<Step>> ofRetention(int steps) {
    return upTo(steps, RETENTION_STEPS).stream()
        .filter(workload -> workload.stream().anyMatch(Step.Expire.class::isInstance))
        .map(workload -> Stream.concat(TO_RETAIN.stream(), workload.stream()).toList())
        .toList();
  }

  private static List<List<Step>> upTo(int steps, List<Step> choices) {
    List<List<Step>> all = new ArrayList<>();
    List<List<Step>> longest = List.of(List.of());
    all.addAll(longest);
    for (int i = 0; i < steps; i++) {
      List<List<Step>> longer = new ArrayList<>();
      for (List<Step> workload : longest) {
        for (Step next : choices) {
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

  /** All short ones, and then every beginning of some random ones. */
  static List<List<Step>> shortAndSomeLonger() {
    List<List<Step>> all = new ArrayList<>(SHORT);
    for (long seed = SHORT.size(); seed < SHORT.size() + 100; seed++) {
      List<Step> longest = of(seed);
      for (int steps = SHORT_STEPS_MAX + 1; steps <= longest.size(); steps++) {
        all.add(longest.subList(0, steps));
      }
    }
    return all;
  }

  /** The workload of a seed: one of the short ones, in their order, or a random one. */
  static List<Step> of(long seed) {
    return seed >= 0 && seed < SHORT.size()
        ? SHORT.get((int) seed)
        : random(seed, STEPS, MORE_STEPS);
  }

  private static List<Step> random(long seed, List<Step> steps, List<Step> moreSteps) {
    Random random = new Random(seed);
    List<Step> choices = new ArrayList<>(steps);
    choices.addAll(moreSteps);
    List<Step> workload = new ArrayList<>();
    for (int i = 0; i < RANDOM_STEPS; i++) {
      workload.add(choices.get(random.nextInt(choices.size())));
    }
    return workload;
  }
}
