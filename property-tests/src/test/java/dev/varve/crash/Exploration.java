package dev.varve.crash;

import java.time.Duration;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.SystemEpochClock;

/**
 * What is explored, as it is said from outside by system properties, and on all processors:
 *
 * <ul>
 *   <li>{@code varve.crash.seed}: only the workload of this seed; see {@link Workloads#of}
 *   <li>{@code varve.crash.minutes}: how long random workloads go on, half of it with power cuts
 *       and half with faults; 0 for only a few of them
 *   <li>{@code varve.crash.from}: the seed of the first random workload; the others follow
 * </ul>
 *
 * <p>A violation names its seed, and the command that explores the same workload again.
 */
final class Exploration {
  private static final long MINUTES = Long.getLong("varve.crash.minutes", 0);
  private static final long FIRST_RANDOM_SEED = Long.getLong("varve.crash.from", 20_261_122);
  private static final long SEEDS_AT_ONCE = 8;

  private final String test;

  private Exploration(String test) {
    this.test = test;
  }

  static Exploration of(Class<?> test) {
    return new Exploration(test.getSimpleName());
  }

  /** Explores the workloads of these seeds, or only the one that was asked for. */
  void all(LongStream seeds, LongConsumer explorer) {
    Long only = Long.getLong("varve.crash.seed");
    LongStream asked = only == null ? seeds : LongStream.of(only);
    asked.parallel().forEach(seed -> explore(seed, explorer));
  }

  /**
   * Explores random workloads for as long as is asked for, and so many at least.
   *
   * @return which seeds they had
   */
  String random(int workloadsMin, LongConsumer explorer) {
    Long only = Long.getLong("varve.crash.seed");
    if (only != null) {
      explore(only, explorer);
      return only.toString();
    }
    EpochClock clock = SystemEpochClock.INSTANCE;
    long deadline = clock.time() + Duration.ofMinutes(MINUTES).toMillis() / 2;
    long next = FIRST_RANDOM_SEED;
    while (next < FIRST_RANDOM_SEED + workloadsMin || clock.time() < deadline) {
      all(LongStream.range(next, next + SEEDS_AT_ONCE), explorer);
      next += SEEDS_AT_ONCE;
    }
    return FIRST_RANDOM_SEED + " to " + (next - 1);
  }

  private void explore(long seed, LongConsumer explorer) {
    try {
      explorer.accept(seed);
    } catch (AssertionError e) {
      throw new AssertionError(
          "seed "
              + seed
              + ", replay with: mvn verify -pl property-tests -am \"-Dtest="
              + test
              + "#random*\" -Dsurefire.failIfNoSpecifiedTests=false -Dvarve.crash.seed="
              + seed
              + "\n"
              + e.getMessage(),
          e);
    }
  }
}
