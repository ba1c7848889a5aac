package dev.varve.log.store;

import dev.varve.log.LogOffsets;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The files in which a broker notes offsets of all its logs, and the marker of a clean stop.
 *
 * <p>Varve does not need them: each log has a checkpoint of its own. They are read for what a
 * broker did, and written for the broker that comes next. What they say while a store is open must
 * be true whenever the process may die, and whatever a broker then finds:
 *
 * <pre>
 *                     recovery point          start offset             high watermark
 *   store open        none: scan all of it    the last that is noted   none
 *                                             (a replica's: none)
 *   store closed      the end of the log      the start                the high watermark
 *   log not opened    as it was found         as it was found          as it was found
 * </pre>
 *
 * <p>The start offset and the high watermark of a replica may go back, when it is begun anew; what
 * was noted of them before would then hide records.
 *
 * <p>Thread safety: for one thread at a time.
 */
final class StoreCheckpoints {
  /** Written last at an orderly stop, and deleted first when anybody begins to load logs. */
  static final String CLEAN_SHUTDOWN_FILE_NAME = ".kafka_cleanshutdown";

  /** A broker that has it believes its clean stop only if it knows the epoch of that time. */
  private static final String CLEAN_SHUTDOWN = "{\"version\":0,\"brokerEpoch\":-1}";

  /** The files. */
  enum Kind {
    RECOVERY_POINT("recovery-point-offset-checkpoint"),
    START_OFFSET("log-start-offset-checkpoint"),
    HIGH_WATERMARK("replication-offset-checkpoint"),
    CLEANER_OFFSET("cleaner-offset-checkpoint");

    private final String fileName;

    Kind(String fileName) {
      this.fileName = fileName;
    }

    String fileName() {
      return fileName;
    }
  }

  private final Storage storage;
  private final Map<Kind, NavigableMap<TopicPartition, Long>> offsets = new EnumMap<>(Kind.class);

  /** Whether the files may say what is not so any more: an entry went, or a write failed. */
  private boolean behind;

  private StoreCheckpoints(Storage storage) {
    this.storage = storage;
  }

  /** Reads the files; one that is not what its format says is told, set aside and begun anew. */
  static StoreCheckpoints load(Storage storage, Consumer<StoreFinding> findings)
      throws IOException {
    StoreCheckpoints checkpoints = new StoreCheckpoints(storage);
    for (Kind kind : Kind.values()) {
      checkpoints.offsets.put(kind, checkpoints.load(kind, findings));
    }
    return checkpoints;
  }

  private NavigableMap<TopicPartition, Long> load(Kind kind, Consumer<StoreFinding> findings)
      throws IOException {
    Optional<byte[]> file = StoreFiles.read(storage, kind.fileName());
    if (file.isEmpty()) {
      return new TreeMap<>();
    }
    try {
      return OffsetCheckpoint.parse(file.get());
    } catch (InvalidStateFileException e) {
      String aside = StoreFiles.setAside(storage, kind.fileName());
      findings.accept(
          new StoreFinding(
              StoreFinding.Kind.DAMAGED_FILE,
              storage.directory().resolve(kind.fileName()),
              e.place() + ": " + e.found() + ", expected " + e.expected(),
              "renamed it to " + aside + "; the logs say themselves what it said"));
      return new TreeMap<>();
    }
  }

  /** What a file says of a log; 0 if it says nothing. */
  long offset(Kind kind, TopicPartition partition) {
    return of(kind).getOrDefault(partition, 0L);
  }

  private NavigableMap<TopicPartition, Long> of(Kind kind) {
    return offsets.computeIfAbsent(kind, _ -> new TreeMap<>());
  }

  /** Forgets entries about logs that are not there. */
  void retain(Set<TopicPartition> logs, Consumer<StoreFinding> findings) {
    offsets.forEach((kind, entries) ->
        entries
            .entrySet()
            .removeIf(entry -> {
              boolean unknown = !logs.contains(entry.getKey());
              if (unknown) {
                findings.accept(
                    new StoreFinding(
                        StoreFinding.Kind.UNKNOWN_LOG,
                        storage.directory().resolve(kind.fileName()),
                        "offset "
                            + entry.getValue()
                            + " of "
                            + entry.getKey()
                            + ", which is not here",
                        "left it out"));
              }
              return unknown;
            }));
  }

  /** Forgets what is said of a log. */
  void drop(TopicPartition partition) {
    behind = true;
    offsets.values().forEach(entries -> entries.remove(partition));
  }

  /** Whether the files may still say what was dropped, since no write has succeeded after it. */
  boolean isBehind() {
    return behind;
  }

  /** Writes what is to be found if the process dies from now on. */
  void writeOpen(Collection<StoredLog> logs) throws IOException {
    write(
        logs,
        (log, at) -> {
          TopicPartition partition = log.partition();
          of(Kind.RECOVERY_POINT).remove(partition);
          of(Kind.HIGH_WATERMARK).remove(partition);
          of(Kind.CLEANER_OFFSET).remove(partition);
          set(Kind.START_OFFSET, partition, log.replicated() ? 0 : at.startOffset());
        });
  }

  /**
   * Takes away, durably, what may become untrue while logs are open: for a disk that has no room to
   * replace it. Without it a broker scans more. Where logs begin stays noted: they begin there, or
   * later.
   */
  void withdraw() throws IOException {
    storage.delete(Kind.RECOVERY_POINT.fileName());
    storage.delete(Kind.HIGH_WATERMARK.fileName());
    storage.delete(Kind.CLEANER_OFFSET.fileName());
    storage.forceDirectory();
  }

  /** Writes what is to be found after the logs were closed. */
  void writeClosed(Collection<StoredLog> logs) throws IOException {
    write(
        logs,
        (log, at) -> {
          TopicPartition partition = log.partition();
          set(Kind.RECOVERY_POINT, partition, log.isClosedInOrder() ? at.endOffset() : 0);
          set(Kind.START_OFFSET, partition, at.startOffset());
          of(Kind.HIGH_WATERMARK).put(partition, at.highWatermark());
          if (log.firstDirtyOffset() >= 0) {
            set(Kind.CLEANER_OFFSET, partition, log.firstDirtyOffset());
          }
        });
  }

  private void write(Collection<StoredLog> logs, BiConsumer<StoredLog, LogOffsets> note)
      throws IOException {
    for (StoredLog log : logs) {
      LogOffsets at = log.offsets();
      if (at != null) {
        note.accept(log, at);
      }
    }
    boolean changed = behind; // one that failed may have left names unforced
    behind = true;
    for (Kind kind : Kind.values()) {
      byte[] content = OffsetCheckpoint.format(of(kind));
      changed |= WholeFile.replaceIfDifferent(storage, kind.fileName(), content);
    }
    if (changed) {
      storage.forceDirectory();
    }
    behind = false;
  }

  /** 0 is what a file without an entry says. */
  private void set(Kind kind, TopicPartition partition, long offset) {
    if (offset == 0) {
      of(kind).remove(partition);
    } else {
      of(kind).put(partition, offset);
    }
  }

  /** Takes the marker of a clean stop away, durably; returns whether it was there. */
  static boolean takeCleanShutdown(Storage storage) throws IOException {
    if (!storage.exists(CLEAN_SHUTDOWN_FILE_NAME)) {
      return false;
    }
    storage.delete(CLEAN_SHUTDOWN_FILE_NAME);
    storage.forceDirectory();
    return true;
  }

  /** Says that all was left in order. */
  static void writeCleanShutdown(Storage storage) throws IOException {
    WholeFile.replace(
        storage, CLEAN_SHUTDOWN_FILE_NAME, CLEAN_SHUTDOWN.getBytes(StandardCharsets.UTF_8));
    storage.forceDirectory();
  }
}
