package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.UnforcedStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A log in a temporary directory and the verbs to treat it with. Time moves only by {@link
 * #advanceClock}; background work happens only by {@link #maintain}; nothing is forced. A key is a
 * record's identity: its value says the key again.
 *
 * <p>Closing the fixture fails if a reader has left a pin.
 */
final class LogFixture implements AutoCloseable {
  static final long START_MILLIS = 1_700_000_000_000L;

  private static final Duration SEGMENT_AGE_MAX = Duration.ofHours(1);

  private final Path root;
  private final AtomicLong nowMillis = new AtomicLong(START_MILLIS);
  private final UnaryOperator<LogOptions.Builder> changes;
  private Path directory;

  /** Several fixtures may copy into one folder. */
  private static final AtomicInteger COPIES = new AtomicInteger();

  private UnaryOperator<Storage> storage = UnforcedStorage::new;
  private int kills;
  private @Nullable CommitLog log;

  private LogFixture(Path root, UnaryOperator<LogOptions.Builder> changes) {
    this.root = root;
    this.changes = changes;
    this.directory = root.resolve("log-0");
  }

  /** A new log. */
  static LogFixture open(Path root) {
    return open(root, UnaryOperator.identity());
  }

  /** A new log with options of its own. */
  static LogFixture open(Path root, UnaryOperator<LogOptions.Builder> changes) {
    LogFixture fixture = closed(root, changes);
    fixture.reopen();
    return fixture;
  }

  /** A directory that does not exist yet; {@link #reopen} makes a log of what was put there. */
  static LogFixture closed(Path root, UnaryOperator<LogOptions.Builder> changes) {
    return new LogFixture(root, changes);
  }

  /** Puts a test's own storage under the log, from the next {@link #reopen} on. */
  LogFixture onStorage(UnaryOperator<Storage> wrapper) {
    storage = wrapper;
    return this;
  }

  LogOptions options() {
    return changes
        .apply(
            LogOptions.builder()
                .clock(nowMillis::get)
                .segmentMillisMax(SEGMENT_AGE_MAX.toMillis())
                .indexIntervalBytes(100)
                .ownMaintenanceThreads(false))
        .build();
  }

  CommitLog log() {
    assertThat(log).as("the log is open").isNotNull();
    return Objects.requireNonNull(log);
  }

  Path directory() {
    return directory;
  }

  long nowMillis() {
    return nowMillis.get();
  }

  LogFixture advanceClock(long millis) {
    nowMillis.addAndGet(millis);
    return this;
  }

  /** Appends records, each a batch of its own, with the time of now. */
  LogFixture append(String... keys) {
    for (String key : keys) {
      log().append(key.getBytes(UTF_8), valueOf(key));
    }
    return this;
  }

  /** Appends one record with a timestamp of its own. */
  LogFixture appendAt(long timestamp, String key) {
    log().append(timestamp, key.getBytes(UTF_8), valueOf(key));
    return this;
  }

  /** Appends records as one batch. */
  LogFixture appendBatch(String... keys) {
    log().append(batch(keys));
    return this;
  }

  EncodedBatch batch(String... keys) {
    RecordBatchBuilder builder = log().newBatch();
    for (String key : keys) {
      builder.append(nowMillis(), key.getBytes(UTF_8), valueOf(key));
    }
    return builder.build();
  }

  static byte[] valueOf(String key) {
    return ("value of " + key).getBytes(UTF_8);
  }

  /** Lets so much time pass that the next append begins a segment. */
  LogFixture roll() {
    return advanceClock(SEGMENT_AGE_MAX.toMillis() + 1);
  }

  /** Does all background work that can be done now. */
  LogFixture maintain() {
    while (log().maintenance() > 0) {
      // until there is none
    }
    return this;
  }

  LogFixture shut() {
    if (log != null) {
      maintain();
      assertThat(log.pins()).as("pins that readers left").isZero();
      log.close();
      log = null;
    }
    return this;
  }

  LogFixture reopen() {
    shut();
    log = CommitLog.open(storage.apply(DirectoryStorage.open(directory)), options());
    return this;
  }

  /**
   * Dies like a process under {@code kill -9}: the next {@link #reopen} finds the files as they are
   * now, with the space that was reserved and without the indexes that were in memory.
   */
  LogFixture kill() {
    Path left = root.resolve("log-" + ++kills);
    copy(directory, left);
    shut();
    directory = left;
    return this;
  }

  /** Copies the plain files but the lock, with their times. */
  static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.list(from)) {
      Files.createDirectories(to);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (!name.equals("varve.lock")) {
          Files.copy(file, to.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes a directory and all that is in it. */
  static void deleteTree(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(path -> {
            try {
              Files.delete(path);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  static String name(long baseOffset, Kind kind) {
    return SegmentFile.name(baseOffset, kind);
  }

  static String logOf(long baseOffset) {
    return name(baseOffset, Kind.LOG);
  }

  byte[] bytes(String name) {
    try {
      return Files.readAllBytes(file(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Changes a file without changing its time, as a disk does that loses bits. */
  LogFixture rot(String name, UnaryOperator<byte[]> change) {
    try {
      FileTime modified = Files.getLastModifiedTime(file(name));
      Files.write(file(name), change.apply(bytes(name)));
      Files.setLastModifiedTime(file(name), modified);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Flips bits of a byte without changing the file's time. */
  LogFixture flip(String name, int position, int bits) {
    return rot(
        name,
        bytes -> {
          bytes[position] ^= (byte) bits;
          return bytes;
        });
  }

  /** Writes a whole file, as somebody else would. */
  LogFixture write(String name, byte[] bytes) {
    try {
      Files.createDirectories(directory);
      Files.write(file(name), bytes);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds bytes behind a file, as somebody else would. */
  LogFixture extend(String name, byte[] more) {
    byte[] old = bytes(name);
    byte[] longer = Arrays.copyOf(old, old.length + more.length);
    System.arraycopy(more, 0, longer, old.length, more.length);
    return write(name, longer);
  }

  /** Cuts a file, as somebody else would. */
  LogFixture truncate(String name, int bytes) {
    return write(name, Arrays.copyOf(bytes(name), bytes));
  }

  LogFixture deleteFile(String name) {
    try {
      Files.delete(file(name));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All files by name, but for the lock. */
  Map<String, byte[]> files() {
    try (Stream<Path> files = Files.list(directory)) {
      Map<String, byte[]> contents = new TreeMap<>();
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
      contents.remove("varve.lock");
      return contents;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> names() {
    return List.copyOf(files().keySet());
  }

  List<String> keys() {
    return keys(log().offsets().startOffset());
  }

  /** The keys that a reader of committed records finds from an offset on. */
  List<String> committed(long offset) {
    try (LogReader reader = log().reader(offset, Visibility.COMMITTED)) {
      return rest(reader);
    }
  }

  /** The keys that a reader still finds. */
  static List<String> rest(LogReader reader) {
    List<String> keys = new ArrayList<>();
    while (reader.next()) {
      keys.add(keyOf(reader));
    }
    return keys;
  }

  /** The keys from an offset to the end, each checked against its value. */
  List<String> keys(long offset) {
    List<String> keys = new ArrayList<>();
    try (LogReader reader = log().reader(offset)) {
      while (reader.next()) {
        String key = keyOf(reader);
        assertThat(reader.record().copyValue()).as("value of %s", key).isEqualTo(valueOf(key));
        keys.add(key);
      }
    }
    return keys;
  }

  static String keyOf(LogReader reader) {
    byte[] key = reader.record().copyKey();
    return key == null ? "none" : new String(key, UTF_8);
  }

  LogFixture assertReads(String... keys) {
    assertThat(keys()).containsExactly(keys);
    return this;
  }

  LogFixture assertOffsets(long start, long end) {
    assertThat(log().offsets().startOffset()).as("start offset").isEqualTo(start);
    assertThat(log().offsets().endOffset()).as("end offset").isEqualTo(end);
    return this;
  }

  LogFixture assertBases(Long... bases) {
    assertThat(log().segments().stream().map(SegmentInfo::baseOffset)).containsExactly(bases);
    return this;
  }

  OpenReport report() {
    return log().openReport();
  }

  @Override
  public void close() {
    shut();
  }

  /** Opens a copy of this fixture's closed directory after a change to it. */
  void onCopy(Path root, Consumer<LogFixture> change, Consumer<LogFixture> check) {
    try (LogFixture copy =
        closed(root.resolve("copy-" + COPIES.incrementAndGet()), options -> options)) {
      copy(directory(), copy.directory());
      change.accept(copy);
      copy.reopen();
      check.accept(copy);
    }
  }
}
