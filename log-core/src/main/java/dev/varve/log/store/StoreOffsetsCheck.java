package dev.varve.log.store;

import dev.varve.log.inspect.Finding.Severity;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.store.StoreCheckpoints.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds the files in which a data directory notes offsets of its logs against the logs.
 *
 * <p>Thread safety: for one thread.
 */
final class StoreOffsetsCheck {
  private final StoreListing store;
  private final boolean marked;
  private final Listener listener;
  private final Map<Kind, Map<TopicPartition, OffsetCheckpoint.Entry>> noted =
      new EnumMap<>(Kind.class);

  /** Is told what is wrong. */
  @FunctionalInterface
  interface Listener {
    void found(Severity severity, Path path, String found, String expected);
  }

  private StoreOffsetsCheck(StoreListing store, boolean marked, Listener listener) {
    this.store = store;
    this.marked = marked;
    this.listener = listener;
  }

  /**
   * Reads the files, and tells what can be said without looking at a log.
   *
   * @param marked whether there is the marker of a clean stop, so that a broker relies on them
   */
  static StoreOffsetsCheck read(StoreListing store, boolean marked, Listener listener)
      throws IOException {
    StoreOffsetsCheck check = new StoreOffsetsCheck(store, marked, listener);
    Set<String> present = new HashSet<>();
    store.logs().forEach(log -> present.add(log.directoryName()));
    for (String name : store.others()) {
      DirectoryName.parse(name).ifPresent(other -> present.add(other.topicAndPartition()));
    }
    for (Kind kind : Kind.values()) {
      check.read(kind, present);
    }
    return check;
  }

  private void read(Kind kind, Set<String> present) throws IOException {
    Optional<byte[]> file = StoreFiles.read(store.path(), kind.fileName());
    if (file.isEmpty()) {
      if (!store.logs().isEmpty()) {
        listener.found(
            marked && isNeeded(kind) ? Severity.DAMAGE : Severity.NOTE,
            path(kind),
            "no file",
            marked ? "one beside the marker of a clean stop" : "one, unless no stop was in order");
      }
      return;
    }
    List<OffsetCheckpoint.Entry> entries;
    try {
      entries = OffsetCheckpoint.entries(file.get());
    } catch (InvalidStateFileException e) {
      listener.found(Severity.DAMAGE, path(kind), e.place() + ": " + e.found(), e.expected());
      return;
    }
    Map<TopicPartition, OffsetCheckpoint.Entry> byLog = new HashMap<>();
    for (OffsetCheckpoint.Entry entry : entries) {
      byLog.put(entry.partition(), entry);
      if (!present.contains(entry.partition().directoryName())) {
        tell(marked ? Severity.DAMAGE : Severity.NOTE, kind, entry, "logs that are here only");
      }
    }
    noted.put(kind, byLog);
  }

  /** Without the others a broker finds again what they say. */
  private static boolean isNeeded(Kind kind) {
    return kind == Kind.START_OFFSET || kind == Kind.RECOVERY_POINT;
  }

  /** Holds what is noted of a log against it. */
  void compare(TopicPartition log, LogDirectory directory, long endOffset) {
    for (Kind kind : Kind.values()) {
      OffsetCheckpoint.Entry entry = entry(kind, log);
      if (entry != null && entry.offset() > endOffset) {
        tell(Severity.DAMAGE, kind, entry, "at most the end of the log, " + endOffset);
      }
    }
    if (!marked || directory.state() != LogDirectory.State.CLOSED) {
      return;
    }
    // What Varve has closed says itself where it begins, and a broker does not ask it.
    OffsetCheckpoint.Entry start = entry(Kind.START_OFFSET, log);
    long first = directory.baseOffsets().isEmpty() ? 0 : directory.baseOffsets().getFirst();
    long starts = Math.max(first, start == null ? 0 : start.offset());
    if (noted.containsKey(Kind.START_OFFSET) && starts < directory.startOffset()) {
      String expected = "where the log begins, " + directory.startOffset();
      if (start == null) {
        listener.found(Severity.DAMAGE, path(Kind.START_OFFSET), "no entry of " + log, expected);
      } else {
        tell(Severity.DAMAGE, Kind.START_OFFSET, start, expected);
      }
    }
    if (noted.containsKey(Kind.RECOVERY_POINT)
        && entry(Kind.RECOVERY_POINT, log) == null
        && endOffset > 0) {
      listener.found(
          Severity.NOTE,
          path(Kind.RECOVERY_POINT),
          "no entry of " + log,
          "the end of the log, " + endOffset + ", beside the marker of a clean stop");
    }
  }

  private OffsetCheckpoint.@Nullable Entry entry(Kind kind, TopicPartition log) {
    return noted.getOrDefault(kind, Map.of()).get(log);
  }

  private void tell(Severity severity, Kind kind, OffsetCheckpoint.Entry entry, String expected) {
    listener.found(
        severity,
        path(kind),
        "line " + entry.line() + ": offset " + entry.offset() + " of " + entry.partition(),
        expected);
  }

  private Path path(Kind kind) {
    return store.path().resolve(kind.fileName());
  }
}
