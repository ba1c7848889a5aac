package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.LogException;
import dev.varve.log.inspect.LogVerifier;
import dev.varve.log.inspect.VerifyReport;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.SimulatedDiskExtension;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SimulatedDiskExtension.class)
class SegmentRewriteTest {
  private static final String[] ALL = {"a", "b", "c", "d", "e", "f", "g"};

  /** What is left when the batches with odd offsets of the first two segments are gone. */
  private static final String[] LEFT = {"a", "c", "e", "f", "g"};

  @TempDir Path root;

  /** Segments [0, 3) [3, 5) [5, 7) and an empty one, all but the last sealed. */
  private static void fill(LogFixture fixture) {
    fixture.append("a", "b", "c").log().roll();
    fixture.append("d", "e").log().roll();
    fixture.append("f", "g").log().roll();
    fixture.maintain();
  }

  private static boolean rewrite(CommitLog log, long from, long end, LongPredicate kept) {
    SegmentRewriter rewriter = log.rewriter();
    SegmentRewrite begun = rewriter.rewrite(from, end).orElse(null);
    if (begun == null) {
      return false;
    }
    try (SegmentRewrite rewrite = begun) {
      for (SegmentInfo segment : log.segments()) {
        if (segment.baseOffset() >= from && segment.baseOffset() < end) {
          copy(rewriter.read(segment.baseOffset()).orElseThrow(), rewrite, kept);
        }
      }
      return rewrite.commit();
    }
  }

  private static void copy(SegmentReader segment, SegmentRewrite rewrite, LongPredicate kept) {
    try (segment) {
      while (segment.next()) {
        if (kept.test(segment.batch().baseOffset())) {
          rewrite.append(segment.loadWhole());
        }
      }
    }
  }

  private static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean isEven(long offset) {
    return offset % 2 == 0;
  }

