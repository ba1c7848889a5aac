package dev.varve.log.store;

import dev.varve.log.inspect.Finding;
import dev.varve.log.inspect.Finding.Severity;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.inspect.VerifyReport;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.storage.WholeFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Checks what a data directory has beside its logs, and holds it against the logs: {@code
 * meta.properties}, the files with offsets, the marker of a clean stop, topic ids, configurations,
 * and names.
 *
 * {@snippet :
 * StoreVerifier verifier = StoreVerifier.of(store, finding -> print(finding));
 * for (TopicPartition log : store.logs()) {
 *   verifier.compare(log, LogVerifier.verify(store.directory(log), finding -> print(finding)));
 * }
 * StoreVerifyReport report = verifier.end();
 * }
 *
 * <p>Takes no lock and changes nothing. The files are read first and the logs after, so that a
 * store may be open meanwhile: its logs only go on. Without a marker of a clean stop much is lawful
 * that is damage with one, as nobody relies on it.
 *
 * <p>A finding's position is 0; which line or property it is about stands in what was found. Thread
 * safety: for one thread.
 */
public final class StoreVerifier {
  private final StoreListing store;
  private final Consumer<Finding> listener;
  private final StoreOffsetsCheck offsets;
  private final boolean marked;

  /** The first log of each topic that says an id. */
  private final Map<String, TopicId> topicIds = new HashMap<>();

  private long damages;
  private long notes;

  private record TopicId(String id, TopicPartition log) {}

  private StoreVerifier(StoreListing store, Consumer<Finding> listener) throws IOException {
    this.store = store;
    this.listener = listener;
    this.marked = isMarked();
    this.offsets = StoreOffsetsCheck.read(store, marked, this::tell);
  }

  /**
   * Reads the files and looks at all names.
   *
   * @param listener is told of each finding, on the thread of the caller
   * @throws IOException if one of them cannot be read
   */
  public static StoreVerifier of(StoreListing store, Consumer<Finding> listener)
      throws IOException {
    StoreVerifier verifier = new StoreVerifier(store, listener);
    verifier.checkNames();
    verifier.checkMetaProperties();
    verifier.checkConfigurations();
    return verifier;
  }

  /**
   * Holds what is noted of a log against it.
   *
   * @param report what checking the log itself gave
   * @throws IOException if one of its files cannot be read
   */
  public void compare(TopicPartition log, VerifyReport report) throws IOException {
    checkTopicId(log);
    LogDirectory directory = LogDirectory.of(store.directory(log));
    offsets.compare(log, directory, report.endOffset());
    if (isMarked() && marked && directory.state() == LogDirectory.State.OPEN) {
      tell(
          Severity.NOTE,
          marker(),
          "the marker of a clean stop, with which a broker does not scan " + log,
          "none, as that was not closed in order, unless a broker has had it since");
    }
  }

  /** Says how much was wrong. */
  public StoreVerifyReport end() {
    return new StoreVerifyReport(damages, notes);
  }

  private void tell(Severity severity, Path path, String found, String expected) {
    if (severity == Severity.DAMAGE) {
      damages++;
    } else {
      notes++;
    }
    listener.accept(new Finding(severity, path, 0, found, expected));
  }

  private void tell(Path path, List<InvalidStateFileException> faults) {
    faults.forEach(fault ->
        tell(Severity.DAMAGE, path, fault.place() + ": " + fault.found(), fault.expected()));
  }

  private boolean isMarked() {
    return Files.exists(marker());
  }

  private Path marker() {
    return store.path().resolve(StoreCheckpoints.CLEAN_SHUTDOWN_FILE_NAME);
  }

  private void checkNames() throws IOException {
    for (String name : store.going()) {
      tell(
          Severity.NOTE,
          store.path().resolve(name),
          "files of a log that was deleted",
          "none; who opens the directory next deletes them");
    }
    for (String name : store.others()) {
      boolean known = DirectoryName.parse(name).isPresent();
      tell(
          Severity.NOTE,
          store.path().resolve(name),
          known ? "a directory that only a broker knows what to do with" : "a strange directory",
          known
              ? "logs; a store leaves it alone"
              : "logs, such as orders-0; a broker does not start beside it");
    }
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(store.path(), "*" + WholeFile.REPLACEMENT_SUFFIX)) {
      for (Path file : files) {
        tell(Severity.NOTE, file, "a leftover, a replacement that was never put in place", "none");
      }
    }
  }

  private void checkMetaProperties() throws IOException {
    Path path = store.path().resolve(MetaProperties.FILE_NAME);
    Optional<byte[]> file = StoreFiles.read(store.path(), MetaProperties.FILE_NAME);
    if (file.isPresent()) {
      tell(path, MetaProperties.faults(file.get()));
    } else {
      tell(
          marked ? Severity.DAMAGE : Severity.NOTE,
          path,
          "no file",
          "the one by which a broker knows its data directories");
    }
  }

  private void checkConfigurations() throws IOException {
    Optional<byte[]> file = StoreFiles.read(store.path(), TopicConfigs.FILE_NAME);
    if (file.isPresent()) {
      tell(store.path().resolve(TopicConfigs.FILE_NAME), TopicConfigs.faults(file.get()));
    }
  }

  /** One that is malformed is told by whoever checks the log. */
  private void checkTopicId(TopicPartition log) throws IOException {
    Path path = store.directory(log).resolve(PartitionMetadata.FILE_NAME);
    Optional<byte[]> file = StoreFiles.read(store.directory(log), PartitionMetadata.FILE_NAME);
    if (file.isEmpty()) {
      tell(Severity.NOTE, path, "no file", "the id of topic " + log.topic());
      return;
    }
    String id = PartitionMetadata.parse(file.get()).orElse(null);
    if (id == null) {
      return;
    }
    TopicId first = topicIds.computeIfAbsent(log.topic(), _ -> new TopicId(id, log));
    if (!first.id.equals(id)) {
      tell(
          Severity.DAMAGE,
          path,
          "topic id " + id,
          first.id + ", as " + first.log + " has it: a broker takes one of them for a stray");
    }
  }
}
