package dev.varve.jmh.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.jmh.peer.PeerKind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * No hot path has fallen far behind its limit. Both are measured in the same run, in turns, and the
 * best of each counts, so that a busy machine does not matter much. Not part of {@code mvn verify}:
 * {@code mvn verify -Pbench-guard} runs it.
 */
class SpeedGuard {
  private static final int TURNS = 2;

  @TempDir Path directory;

  /** The bounds are far below what was measured last: see docs/BENCHMARKS.md. */
  @ParameterizedTest
  @CsvSource({
    "APPEND_RECORD, 0.08",
    "APPEND_BATCH, 0.04",
    "READ, 0.15",
    "POINT_READ, 0.14",
    "APPEND_DURABLE, 0.40",
  })
  void reachesItsPartOfTheLimit(Workload workload, double partOfLimitMin) throws Exception {
    JobRunner runner = new JobRunner(directory.resolve("jmh.txt"), next -> {});
    List<Job> jobs =
        Job.of(List.of(workload), true, directory).stream()
            .filter(job -> job.peer() == PeerKind.VARVE || job.peer() == PeerKind.LIMIT)
            .toList();
    for (int turn = 0; turn < TURNS; turn++) {
      runner.run(jobs);
    }
    double varve = best(runner, PeerKind.VARVE);
    double limit = best(runner, PeerKind.LIMIT);
    assertThat(limit / varve)
        .as(
            "part of the limit that %s reaches (%s against %s)",
            workload, Figures.time(varve), Figures.time(limit))
        .isGreaterThanOrEqualTo(partOfLimitMin);
  }

  private static double best(JobRunner runner, PeerKind peer) {
    return runner.measurements().stream()
        .filter(next -> next.row().equals(peer.label()))
        .mapToDouble(Measurement::bestNanos)
        .min()
        .orElseThrow();
  }
}
