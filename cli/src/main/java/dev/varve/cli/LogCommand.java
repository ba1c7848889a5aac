package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.inspect.LogDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all commands have: streams, help, and a way to refuse their arguments. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Varve.Version.class,
    descriptionHeading = "%n",
    parameterListHeading = "%n",
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n")
abstract class LogCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  private @Nullable Streams streams;

  void connect(Streams to) {
    streams = to;
  }

  Streams streams() {
    Streams connected = streams;
    if (connected == null) {
      throw new IllegalStateException("the command was not connected to streams");
    }
    return connected;
  }

  /**
   * For a command that changes a log in one respect: nothing else happens because time has passed
   * while nobody had it open, no transaction ends and no producer is forgotten.
   */
  static LogOptions.Builder optionsOfMaintenance() {
    return LogOptions.builder()
        .ownMaintenanceThreads(false)
        .transactionTimeout(Duration.ZERO)
        .producerExpirationMillis(Long.MAX_VALUE);
  }

  /** The files of a log, for a command that is not to make one where there is none. */
  static LogDirectory filesOfLog(Path directory) throws IOException {
    LogDirectory files = LogDirectory.of(directory);
    if (files.baseOffsets().isEmpty()) {
      throw new LogDirectoryException(directory + ": found no segments, expected a log");
    }
    return files;
  }

  /** Opens a log as the replica that it is, or is not, for one change. */
  static CommitLog openForMaintenance(LogDirectory files) {
    return CommitLog.open(
        files.path(), optionsOfMaintenance().replicated(files.highWatermark() >= 0).build());
  }

  /** The command was called wrongly. */
  ParameterException usage(String message) {
    CommandSpec called = spec;
    if (called == null) {
      throw new IllegalStateException("the command was not made by picocli");
    }
    return new ParameterException(called.commandLine(), message);
  }
}
