package dev.varve.jmh.suite;

import dev.varve.jmh.peer.PeerKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.Statistics;

/**
 * What was measured of one workload, peer and choice of parameters.
 *
 * @param row what the figure is of: the peer, or the benchmark where there are none
 * @param limit whether this is no log, but the bare work that logs are compared with
 * @param setting the parameters, but for the peer, by name
 * @param nanos the median time of one operation, in nanoseconds
 * @param bestNanos the shortest
 * @param worstNanos the longest
 * @param percentiles of latencies, in nanoseconds, by name, each the median of the iterations;
 *     empty if there are none
 */
record Measurement(
    Workload workload,
    String row,
    boolean limit,
    SortedMap<String, String> setting,
    double nanos,
    double bestNanos,
    double worstNanos,
    SortedMap<String, Double> percentiles) {

  static List<Measurement> of(Job job, Collection<RunResult> results) {
    List<Measurement> measurements = new ArrayList<>();
    for (RunResult result : results) {
      measurements.add(of(job, result));
    }
    return measurements;
  }

  private static Measurement of(Job job, RunResult result) {
    BenchmarkParams params = result.getParams();
    SortedMap<String, String> setting = new TreeMap<>();
    for (String key : params.getParamsKeys()) {
      if (!key.equals("peer")) {
        setting.put(key, params.getParam(key));
      }
    }
    SortedMap<String, Double> percentiles = new TreeMap<>();
    if (job.workload().isLatency()) {
      result
          .getSecondaryResults()
          // The score adds the iterations up.
          .forEach((name, value) -> percentiles.put(name, value.getStatistics().getPercentile(50)));
    }
    String benchmark = params.getBenchmark();
    String method = benchmark.substring(benchmark.lastIndexOf('.') + 1);
    Statistics times = result.getPrimaryResult().getStatistics();
    double unit = params.getTimeUnit().toNanos(1);
    boolean limit = job.workload().hasPeers() ? job.peer().isLimit() : method.endsWith("Limit");
    return new Measurement(
        job.workload(),
        job.workload().hasPeers() ? job.peer().label() : rowOf(job.workload(), method),
        limit,
        setting,
        times.getPercentile(50) * unit,
        times.getMin() * unit,
        times.getMax() * unit,
        percentiles);
  }

  private static String rowOf(Workload workload, String method) {
    if (workload == Workload.TRANSFER) {
      return method.endsWith("Limit") ? "bare transferTo" : PeerKind.VARVE.label();
    }
    return method;
  }

  boolean isVarve() {
    return row.equals(PeerKind.VARVE.label());
  }

  /** Operations in a second. */
  double perSecond() {
    return TimeUnit.SECONDS.toNanos(1) / nanos;
  }

  /** What is compared: the median time, or the tail where it is a latency. */
  double comparedNanos() {
    return percentiles.getOrDefault("p999", nanos);
  }
}
