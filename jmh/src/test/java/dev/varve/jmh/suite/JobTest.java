package dev.varve.jmh.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.jmh.peer.PeerKind;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.runner.options.CommandLineOptions;

class JobTest {
  @Test
  void aQuickJobMeasuresEachOfItsParametersAtOneValue() {
    List<Workload> quick =
        Arrays.stream(Workload.values()).filter(next -> next.quick() != null).toList();
    for (Job job : Job.of(quick, true, Path.of("logs"))) {
      for (String parameter : List.of("peer", "codec", "valueBytes", "threads", "batchRecords")) {
        var values = job.options().getParameter(parameter);
        assertThat(values.hasValue() ? values.get() : List.of())
            .as(job + ", " + parameter)
            .hasSizeLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void quickRunsHaveOneLimitAndFullRunsAll() {
    assertThat(limits(true)).containsExactly(PeerKind.LIMIT);
    assertThat(limits(false))
        .containsExactly(PeerKind.LIMIT, PeerKind.LIMIT_FRESH, PeerKind.LIMIT_NEW_FILE);
  }

  private static List<PeerKind> limits(boolean quick) {
    return Job.of(List.of(Workload.APPEND_RECORD), quick, Path.of("logs")).stream()
        .map(Job::peer)
        .filter(PeerKind::isLimit)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SegmentGrowthBenchmark.closeAndOpen",
        "TransferBenchmark.transferLimit",
        "ReadBenchmark.read$",
        "LatencyBenchmark.writeToRead"
      })
  void aPatternOfOneBenchmarkGivesThatOneAlone(String pattern) throws Exception {
    List<Job> jobs = Job.of(new CommandLineOptions(pattern));
    assertThat(jobs).isNotEmpty();
    for (Job job : jobs) {
      assertThat(names(job)).allMatch(Pattern.compile(pattern).asPredicate()).hasSize(1);
    }
  }

  private static List<String> names(Job job) {
    return Arrays.stream(Workload.values())
        .flatMap(workload -> workload.benchmarkNames().stream())
        .distinct()
        .filter(name -> job.options().getIncludes().stream().anyMatch(name::matches))
        .toList();
  }
}