  @Test
  void segmentsAreReplacedByOneWithWhatWasKept() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      assertThat(rewrite(fixture.log(), 0, 5, SegmentRewriteTest::isEven)).isTrue();
      fixture.assertBases(0L, 5L, 7L).assertReads(LEFT).assertOffsets(0, 7);
      fixture.maintain();
      assertThat(fixture.names())
          .contains("00000000000000000000.log", "00000000000000000000.index")
          .doesNotContain("00000000000000000003.log", "00000000000000000003.snapshot")
          .noneMatch(name -> name.endsWith(".deleted") || name.endsWith(".cleaned"));
      fixture.reopen().assertBases(0L, 5L, 7L).assertReads(LEFT).assertOffsets(0, 7);
      assertThat(fixture.report().decisions()).isEmpty();
      fixture
          .append("h")
          .kill()
          .reopen()
          .assertReads("a", "c", "e", "f", "g", "h")
          .assertOffsets(0, 8);
    }
  }

  @Test
  void nothingMayBeLeft() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      assertThat(rewrite(fixture.log(), 3, 7, _ -> false)).isTrue();
      fixture.assertBases(0L, 3L, 7L).assertReads("a", "b", "c").append("h");
      assertThat(fixture.keys(4)).containsExactly("h");
      fixture.reopen().assertReads("a", "b", "c", "h").assertOffsets(0, 8);
      assertThat(rewrite(fixture.log(), 0, 7, _ -> false)).isTrue();
      fixture.assertReads("h").reopen().assertReads("h").assertOffsets(0, 8);
    }
  }

  @Test
  void readersGoOnInWhatTheyHavePinned() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      try (LogReader first = fixture.log().reader(0);
          LogReader second = fixture.log().reader(3);
          PinnedBatches pinned = fixture.log().read(0, 1 << 20)) {
        assertThat(first.next() && second.next()).isTrue();
        assertThat(rewrite(fixture.log(), 0, 5, SegmentRewriteTest::isEven)).isTrue();
        assertThat(rewrite(fixture.log(), 0, 7, SegmentRewriteTest::isEven)).isTrue();
        fixture.maintain();
        // The first reads what it holds of [0, 3), then what is left of the rest.
        assertThat(LogFixture.rest(first)).containsExactly("b", "c", "e", "g");
        assertThat(LogFixture.rest(second)).containsExactly("e", "g");
        int batches = 0;
        while (pinned.next()) {
          batches++;
        }
        assertThat(batches).isEqualTo(3);
      }
      fixture.maintain();
      assertThat(fixture.log().pins()).isZero();
      assertThat(fixture.names()).noneMatch(name -> name.endsWith(".deleted"));
    }
  }

  @Test
  void batchesThatArePinnedAreSentAsTheyWere() throws IOException {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      byte[] before = fixture.bytes(LogFixture.logOf(0));
      try (PinnedBatches pinned = fixture.log().read(0, 1 << 20)) {
        assertThat(rewrite(fixture.log(), 0, 5, SegmentRewriteTest::isEven)).isTrue();
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        assertThat(pinned.transferTo(Channels.newChannel(sent))).isEqualTo(before.length);
        assertThat(sent.toByteArray()).isEqualTo(before);
      }
    }
  }

  @Test
  void aLogThatIsClosedMeanwhileIsLeftInOrder() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      CommitLog log = fixture.log();
      SegmentRewrite rewrite = log.rewriter().rewrite(0, 5).orElseThrow();
      copy(log.rewriter().read(0).orElseThrow(), rewrite, SegmentRewriteTest::isEven);
      fixture.shut();
      assertThat(log.isClosedInOrder()).isTrue();
      assertThatThrownBy(rewrite::commit).isInstanceOf(LogException.class);
      rewrite.close();
      fixture.reopen().assertReads(ALL);
    }
  }

  @Test
  void aLogThatHasChangedKeepsWhatItHas() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      try (SegmentRewrite rewrite = fixture.log().rewriter().rewrite(0, 5).orElseThrow()) {
        fixture.log().advanceStartOffset(3);
        assertThat(rewrite.commit()).isFalse();
      }
      fixture.assertBases(3L, 5L, 7L).assertReads("d", "e", "f", "g");
      assertThat(fixture.names()).noneMatch(name -> name.endsWith(".cleaned"));
    }
  }

  @Test
  void whatIsNotACommittedRunOfSealedSegmentsIsRefused() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      SegmentRewriter rewriter = fixture.log().rewriter();
      assertThat(rewriter.rewrite(1, 5)).isEmpty();
      assertThat(rewriter.rewrite(0, 4)).isEmpty();
      assertThat(rewriter.read(1)).isEmpty();
      assertThat(rewriter.read(7)).isEmpty();
      assertThatThrownBy(() -> rewriter.rewrite(0, 8)).hasMessageContaining("below 7");
      assertThatThrownBy(() -> rewriter.rewrite(5, 5)).hasMessageContaining("expected some");
      try (SegmentRewrite rewrite = rewriter.rewrite(0, 3).orElseThrow();
          SegmentReader later = rewriter.read(3).orElseThrow()) {
        assertThat(later.next()).isTrue();
        assertThatThrownBy(() -> rewrite.append(later.loadWhole()))
            .hasMessageContaining("offsets 3 to 3, expected some from 0 to 2");
      }
      fixture.assertReads(ALL);
    }
  }

  @Test
  void timesOfModificationAndTheFirstDirtyOffsetAreKept() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      long before = fixture.log().segments().get(1).lastModifiedMillis();
      fixture.advanceClock(1_000_000);
      assertThat(rewrite(fixture.log(), 0, 5, SegmentRewriteTest::isEven)).isTrue();
      assertThat(fixture.log().segments().getFirst().lastModifiedMillis()).isEqualTo(before);
      assertThat(fixture.log().rewriter().firstDirtyOffset()).isEqualTo(LogCheckpoint.NONE);
      fixture.log().rewriter().keepFirstDirtyOffset(5);
      fixture.append("h").kill().reopen();
      assertThat(fixture.log().rewriter().firstDirtyOffset()).isEqualTo(5);
      fixture.reopen();
      assertThat(fixture.log().rewriter().firstDirtyOffset()).isEqualTo(5);
      assertThatThrownBy(() -> fixture.log().rewriter().keepFirstDirtyOffset(9))
          .hasMessageContaining("expected 0 to 8");
    }
  }

  private static LogOptions options() {
    return LogOptions.builder().ownMaintenanceThreads(false).build();
  }

  private static CommitLog filled(SimulatedDisk disk) {
    CommitLog log = CommitLog.open(disk, options());
    for (String key : ALL) {
      log.append(1, bytes(key), bytes(key));
      if ("ceg".contains(key)) {
        log.roll();
      }
    }
    log.maintenance();
    return log;
  }

  private static List<String> keys(SimulatedDisk disk) {
    try (CommitLog log = CommitLog.open(disk, options())) {
      assertThat(log.offsets().endOffset()).isEqualTo(7);
      List<String> keys = new ArrayList<>();
      try (LogReader reader = log.reader(0)) {
        while (reader.next()) {
          keys.add(LogFixture.keyOf(reader));
        }
      }
      return keys;
    }
  }

  @Test
  void powerMayBeLostAtEveryStep(SimulatedDisk disk) {
    long before;
    try (CommitLog log = filled(disk)) {
      before = disk.faults().operations();
      assertThat(rewrite(log, 0, 5, SegmentRewriteTest::isEven)).isTrue();
    }
    long after = disk.faults().operations();
    int done = 0;
    int undone = 0;
    for (long cut = before; cut < after; cut++) {
      SimulatedDisk broken = new SimulatedDisk(Path.of("log"), cut);
      CommitLog log = filled(broken);
      broken.faults().cutPowerAt(cut);
      try {
        rewrite(log, 0, 5, SegmentRewriteTest::isEven);
        log.close();
      } catch (LogException e) {
        // the power is out
      }
      for (int i = 0; i < 20; i++) {
        SimulatedDisk found = broken.afterPowerLoss();
        List<String> keys = keys(found);
        assertThat(keys).isIn(List.of(ALL), List.of(LEFT));
        assertThat(keys(found)).as("the second time").isEqualTo(keys);
        assertThat(found.contents().keySet())
            .noneMatch(name -> name.endsWith(".swap") || name.endsWith(".cleaned"));
        done += keys.size() == LEFT.length ? 1 : 0;
        undone += keys.size() == ALL.length ? 1 : 0;
      }
      broken.faults().withoutPower(() -> closeAgain(log));
    }
    assertThat(done).isGreaterThan(100);
    assertThat(undone).isGreaterThan(100);
  }

  @Test
  void whoeverVerifiesItInTheMidstIsToldSoAndFindsNoDamage(SimulatedDisk disk) throws IOException {
    long before;
    long after;
    try (CommitLog log = filled(disk)) {
      before = disk.faults().operations();
      assertThat(rewrite(log, 0, 5, SegmentRewriteTest::isEven)).isTrue();
      after = disk.faults().operations();
    }
    int told = 0;
    for (long cut = before; cut < after; cut++) {
      SimulatedDisk broken = new SimulatedDisk(Path.of("log"), cut);
      CommitLog log = filled(broken);
      broken.faults().cutPowerAt(cut);
      try {
        rewrite(log, 0, 5, SegmentRewriteTest::isEven);
      } catch (LogException e) {
        // the process was killed
      }
      List<String> findings = verify(broken.afterKill(), root.resolve("cut-" + cut));
      told +=
          findings.stream().anyMatch(finding -> finding.contains("from offset 0 to 5 in the midst"))
              ? 1
              : 0;
      broken.faults().withoutPower(() -> closeAgain(log));
    }
    assertThat(told).isGreaterThan(10);
  }

  private static List<String> verify(SimulatedDisk disk, Path directory) throws IOException {
    Files.createDirectory(directory);
    for (Map.Entry<String, byte[]> file : disk.contents().entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }
    List<String> findings = new ArrayList<>();
    VerifyReport report =
        LogVerifier.verify(directory, finding -> findings.add(finding.toString()));
    assertThat(report.damages()).as(findings + " " + directory).isZero();
    return findings;
  }

  private static void closeAgain(CommitLog log) {
    try {
      log.close();
    } catch (LogException e) {
      // it may have stopped
    }
  }
}
