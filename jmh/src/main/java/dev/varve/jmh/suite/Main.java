package dev.varve.jmh.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Defaults;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * JMH's own command line, {@code java -jar benchmarks.jar}, but for one thing: each peer runs with
 * the flags that it needs, and only with workloads that it can do.
 */
public final class Main {
  private Main() {}

  /** Takes what JMH takes. */
  public static void main(String[] args) throws Exception {
    CommandLineOptions line = new CommandLineOptions(args);
    if (line.shouldHelp()
        || line.shouldList()
        || line.shouldListWithParams()
        || line.shouldListProfilers()
        || line.shouldListResultFormats()) {
      org.openjdk.jmh.Main.main(args);
      return;
    }
    List<RunResult> results = new ArrayList<>();
    for (Job job : Job.of(line)) {
      results.addAll(new Runner(job.options()).run());
    }
    if (line.getResultFormat().hasValue() || line.getResult().hasValue()) {
      // Every run has written its own results there.
      ResultFormatType format = line.getResultFormat().orElse(Defaults.RESULT_FORMAT);
      String file =
          line.getResult()
              .orElse(Defaults.RESULT_FILE_PREFIX + "." + format.name().toLowerCase(Locale.ROOT));
      ResultFormatFactory.getInstance(format, file).writeOut(results);
    }
    ResultFormatFactory.getInstance(ResultFormatType.TEXT, System.out).writeOut(results);
  }
}
