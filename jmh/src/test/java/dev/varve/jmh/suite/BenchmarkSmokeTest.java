package dev.varve.jmh.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.jmh.peer.PeerKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark runs, with every peer that it is for. The figures mean nothing. */
class BenchmarkSmokeTest {
  private static final int OPERATIONS = 200;

  private static Stream<Workload> workloads() {
    return Arrays.stream(Workload.values());
  }

  @ParameterizedTest
  @MethodSource("workloads")
  void everyPeerOfAWorkloadIsMeasured(Workload workload) throws Exception {
    for (PeerKind peer : PeerKind.values()) {
      if (workload.isFor(peer)) {
        Collection<RunResult> results = new Runner(moment(workload, peer)).run();

        assertThat(results).as("%s, %s", workload, peer).isNotEmpty();
        assertThat(Measurement.of(job(workload, peer), results))
            .allSatisfy(found -> assertThat(found.nanos()).isPositive());
      }
    }
  }

  private static Job job(Workload workload, PeerKind peer) {
    return new Job(workload, peer, moment(workload, peer));
  }

  private static Options moment(Workload workload, PeerKind peer) {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(workload.include())
            .forks(0)
            .warmupIterations(0)
            .measurementIterations(1)
            .operationsPerInvocation(OPERATIONS)
            .param("peer", peer.name())
            .param("valueBytes", "100")
            .param("threads", "2")
            .param("batchRecords", "100")
            .param("logMebibytes", "1")
            .param("producers", "3")
            .param("segments", "3")
            .param("readers", "2")
            .param("keys", "skewed")
            .param("codec", workload.parameters().getOrDefault("codec", List.of("lz4")).getLast())
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    if (workload == Workload.TRANSFER) {
      options.operationsPerInvocation(1);
    }
    return options.build();
  }

  @Test
  void everyBenchmarkBelongsToAWorkload() {
    List<String> homeless = new ArrayList<>();
    for (BenchmarkListEntry entry :
        BenchmarkList.defaultList()
            .getAll(
                OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                List.of())) {
      String name = entry.getUsername();
      if (workloads().noneMatch(workload -> name.matches(workload.include()))) {
        homeless.add(name);
      }
    }
    assertThat(homeless).isEmpty();
  }
}
