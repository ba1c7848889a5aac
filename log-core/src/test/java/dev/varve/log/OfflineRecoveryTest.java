package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.RecoveryDecision.Kind;
import dev.varve.log.error.DamagedRange;
import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogException;
import dev.varve.log.error.LogLockedException;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.UnforcedStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Recovery by hand: it says what it will do, does that, and loses no byte. */
class OfflineRecoveryTest {
  private static final String FIRST = LogFixture.logOf(0);
  private static final String SECOND = LogFixture.logOf(3);

  @TempDir Path root;

  /** One way to spoil a log of two segments, a b c and d e, and what recovery has to decide. */
  @SuppressWarnings("ImmutableEnumChecker") // a lambda and a list that nothing changes
  enum Case {
    TORN_TAIL(true, log -> log.extend(SECOND, new byte[] {1, 2, 3}), Kind.CUT_TAIL),
    RESERVED_ZEROS(true, log -> log.extend(SECOND, new byte[500]), Kind.CUT_RESERVED_SPACE),
    DAMAGE(false, log -> touched(log.flip(FIRST, 75, 1)), Kind.KEPT_DAMAGE),
    DAMAGED_END(
        false,
        log -> touched(log.flip(FIRST, 70, 1).truncate(SECOND, 30)),
        Kind.KEPT_DAMAGE,
        Kind.CUT_TAIL),
    DAMAGED_LENGTH(
        true,
        log -> checkpoint(log, leftOpen(0, 5, 3)).flip(SECOND, 8, 0x40),
        Kind.KEPT_DAMAGE,
        Kind.NEW_SEGMENT),
    MISSING(false, log -> log.deleteFile(FIRST).deleteFile(SECOND), Kind.MISSING_RECORDS),
    CUT_BEFORE_A_SEGMENT(
        true,
        log -> checkpoint(log, leftOpen(0, 0, 0)).flip(FIRST, 75, 1),
        Kind.CUT_TAIL,
        Kind.REMOVED_SEGMENT),
    BELOW_THE_START(
        false, log -> checkpoint(log, leftOpen(9, 5, 0)), Kind.STARTED_OVER, Kind.REMOVED_FILE),
    LEFTOVER(
        false,
        log -> log.write("00000000000000000009.log.deleted", new byte[7]),
        Kind.REMOVED_FILE),
    REPLACEMENT(
        false,
        log -> log.write(FIRST + ".swap", log.bytes(FIRST)),
        Kind.PLACED_REPLACEMENT,
        Kind.REMOVED_FILE),
    INDEX(
        true,
        log ->
            checkpoint(log, leftOpen(0, 0, 0))
                .write(LogFixture.name(0, FILE_OF_OFFSETS), new byte[16]),
        Kind.REBUILT_INDEX),
    EPOCHS(
        false,
        log -> log.write(StateFiles.EPOCHS_FILE_NAME, "no".getBytes(UTF_8)),
        Kind.REBUILT_STATE),
    CHECKPOINT(
        false, log -> log.write(LogCheckpoint.FILE_NAME, "no".getBytes(UTF_8)), Kind.REBUILT_STATE);

    private final boolean killed;
    private final Consumer<LogFixture> change;
    private final List<Kind> kinds;

    Case(boolean killed, Consumer<LogFixture> change, Kind... kinds) {
      this.killed = killed;
      this.change = change;
      this.kinds = List.of(kinds);
    }
  }

  private static final dev.varve.log.segment.SegmentFile.Kind FILE_OF_OFFSETS =
      dev.varve.log.segment.SegmentFile.Kind.OFFSET_INDEX;

  private static void touched(LogFixture log) {
    assertThat(log.file(SECOND).toFile().setLastModified(1_000_000)).isTrue();
  }

  private static LogCheckpoint leftOpen(long startOffset, long recoveryPoint, long scanFrom) {
    return new LogCheckpoint(
        startOffset,
        recoveryPoint,
        scanFrom,
        LogCheckpoint.NONE,
        LogCheckpoint.NONE,
        LogCheckpoint.NONE,
        List.of(),
        null,
        null);
  }

