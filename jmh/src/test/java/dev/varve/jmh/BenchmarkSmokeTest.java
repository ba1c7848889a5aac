package dev.varve.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class BenchmarkSmokeTest {
  private static final List<Class<?>> WORKLOADS =
      List.of(
          AppendRecordBenchmark.class,
          AppendBatchBenchmark.class,
          SequentialReadBenchmark.class,
          PointReadBenchmark.class,
          CodecBenchmark.class);

  @Test
  void everyBenchmarkRunsAndMeasuresSomething() throws RunnerException {
    Options oneMoment =
        new OptionsBuilder()
            .include("dev\\.varve\\.jmh\\..*")
            .forks(0)
            .warmupIterations(0)
            .measurementIterations(1)
            .measurementTime(TimeValue.milliseconds(1))
            .param("batchRecords", "100")
            .param("codec", "lz4")
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build();
    Collection<RunResult> results = new Runner(oneMoment).run();

    Set<String> measured = new TreeSet<>();
    for (RunResult result : results) {
      assertThat(result.getPrimaryResult().getScore()).isPositive();
      measured.add(result.getParams().getBenchmark());
    }
    assertThat(measured).containsExactlyInAnyOrderElementsOf(benchmarks());
  }

  private static List<String> benchmarks() {
    List<String> names = new ArrayList<>();
    for (Class<?> workload : WORKLOADS) {
      for (var method : workload.getMethods()) {
        if (method.isAnnotationPresent(Benchmark.class)) {
          names.add(workload.getName() + "." + method.getName());
        }
      }
    }
    return names;
  }
}
