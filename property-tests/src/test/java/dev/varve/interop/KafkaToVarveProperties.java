package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** That Varve opens whatever Kafka has left, in order or not, and goes on with it. */
class KafkaToVarveProperties {
  /** So early that to Kafka no producer is idle, whatever timestamps its batches have. */
  private static final long NOW_MILLIS = 5_000_000;

  @Provide
  Arbitrary<LogSettings> settings() {
    return HistoryArbitraries.settings();
  }

  @Provide
  Arbitrary<List<LogStep>> histories() {
    return HistoryArbitraries.histories(30);
  }

  @Provide
  Arbitrary<List<LogStep>> historiesWithDeletion() {
    return HistoryArbitraries.historiesWithDeletion(30);
  }

  @Provide
  Arbitrary<List<FollowerAppend>> followerAppends() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 3),
            Arbitraries.integers().between(0, 2),
            BatchArbitraries.batches().list().ofMinSize(1).ofMaxSize(3))
        .as(FollowerAppend::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(6);
  }

  @Property(tries = 12)
  void varveReadsWhatKafkaClosed(
      @ForAll("settings") LogSettings chosen,
      @ForAll("historiesWithDeletion") List<LogStep> steps,
      @ForAll @IntRange(min = 0, max = 120) int percentKept)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps);
    KafkaClock clock = new KafkaClock(NOW_MILLIS);
    try (LogDirectory directory = LogDirectory.create()) {
      Written written;
      try (KafkaLog kafka = settings.kafka(directory.path(), clock).open()) {
        LogStep.applyAll(steps, kafka);
        if (percentKept < 100) {
          long span = kafka.endOffset() - kafka.startOffset();
          kafka.truncateTo(kafka.startOffset() + span * percentKept / 100);
        }
        written = Written.of(kafka);
      }

      assertVarveGoesOn(directory, settings, clock, written);
    }
  }

  /** Indexes of full size with zeros at the end, no snapshot of the end: a broker was killed. */
  @Property(tries = 8)
  void varveReadsWhatAKilledKafkaLeft(
      @ForAll("settings") LogSettings chosen, @ForAll("histories") List<LogStep> steps)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps);
    KafkaClock clock = new KafkaClock(NOW_MILLIS);
    try (LogDirectory directory = LogDirectory.create();
        KafkaLog kafka = settings.kafka(directory.path(), clock).open()) {
      LogStep.applyAll(steps, kafka);

      try (LogDirectory killed = directory.copy()) {
        assertVarveGoesOn(killed, settings, clock, Written.of(kafka));
      }
    }
  }

  @Property(tries = 10)
  void varveReadsWhatAFollowerWrote(@ForAll("followerAppends") List<FollowerAppend> appends)
      throws IOException {
    LogSettings settings = LogSettings.ofSegmentBytes(2_000_000).withIndexIntervalBytes(200);
    KafkaClock clock = new KafkaClock(NOW_MILLIS);
    try (LogDirectory directory = LogDirectory.create()) {
      Written written;
      try (KafkaLog kafka = settings.kafka(directory.path(), clock).open()) {
        int epoch = 0;
        for (FollowerAppend append : appends) {
          epoch += append.epochStep;
          append.applyTo(kafka, epoch);
        }
        written = Written.of(kafka);
      }

      assertVarveGoesOn(directory, settings, clock, written);
    }
  }

  /** Varve reads it, appends to it and closes it, and Kafka reads all of it. */
  private static void assertVarveGoesOn(
      LogDirectory directory, LogSettings settings, KafkaClock clock, Written written)
      throws IOException {
    List<KafkaRecord> all;
    long end;
    try (VarveLog varve = VarveLog.open(directory.path(), settings, clock)) {
      assertThat(written.from(varve)).isEqualTo(written.records);
      assertThat(varve.segmentBaseOffsets()).isEqualTo(written.segmentBaseOffsets);
      TimeLookups.assertFindsFirstRecords(varve, varve.readAll());
      long offset = varve.append(NewBatch.of(NewRecord.of(NOW_MILLIS, "from", "varve")));
      all = varve.readAll();
      end = varve.endOffset();
      assertThat(offset).isEqualTo(end - 1).isGreaterThanOrEqualTo(written.nextOffset());
      assertThat(written.from(varve).subList(0, written.records.size())).isEqualTo(written.records);
    }
    assertThat(KafkaDump.complaints(directory.path(), KafkaDump.Check.INDEX_SANITY)).isEmpty();
    assertThat(KafkaDump.complaints(directory.path(), KafkaDump.Check.CONTENT)).isEmpty();
    try (KafkaLog kafka = settings.kafka(directory.path(), clock).open()) {
      assertThat(kafka.readAll()).isEqualTo(all);
      assertThat(kafka.endOffset()).isEqualTo(end);
    }
  }

  /** What Kafka has, or had when it was killed. Its start offset is not in the directory. */
  private record Written(
      List<KafkaRecord> records, long startOffset, List<Long> segmentBaseOffsets) {
    static Written of(KafkaLog kafka) throws IOException {
      return new Written(kafka.readAll(), kafka.startOffset(), kafka.segmentBaseOffsets());
    }

    List<KafkaRecord> from(VarveLog varve) {
      return varve.readAll().stream().filter(record -> record.offset() >= startOffset).toList();
    }

    long nextOffset() {
      return records.isEmpty() ? 0 : records.getLast().offset() + 1;
    }
  }

  /** Batches as a follower fetches them, with a gap before them, perhaps under a new epoch. */
  record FollowerAppend(int gap, int epochStep, List<NewBatch> batches) {
    void applyTo(KafkaLog kafka, int leaderEpoch) {
      kafka.appendAsFollower(
          kafka.endOffset() + gap, leaderEpoch, batches.toArray(NewBatch[]::new));
    }
  }
}