  private static LogFixture checkpoint(LogFixture log, LogCheckpoint checkpoint) {
    return log.write(LogCheckpoint.FILE_NAME, checkpoint.format());
  }

  /** Of what survives the process nothing has to be forced. */
  private static Storage unforced(LogFixture log) {
    return new UnforcedStorage(DirectoryStorage.open(log.directory()));
  }

  private LogFixture spoiled(Case how, String name) {
    LogFixture log = LogFixture.open(root.resolve(name));
    log.append("a", "b", "c").roll().append("d", "e").maintain();
    if (how.killed) {
      int bytes = (int) log.log().segments().getLast().sizeBytes();
      log.kill().truncate(SECOND, bytes);
    } else {
      log.shut();
    }
    how.change.accept(log);
    return log;
  }

  @ParameterizedTest
  @EnumSource
  void whatIsPlannedChangesNothingAndIsWhatIsDoneAndNoByteIsLost(Case how) throws IOException {
    try (LogFixture log = spoiled(how, "log")) {
      Map<String, byte[]> before = log.files();
      OpenReport plan;
      try (OfflineRecovery recovery = OfflineRecovery.of(unforced(log), log.options())) {
        plan = recovery.plan();
        assertThat(recovery.hasNothingToDo()).isFalse();
      }
      assertThat(log.files()).as("after a plan").containsExactlyEntriesOf(before);
      assertThat(plan.decisions()).extracting(RecoveryDecision::kind).containsAll(how.kinds);
      assertThat(plan.losses().isEmpty()).isEqualTo(how.kinds.stream().noneMatch(Kind::isLoss));
      for (RecoveryDecision decision : plan.decisions()) {
        assertThat(decision.toString())
            .startsWith(decision.file() + " at position " + decision.position() + ": found ")
            .contains(", expected ", "; " + decision.action());
      }

      OfflineRecovery.Outcome outcome;
      try (OfflineRecovery recovery = OfflineRecovery.of(unforced(log), log.options())) {
        assertThat(recovery.plan()).isEqualTo(plan);
        outcome = recovery.run();
      }
      assertThat(outcome.report()).isEqualTo(plan);
      assertNoByteIsLost(before, log);
      try (OfflineRecovery again = OfflineRecovery.of(unforced(log), log.options())) {
        assertThat(again.hasNothingToDo()).as("%s", again.plan()).isTrue();
      }
      log.reopen();
      assertThat(log.report().closedInOrder()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CUT_BEFORE_A_SEGMENT", "REPLACEMENT", "DAMAGED_LENGTH"})
  void aRunThatIsKilledAnywhereLosesNoByteAndCanBeRunAgain(Case how) throws IOException {
    boolean completed = false;
    for (int calls = 0; !completed; calls++) {
      try (LogFixture log = spoiled(how, "log-of-" + calls)) {
        Map<String, byte[]> before = log.files();
        Storage failing = new FailingStorage(unforced(log), calls);
        try (OfflineRecovery recovery = OfflineRecovery.of(failing, log.options())) {
          recovery.run();
          completed = true;
        } catch (LogException e) {
          assertThat(e).hasStackTraceContaining("the process dies here");
        }
        assertNoByteIsLost(before, log);
        try (OfflineRecovery again = OfflineRecovery.of(unforced(log), log.options())) {
          again.run();
        }
        assertNoByteIsLost(before, log);
      }
    }
  }

  /** Refuses all calls that change the directory, but the first few. */
  private static final class FailingStorage extends ForwardingStorage {
    private int callsLeft;

    FailingStorage(Storage storage, int calls) {
      super(storage);
      this.callsLeft = calls;
    }

    private void call() throws IOException {
      if (callsLeft-- <= 0) {
        throw new IOException("the process dies here");
      }
    }

    @Override
    public dev.varve.log.storage.StorageFile create(String name) throws IOException {
      call();
      return super.create(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      call();
      super.rename(from, to);
    }

    @Override
    public void delete(String name) throws IOException {
      call();
      super.delete(name);
    }

    @Override
    public void forceDirectory() throws IOException {
      call();
      super.forceDirectory();
    }
  }

  /** Every file is there as it was, under whatever name, or cut and its rest set aside. */
  private static void assertNoByteIsLost(Map<String, byte[]> before, LogFixture log)
      throws IOException {
    Map<String, byte[]> now = new TreeMap<>(log.files());
    List<byte[]> all = new ArrayList<>(now.values());
    Map<String, byte[]> aside = new TreeMap<>();
    try (Stream<Path> directories = Files.list(log.directory())) {
      for (Path directory : directories.filter(Files::isDirectory).toList()) {
        try (Stream<Path> files = Files.list(directory)) {
          for (Path file : files.toList()) {
            byte[] bytes = Files.readAllBytes(file);
            all.add(bytes);
            aside.put(file.getFileName().toString(), bytes);
          }
        }
      }
    }
    before.forEach((name, bytes) -> {
      byte[] left = now.getOrDefault(name, new byte[0]);
      byte[] rest = aside.getOrDefault(name + ".from-" + left.length, new byte[0]);
      byte[] joined = Arrays.copyOf(left, left.length + rest.length);
      System.arraycopy(rest, 0, joined, left.length, rest.length);
      all.add(joined);
      assertThat(all).as(name).anyMatch(kept -> Arrays.equals(kept, bytes));
    });
  }

  @Test
  void damagedRangesAreExact() {
    try (LogFixture log = spoiled(Case.DAMAGE, "log");
        OfflineRecovery recovery = OfflineRecovery.of(unforced(log), log.options())) {
      int batch = log.bytes(FIRST).length / 3;
      assertThat(recovery.plan().damagedRanges())
          .singleElement()
          .extracting(
              DamagedRange::file,
              DamagedRange::position,
              DamagedRange::endPosition,
              DamagedRange::firstOffset,
              DamagedRange::endOffset)
          .containsExactly(log.file(FIRST).toString(), 0L, (long) batch, 0L, 1L);
    }
  }

  @Test
  void progressIsReportedWithinASegment() {
    List<Long> heard = new ArrayList<>();
    LogListener listener =
        new LogListener() {
          @Override
          public void recoveryProgress(long scannedBytes, long totalBytes) {
            assertThat(scannedBytes).isLessThanOrEqualTo(totalBytes);
            heard.add(scannedBytes);
          }
        };
    try (LogFixture log = LogFixture.open(root, options -> options.listener(listener))) {
      for (int i = 0; i < 21; i++) {
        log.log().append(null, new byte[800_000]);
      }
      log.kill();
      heard.clear();
      log.reopen();
      assertThat(heard).hasSizeGreaterThanOrEqualTo(4).isSorted();
      assertThat(heard.getFirst()).isLessThan(6 << 20);
      assertThat(heard.getLast()).isEqualTo(log.report().scannedBytes());
    }
  }

  @Test
  void whereNoLogIsNothingIsDone() throws IOException {
    LogOptions options = LogOptions.defaults();
    assertThatThrownBy(() -> OfflineRecovery.of(root.resolve("none"), options))
        .isInstanceOf(LogDirectoryException.class)
        .hasMessageContaining("no such directory");
    assertThat(root.resolve("none")).doesNotExist();
    assertThatThrownBy(() -> OfflineRecovery.of(root, options))
        .isInstanceOf(LogDirectoryException.class)
        .hasMessageContaining("no file of a log");
    assertThat(root).isEmptyDirectory();
    Path file = Files.writeString(root.resolve("file"), "x");
    assertThatThrownBy(() -> OfflineRecovery.of(file, options))
        .isInstanceOf(LogDirectoryException.class);
    try (LogFixture log = LogFixture.open(root)) {
      assertThatThrownBy(() -> OfflineRecovery.of(log.directory(), options))
          .isInstanceOf(LogLockedException.class);
    }
  }
}
