package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.inspect.LogVerifier;
import dev.varve.log.inspect.VerifyReport;
import dev.varve.log.producer.ProducerEntry;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Snapshots are caches: whatever becomes of them, what the log can tell is known. */
class SnapshotRecoveryTest {
  private static final String AT_BASE = LogFixture.name(3, Kind.PRODUCER_SNAPSHOT);
  private static final String AT_END = LogFixture.name(5, Kind.PRODUCER_SNAPSHOT);

  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  @TempDir private Path root;
  private LogFixture fixture;

  /** Producers old and both in [0, 3), both and new in [3, 5). */
  @BeforeEach
  void open() {
    fixture = LogFixture.open(root, options -> options.producerExpirationMillis(DAY_MILLIS));
    append("old", 1);
    append("both", 2);
    fixture.roll();
    append("both", 1);
    append("new", 1);
    fixture.shut();
    assertThat(fixture.names()).contains(AT_BASE, AT_END);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void append(String name, int records) {
    try (Producer producer = fixture.log().producer(name)) {
      for (int i = 0; i < records; i++) {
        producer.append(name.getBytes(UTF_8), LogFixture.valueOf(name));
      }
    }
  }

  private void assertKnown(int old, int both, int fresh) {
    assertThat(nextSequence("old")).as("old").isEqualTo(old);
    assertThat(nextSequence("both")).as("both").isEqualTo(both);
    assertThat(nextSequence("new")).as("new").isEqualTo(fresh);
  }

  private int nextSequence(String name) {
    try (Producer producer = fixture.log().producer(name)) {
      return producer.nextSequence();
    }
  }

  enum Damage {
    MISSING,
    EMPTY,
    CUT,
    LONGER,
    FLIPPED,
    FUTURE_VERSION
  }

  private void damage(String name, Damage damage) {
    byte[] bytes = fixture.bytes(name);
    switch (damage) {
      case MISSING -> fixture.deleteFile(name);
      case EMPTY -> fixture.truncate(name, 0);
      case CUT -> fixture.truncate(name, bytes.length - 1);
      case LONGER -> fixture.extend(name, new byte[1]);
      case FLIPPED -> fixture.flip(name, 20, 1);
      case FUTURE_VERSION -> fixture.flip(name, 1, 3);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSnapshotThatIsNoneIsMadeAnew(Damage damage) throws Exception {
    byte[] sound = fixture.bytes(AT_END);
    for (String name : List.of(AT_BASE, AT_END)) {
      damage(name, damage);
    }

    fixture.reopen();

    assertKnown(1, 3, 1);
    assertThat(fixture.report().reason()).isEqualTo("its snapshot of producers is missing");
    assertThat(fixture.report().losses()).isEmpty();
    assertThat(fixture.report().decisions().toString()).contains(AT_BASE);
    fixture.shut();
    assertThat(fixture.bytes(AT_END)).isEqualTo(sound);
    ProducerSnapshot.parse(fixture.bytes(AT_BASE), 3);
  }

  /** Its checksum is right: somebody has given it the wrong name. */
  @Test
  void aSnapshotOfALaterOffsetIsNotBelieved() {
    fixture.write(AT_BASE, fixture.bytes(AT_END)).deleteFile(AT_END);

    fixture.reopen();

    assertKnown(1, 3, 1);
    assertThat(fixture.report().decisions().toString())
        .contains(AT_BASE)
        .contains("offsets below the snapshot's, 3");
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void aSnapshotThatTheLogContradictsIsMadeAnew(boolean known) throws Exception {
    List<ProducerEntry> entries = entries(AT_END);
    ProducerEntry last = entries.getLast();
    ProducerEntry wrong =
        new ProducerEntry(
            known ? last.producerId() : 77,
            last.epoch(),
            last.lastSequence() + 10,
            4,
            0,
            last.timestamp(),
            -1,
            -1);
    fixture.write(AT_END, new ProducerSnapshot(List.of(entries.getFirst(), wrong)).format());
    assertThat(verify().damages()).isEqualTo(1);

    touched(3).reopen();

    assertKnown(1, 3, 1);
    assertThat(fixture.report().decisions().toString())
        .contains(AT_END)
        .contains("found producer " + wrong.producerId());
    fixture.shut();
    assertThat(entries(AT_END)).containsExactlyElementsOf(entries);
    assertThat(verify().damages()).isZero();
  }

  /** Somebody else has the log closed in order, so that all of it is scanned. */
  private LogFixture touched(long lastBase) throws IOException {
    Files.setLastModifiedTime(fixture.file(LogFixture.logOf(lastBase)), FileTime.fromMillis(1));
    return fixture;
  }

  private List<ProducerEntry> entries(String name) throws Exception {
    return ProducerSnapshot.parse(fixture.bytes(name)).producers();
  }

  private VerifyReport verify() throws IOException {
    return LogVerifier.verify(fixture.directory(), finding -> {});
  }

  /** Of a producer whose batches were given up, only snapshots know. */
  @Test
  void whatOnlyASnapshotKnowsIsKept() throws Exception {
    fixture.reopen();
    fixture.log().advanceStartOffset(3);
    fixture.shut().deleteFile(AT_BASE);
    assertThat(verify().damages()).isZero();

    touched(3).reopen();

    assertThat(fixture.report().scannedSegments()).isEqualTo(1);
    assertKnown(1, 3, 1);
    assertThat(fixture.report().decisions().toString()).doesNotContain(AT_END);
  }

  /** Nothing has written the snapshot at its end yet. */
  @Test
  void aSegmentThatIsGivenUpBeforeItIsSettledLeavesItsProducers() {
    fixture.reopen().roll().append("a");
    fixture.log().advanceStartOffset(5);
    fixture.kill().reopen();

    fixture.assertBases(5L);
    assertKnown(1, 3, 1);
  }

  @Test
  void aSnapshotThatLacksWhoWasForgottenIsNoContradiction() throws Exception {
    fixture.reopen();
    fixture.advanceClock(DAY_MILLIS).maintain().append("a").roll().append("b").shut();
    assertThat(entries(AT_END)).isEmpty();

    touched(6).reopen();

    assertKnown(0, 0, 0);
    assertThat(fixture.report().scannedSegments()).isEqualTo(4);
    assertThat(fixture.report().decisions()).isEmpty();
  }
}
