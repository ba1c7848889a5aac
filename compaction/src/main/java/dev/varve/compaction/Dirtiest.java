package dev.varve.compaction;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Which of several logs is compacted first. Stateless. */
public final class Dirtiest {
  private static final Comparator<CompactionPlan> BY_RATIO =
      Comparator.comparingDouble(CompactionPlan::dirtyRatio);

  private Dirtiest() {}

  /**
   * As in Kafka, the log with the highest dirty ratio of those that are due, whether by their ratio
   * or because {@code max.compaction.lag.ms} has passed; the first of several that are the same.
   */
  public static Optional<CompactionPlan> among(Collection<CompactionPlan> plans) {
    return plans.stream()
        .filter(CompactionPlan::isDue)
        .reduce((a, b) -> BY_RATIO.compare(a, b) >= 0 ? a : b);
  }
}
