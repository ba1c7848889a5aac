package dev.varve.jmh.suite;

import dev.varve.jmh.peer.BenchmarkDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code varve bench}: measures Varve beside its peers and the limits of the machine. */
@Command(
    name = "varve bench",
    description =
        "Measures Varve beside other logs and stores, and beside the limits of the machine.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:fine",
      "1:something could not be measured or written",
      "2:the command was called wrongly"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  varve bench --quick                    the headlines, in less than five minutes",
      "  varve bench --report /tmp/report       everything, as a page and as Markdown",
      "  varve bench --only append-durable      one workload, in full"
    })
public final class BenchCommand implements Callable<Integer> {
  private static final long GIB = 1L << 30;
  private static final long FREE_BYTES_MIN = 8 * GIB;
  private static final long FREE_BYTES_MIN_QUICK = GIB;
  private static final int FAILED = 1;
  private static final int HELP_COLUMNS = 96;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--quick",
      description = "Only the headlines, with fewer repetitions: for a first impression.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description =
          "Only this workload; can be given more than once. One of: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description = "Where to put report.html, report.md and what JMH said.")
  private @Nullable Path reportDirectory;

  @Option(
      names = "--update",
      paramLabel = "FILE",
      description = "A Markdown file whose part between the marks is replaced by the report.")
  private @Nullable Path markdownFile;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Where the logs lie while they are measured (${DEFAULT-VALUE}).")
  private Path directory = BenchmarkDirectory.parent();

  /** The names of the workloads, for the help. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Job.names().iterator();
    }
  }

  /** For picocli. */
  public BenchCommand() {}

  /** Runs the command and ends the process. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(run(args, out, err));
  }

  /** Runs the command on other streams and returns its exit status. */
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    return new CommandLine(new BenchCommand())
        .setOut(out)
        .setErr(err)
        .setUsageHelpWidth(HELP_COLUMNS)
        .setParameterExceptionHandler((e, arguments) -> wrong(e, err))
        .setExecutionExceptionHandler((e, line, result) -> failed(e, err))
        .execute(args);
  }

  private static int wrong(ParameterException e, PrintWriter err) {
    err.println("varve bench: " + e.getMessage() + " (see varve bench --help)");
    return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int failed(Exception e, PrintWriter err) {
    String message =
        switch (e) {
          case FileSystemException file ->
              file.getFile()
                  + ": "
                  + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason());
          case RunnerException jmh -> "JMH cannot run: " + String.valueOf(jmh.getMessage()).strip();
          default -> String.valueOf(e.getMessage());
        };
    err.println("varve bench: " + message);
    return FAILED;
  }

  @Override
  public Integer call() throws Exception {
    List<Workload> workloads = workloads();
    checkSpace();
    Path report = reportDirectory();
    CommandLine line = commandLine();
    JobRunner runner = new JobRunner(report.resolve("jmh.txt"), line.getErr()::println);
    Machine machine = Machine.here(directory, quick);
    try (RunDirectory logs = RunDirectory.below(directory)) {
      runner.run(Job.of(workloads, quick, logs.path()));
    }
    Report found =
        new Report(machine, Comparison.of(runner.measurements()), List.copyOf(runner.failures()));
    TerminalChart chart = new TerminalChart(Ansi.AUTO.enabled());
    line.getOut().println();
    found.comparisons().forEach(next -> line.getOut().println(chart.draw(next)));
    write(found, report);
    found.failures().forEach(line.getErr()::println);
    return found.failures().isEmpty() ? 0 : FAILED;
  }

  private CommandLine commandLine() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec.commandLine();
  }

  private List<Workload> workloads() {
    List<Workload> workloads = new ArrayList<>();
    for (String name : only) {
      workloads.add(
          Arrays.stream(Workload.values())
              .filter(next -> next.commandName().equals(name.toLowerCase(Locale.ROOT)))
              .findFirst()
              .orElseThrow(() ->
                  new ParameterException(
                      commandLine(),
                      "found --only "
                          + name
                          + ", expected one of "
                          + String.join(", ", Job.names()))));
    }
    if (!workloads.isEmpty()) {
      return workloads;
    }
    return Arrays.stream(Workload.values()).filter(next -> !quick || next.quick() != null).toList();
  }

  private void checkSpace() throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + ": found no directory, expected one for the logs");
    }
    long free = Files.getFileStore(directory).getUsableSpace();
    long needed = quick ? FREE_BYTES_MIN_QUICK : FREE_BYTES_MIN;
    if (free < needed) {
      throw new IOException(
          directory
              + ": found "
              + free / GIB
              + " GiB of free space, expected "
              + needed / GIB
              + "; --directory puts the logs elsewhere");
    }
  }

  private Path reportDirectory() throws IOException {
    Path chosen = reportDirectory;
    if (chosen == null) {
      return Files.createTempDirectory("varve-bench-report-");
    }
    return Files.createDirectories(chosen);
  }

  private void write(Report report, Path to) throws IOException {
    Files.writeString(to.resolve("report.md"), "# Varve: benchmarks\n\n" + report.toMarkdown());
    Files.writeString(to.resolve("report.html"), new HtmlReport(report).write());
    commandLine().getOut().println("The report: " + to.resolve("report.html"));
    if (markdownFile != null) {
      report.replaceIn(markdownFile);
    }
  }
}
