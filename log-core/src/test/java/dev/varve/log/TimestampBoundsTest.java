package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.InvalidTimestampException;
import dev.varve.log.record.Compression;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.TimestampType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.EpochClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which timestamps an append takes. */
class TimestampBoundsTest {
  private static final long NOW = LogFixture.START_MILLIS;
  private static final long NONE = -1;

  @TempDir private Path root;

  private LogFixture open(UnaryOperator<LogOptions.Builder> bounds) {
    return LogFixture.open(root, bounds);
  }

  private LogFixture openWithin(long beforeMillis, long afterMillis) {
    return open(options ->
        options.timestampBeforeMaxMillis(beforeMillis).timestampAfterMaxMillis(afterMillis));
  }

  /** Appends one batch with records that are so far from now; {@code none} for no timestamp. */
  private static void append(LogFixture fixture, Compression compression, String distances) {
    RecordBatchBuilder builder = RecordBatchBuilder.of(compression);
    Arrays.stream(distances.split(" "))
        .mapToLong(distance -> distance.equals("none") ? NONE : NOW + Long.parseLong(distance))
        .forEach(timestamp -> builder.append(timestamp, null, "v".getBytes(UTF_8)));
    fixture.log().append(builder.build());
  }

  @ParameterizedTest
  @CsvSource({
    "      0",
    "   -100",
    "     50",
    "   none",
    "-100 50 none 0",
  })
  void whatIsNearNowIsTaken(String distances) {
    try (LogFixture fixture = openWithin(100, 50)) {
      append(fixture, Compression.NONE, distances.strip());
      append(fixture, Compression.LZ4, distances.strip());
      assertThat(fixture.log().offsets().endOffset()).isEqualTo(2L * distances.split(" ").length);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-101,        -101",
    "51,            51",
    "0 -101 0,    -101",
    "0 51 0,        51",
    "none -101,   -101",
    "-101 51,       51",
    "-1700000000000, -1700000000000",
  })
  void aBatchWithARecordThatIsNotIsRefusedAndNothingOfItIsThere(String distances, long refused) {
    try (LogFixture fixture = openWithin(100, 50)) {
      for (Compression compression : new Compression[] {Compression.NONE, Compression.ZSTD}) {
        assertThatThrownBy(() -> append(fixture, compression, distances))
            .isInstanceOfSatisfying(
                InvalidTimestampException.class,
                e -> assertThat(e.timestamp()).isEqualTo(NOW + refused))
            .hasMessageContaining("timestamp " + (NOW + refused))
            .hasMessageContaining("expected " + (NOW - 100) + " to " + (NOW + 50))
            .hasMessageContaining("message.timestamp.before.max.ms is 100")
            .hasMessageContaining("message.timestamp.after.max.ms is 50");
      }
      fixture.assertOffsets(0, 0).append("a").assertReads("a");
    }
  }

  @Test
  void withoutBoundsEverythingIsTakenAndNoClockIsRead() {
    EpochClock broken =
        () -> {
          throw new AssertionError("an append looked at the clock");
        };
    try (LogFixture fixture = open(UnaryOperator.identity())) {
      AppendTime time = new AppendTime("log", broken, LogOptions.defaults());
      RecordBatchBuilder builder = fixture.log().newBatch();
      for (long timestamp : new long[] {0, Long.MAX_VALUE, NONE}) {
        builder.append(timestamp, null, new byte[0]);
      }
      assertThatCode(() -> time.onRecords(builder.build())).doesNotThrowAnyException();
      fixture.log().append(builder.build());
      fixture.assertOffsets(0, 3);
    }
  }

  @Test
  void oneBoundDoesNotImplyTheOther() {
    try (LogFixture fixture = openWithin(Long.MAX_VALUE, 0)) {
      fixture.appendAt(0, "early");
      assertThatThrownBy(() -> fixture.appendAt(NOW + 1, "late"))
          .isInstanceOf(InvalidTimestampException.class)
          .hasMessageContaining("expected " + (NOW - Long.MAX_VALUE) + " to " + NOW);
    }
    try (LogFixture fixture =
        LogFixture.open(root.resolve("other"), options -> options.timestampBeforeMaxMillis(0))) {
      fixture.appendAt(Long.MAX_VALUE, "late");
      assertThatThrownBy(() -> fixture.appendAt(NOW - 1, "early"))
          .isInstanceOf(InvalidTimestampException.class)
          .hasMessageContaining("expected " + NOW + " to " + Long.MAX_VALUE);
    }
  }

  @Test
  void whatTheLogStampsItselfIsNotChecked() {
    try (LogFixture fixture =
        open(options ->
            options
                .timestampType(TimestampType.LOG_APPEND_TIME)
                .timestampBeforeMaxMillis(0)
                .timestampAfterMaxMillis(0))) {
      fixture.appendAt(7, "a").assertReads("a");
      assertThat(fixture.log().segments().getFirst().timestampMax()).isEqualTo(NOW);
    }
  }

  @Test
  void aProducerCanGoOnAfterARefusal() {
    try (LogFixture fixture = openWithin(100, 50);
        Producer producer = fixture.log().producer("p")) {
      assertThatThrownBy(() -> producer.append(NOW + 51, null, new byte[0]))
          .isInstanceOf(InvalidTimestampException.class);
      assertThat(producer.append(NOW, null, new byte[0])).isZero();
      assertThat(producer.nextSequence()).isEqualTo(1);
    }
  }
}
