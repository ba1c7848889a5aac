package dev.varve.jmh.suite;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs jobs one after the other, and keeps what JMH says in a file. */
final class JobRunner {
  private final Path jmhOutput;
  private final Consumer<String> progress;
  private final List<Measurement> measurements = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();

  /**
   * Makes a runner.
   *
   * @param jmhOutput where what JMH says is put
   * @param progress is told, in one line, what is measured next
   */
  JobRunner(Path jmhOutput, Consumer<String> progress) {
    this.jmhOutput = jmhOutput;
    this.progress = progress;
  }

  /** Runs jobs. One that fails does not keep the others from being run. */
  void run(List<Job> jobs) throws IOException, RunnerException {
    try (OutputStream file = Files.newOutputStream(jmhOutput);
        PrintStream out = new PrintStream(file, true, StandardCharsets.UTF_8)) {
      int count = 0;
      for (Job job : jobs) {
        count++;
        progress.accept("[" + count + "/" + jobs.size() + "] " + job);
        run(job, out);
      }
    }
  }

  private void run(Job job, PrintStream out) throws RunnerException {
    Collection<RunResult> results;
    try {
      results =
          new Runner(
                  job.options(), OutputFormatFactory.createFormatInstance(out, VerboseMode.NORMAL))
              .run();
    } catch (NoBenchmarksException e) {
      results = List.of();
    }
    if (results.isEmpty()) {
      failures.add(job + ": failed; " + jmhOutput + " says why");
    }
    measurements.addAll(Measurement.of(job, results));
  }

  List<Measurement> measurements() {
    return measurements;
  }

  /** What could not be measured, in words. */
  List<String> failures() {
    return failures;
  }
}
