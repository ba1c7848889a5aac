package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.producer.ProducerEntry;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.segment.SegmentFile.Kind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerExpiryTest {
  private static final long EXPIRATION_MILLIS = 3 * ProducerExpiry.ROUND_MILLIS;

  @TempDir private Path root;
  private LogFixture fixture;

  @BeforeEach
  void open() {
    fixture = LogFixture.open(root, options -> options.producerExpirationMillis(EXPIRATION_MILLIS));
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void appendAs(String name) {
    try (Producer producer = fixture.log().producer(name)) {
      producer.append(name.getBytes(UTF_8), LogFixture.valueOf(name));
    }
  }

  private int nextSequence(String name) {
    try (Producer producer = fixture.log().producer(name)) {
      return producer.nextSequence();
    }
  }

  @Test
  void theBackgroundForgetsIdleProducers() {
    appendAs("early");
    fixture.advanceClock(ProducerExpiry.ROUND_MILLIS);
    appendAs("late");
    fixture.advanceClock(EXPIRATION_MILLIS - ProducerExpiry.ROUND_MILLIS - 1).maintain();
    assertThat(nextSequence("early")).isEqualTo(1);

    fixture.advanceClock(ProducerExpiry.ROUND_MILLIS).maintain();

    assertThat(nextSequence("early")).isZero();
    assertThat(nextSequence("late")).isEqualTo(1);
  }

  @Test
  void oneRoundComesTenMinutesAfterTheOther() {
    appendAs("a");
    fixture.advanceClock(EXPIRATION_MILLIS - 1).maintain();

    fixture.advanceClock(ProducerExpiry.ROUND_MILLIS - 1).maintain();
    assertThat(nextSequence("a")).isEqualTo(1);

    fixture.advanceClock(1).maintain();
    assertThat(nextSequence("a")).isZero();
  }

  @Test
  void aStepLooksAtFew() {
    int producers = 2 * ProducerExpiry.STEP_PRODUCERS_MAX + 10;
    for (int i = 0; i < producers; i++) {
      appendAs("p" + i);
    }
    fixture.maintain().advanceClock(EXPIRATION_MILLIS);

    var _ = fixture.log().maintenance();
    assertThat(known(producers)).isEqualTo(producers - ProducerExpiry.STEP_PRODUCERS_MAX);
    fixture.maintain();
    assertThat(known(producers)).isZero();
  }

  private long known(int producers) {
    long known = 0;
    for (int i = 0; i < producers; i++) {
      known += nextSequence("p" + i);
    }
    return known;
  }

  @Test
  void openingForgetsIdleProducersToo() throws Exception {
    appendAs("early");
    fixture.advanceClock(EXPIRATION_MILLIS - 1);
    appendAs("late");
    fixture.shut().advanceClock(1).reopen();

    assertThat(nextSequence("early")).isZero();
    assertThat(nextSequence("late")).isEqualTo(1);

    fixture.shut();
    List<ProducerEntry> kept =
        ProducerSnapshot.parse(fixture.bytes(LogFixture.name(2, Kind.PRODUCER_SNAPSHOT)))
            .producers();
    assertThat(kept).extracting(ProducerEntry::lastOffset).containsExactly(1L);
  }

  /** A scan reads the batches of producers again that were forgotten long ago. */
  @Test
  void openingAfterAKillForgetsThemToo() {
    appendAs("early");
    fixture.advanceClock(EXPIRATION_MILLIS).kill().reopen();

    assertThat(nextSequence("early")).isZero();
  }

  @Test
  void whoComesBackMayBeginAnywhere() {
    try (Producer producer = fixture.log().producer("a")) {
      producer.append("a".getBytes(UTF_8), LogFixture.valueOf("a"));
      fixture.advanceClock(EXPIRATION_MILLIS).maintain();

      producer.append("b".getBytes(UTF_8), LogFixture.valueOf("b"));
      assertThat(producer.nextSequence()).isEqualTo(2);
    }
    assertThat(nextSequence("a")).isEqualTo(2);
    fixture.assertReads("a", "b");
  }
}
