package dev.varve.jmh.suite;

import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.jmh.peer.PeerKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * One workload with one peer: what one call of JMH measures. The flags of a peer go to its
 * processes alone, so each peer is a call of its own.
 */
record Job(Workload workload, PeerKind peer, Options options) {
  /** The same for everybody, and nothing of the process that starts them. */
  static final List<String> JVM_ARGUMENTS = List.of("-Xms1g", "-Xmx1g");

  private static final int QUICK_WARMUP = 5;
  private static final int QUICK_ITERATIONS = 3;

  /** The jobs of a full or a quick run, whose logs lie below a directory. */
  static List<Job> of(Collection<Workload> workloads, boolean quick, Path directory) {
    List<Job> jobs = new ArrayList<>();
    for (Workload workload : workloads) {
      for (PeerKind peer : PeerKind.values()) {
        if (workload.isFor(peer) && (!quick || peer.isInQuickRuns())) {
          jobs.add(new Job(workload, peer, options(workload, peer, quick, directory)));
        }
      }
    }
    return jobs;
  }

  private static Options options(Workload workload, PeerKind peer, boolean quick, Path directory) {
    ChainedOptionsBuilder options = new OptionsBuilder().include(workload.include());
    List<String> append = new ArrayList<>(peer.jvmFlags());
    append.add("-D" + BenchmarkDirectory.PARENT_PROPERTY + "=" + directory);
    options.jvmArgs(JVM_ARGUMENTS.toArray(String[]::new));
    options.jvmArgsAppend(append.toArray(String[]::new));
    if (workload.hasPeers()) {
      options.param("peer", peer.name());
    }
    Workload.Quick part = quick ? workload.quick() : null;
    Map<String, String> narrowed = part == null ? Map.of() : part.parameters();
    narrowed.forEach(options::param);
    for (Map.Entry<String, List<String>> own : workload.parameters().entrySet()) {
      if (!narrowed.containsKey(own.getKey())) { // JMH would add the values up
        param(options, own.getKey(), own.getValue());
      }
    }
    if (part != null) {
      options.forks(1).warmupIterations(QUICK_WARMUP).operationsPerInvocation(part.operations());
      options.measurementIterations(workload.isLatency() ? 1 : QUICK_ITERATIONS);
    }
    return options.build();
  }

  /** The jobs that a command line of JMH asks for. */
  static List<Job> of(Options line) {
    List<Job> jobs = new ArrayList<>();
    for (Workload workload : Workload.values()) {
      List<String> names =
          workload.benchmarkNames().stream().filter(name -> isAskedFor(name, line)).toList();
      if (names.isEmpty()) {
        continue;
      }
      for (PeerKind peer : PeerKind.values()) {
        if (workload.isFor(peer) && isAllowed(line, "peer", peer.name())) {
          addTo(jobs, workload, names, peer, line);
        }
      }
    }
    return jobs;
  }

  private static boolean isAskedFor(String name, Options line) {
    return line.getIncludes().isEmpty()
        || line.getIncludes().stream().anyMatch(part -> Pattern.compile(part).matcher(name).find());
  }

  private static boolean isAllowed(Options line, String parameter, String value) {
    return !line.getParameter(parameter).hasValue()
        || line.getParameter(parameter).get().contains(value);
  }

  private static void addTo(
      List<Job> jobs, Workload workload, List<String> names, PeerKind peer, Options line) {
    ChainedOptionsBuilder options = new OptionsBuilder().parent(line);
    names.forEach(name -> options.include("^" + Pattern.quote(name) + "$"));
    List<String> flags = new ArrayList<>(peer.jvmFlags());
    if (line.getJvmArgsAppend().hasValue()) {
      flags.addAll(line.getJvmArgsAppend().get());
    }
    options.jvmArgsAppend(flags.toArray(String[]::new));
    if (workload.hasPeers()) {
      options.param("peer", peer.name());
    }
    for (Map.Entry<String, List<String>> own : workload.parameters().entrySet()) {
      List<String> values =
          own.getValue().stream().filter(value -> isAllowed(line, own.getKey(), value)).toList();
      if (values.isEmpty()) {
        return;
      }
      param(options, own.getKey(), values);
    }
    jobs.add(new Job(workload, peer, options.build()));
  }

  private static void param(ChainedOptionsBuilder options, String name, List<String> values) {
    options.param(name, values.toArray(String[]::new));
  }

  @Override
  public String toString() {
    return workload.commandName() + (workload.hasPeers() ? ", " + peer.label() : "");
  }

  /** The names of the workloads, for messages. */
  static List<String> names() {
    return Arrays.stream(Workload.values()).map(Workload::commandName).toList();
  }
}
