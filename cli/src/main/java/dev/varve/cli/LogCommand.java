package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.store.LogStore;
import dev.varve.log.store.LogStoreListener;
import dev.varve.log.store.LogStoreOptions;
import dev.varve.log.store.StoreFinding;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
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
  private static LogOptions.Builder forMaintenance(LogOptions.Builder builder) {
    return builder.transactionTimeout(Duration.ZERO).producerExpirationMillis(Long.MAX_VALUE);
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
    return openForMaintenance(files, Map.of());
  }

  /** The same with settings by Kafka's names. */
  static CommitLog openForMaintenance(LogDirectory files, Map<String, String> settings) {
    LogOptions.Builder options = LogOptions.builder().topicConfig(settings);
    return CommitLog.open(
        files.path(),
        forMaintenance(options)
            .ownMaintenanceThreads(false)
            .replicated(files.highWatermark() >= 0)
            .build());
  }

  /**
   * Opens all logs of a data directory, each as the replica that it is, or is not, for one change.
   * Whoever closes the store closes what does its background work, too, which is nothing by itself.
   */
  LogStore openForMaintenance(StoreListing store, Maintenance maintenance) throws IOException {
    Set<TopicPartition> replicated = new HashSet<>();
    for (TopicPartition log : store.logs()) {
      try {
        if (LogDirectory.of(store.directory(log)).highWatermark() >= 0) {
          replicated.add(log);
        }
      } catch (LogDirectoryException e) {
        // it has no files, and so no replicas; whether it can be opened the store says
      }
    }
    return LogStore.open(
        store.path(),
        LogStoreOptions.builder()
            .logs((log, builder) -> forMaintenance(builder).replicated(replicated.contains(log)))
            .maintenance(maintenance)
            .listener(new FindingsToWarnOf(streams()))
            .build());
  }

  /** What a store has mended, but for directories that it has left alone or will deal with. */
  private record FindingsToWarnOf(Streams streams) implements LogStoreListener {
    @Override
    public void found(StoreFinding finding) {
      switch (finding.kind()) {
        case UNKNOWN_DIRECTORY, BROKERS_DIRECTORY, UNFINISHED_DELETION -> {}
        case DAMAGED_FILE, MISSING_FILE, NO_ROOM, UNKNOWN_LOG, INVALID_CONFIGURATION ->
            streams.warn(finding.toString());
      }
    }
  }

  /** Prints at once, so that nothing is done before it is said. */
  void print(String text) {
    ByteSink sink = streams().sink();
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    sink.write(utf8, 0, utf8.length);
    sink.flush();
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
