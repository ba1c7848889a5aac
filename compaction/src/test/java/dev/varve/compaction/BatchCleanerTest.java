package dev.varve.compaction;

import static dev.varve.compaction.HistoryOfBatches.NOW_MILLIS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.varve.compaction.BatchCleaner.Outcome;
import dev.varve.compaction.HistoryOfBatches.Aborted;
import dev.varve.compaction.HistoryOfBatches.Entry;
import dev.varve.compaction.HistoryOfBatches.Horizon;
import dev.varve.compaction.HistoryOfBatches.Producer;
import dev.varve.compaction.HistoryOfBatches.Step;
import dev.varve.log.record.Compression;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.RecordCursor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is written of a batch, by each of the rules. That the bytes are Kafka's is told elsewhere.
 */
class BatchCleanerTest {
  private static final long RETENTION_MILLIS = 1000;

  /** A batch with a record for each word: {@code a} key and value, {@code -a} tombstone. */
  private static Step.Data data(
      int producer, boolean transactional, Horizon horizon, String words) {
    List<Entry> entries = new ArrayList<>();
    for (String word : words.strip().isEmpty() ? new String[0] : words.strip().split(" ")) {
      boolean tombstone = word.startsWith("-");
      int key = word.endsWith("?") ? -1 : word.charAt(word.length() - 1) - 'a';
      entries.add(new Entry(1, key, tombstone ? null : "value", NOW_MILLIS - 50, 0));
    }
    return new Step.Data(0, producer, transactional, Compression.NONE, false, horizon, entries);
  }

  private static Step.Marker marker(int producer, boolean commit, Horizon horizon) {
    return new Step.Marker(0, producer, commit, horizon, false, false);
  }

  private static Cleaning cleaning(HistoryOfBatches history, List<Producer> producers, long high) {
    byte[] log = history.bytes();
    Map<ByteBuffer, Long> latest = Cleaning.latestIn(log, history.aborted(), 0, history.end());
    return new Cleaning(
        latest, history.end(), producers, history.aborted(), high, NOW_MILLIS, RETENTION_MILLIS);
  }

  private static Cleaning.Result clean(Step... steps) {
    HistoryOfBatches history = HistoryOfBatches.of(List.of(steps));
    return cleaning(history, List.of(), -1).clean(history.bytes());
  }

  /** The batches that are left: offsets of records, and h if there is a delete horizon. */
  private static List<String> left(Cleaning.Result result) {
    List<String> batches = new ArrayList<>();
    RecordCursor cursor = new RecordCursor();
    for (RecordBatch batch : Cleaning.batches(result.bytes().toByteArray())) {
      StringBuilder text = new StringBuilder(batch.hasDeleteHorizon() ? "h" : "");
      cursor.open(batch);
      while (cursor.next()) {
        text.append(' ').append(cursor.record().offset());
      }
      batches.add(text.toString().strip());
    }
    return batches;
  }

  @ParameterizedTest
  @CsvSource({
    // words           , horizon, outcome  , left
    "a b c             , NONE   , AS_IS    , 0 1 2",
    "a b a             , NONE   , REWRITTEN, 1 2",
    "a b ?             , NONE   , REWRITTEN, 0 1", // no key
    "? ?               , NONE   , NOTHING  , ''",
    "''                , NONE   , NOTHING  , ''",
    "a -b              , NONE   , REWRITTEN, h 0 1", // gets a horizon
    "a -b              , FUTURE , AS_IS    , h 0 1",
    "a -b              , NOW    , REWRITTEN, h 0", // which stays
    "a -b              , PAST   , REWRITTEN, h 0",
    "-a -b             , PAST   , NOTHING  , ''",
    "-a a              , NONE   , REWRITTEN, 1", // not the last, so no tombstone is left
    "a -a              , NONE   , REWRITTEN, h 1",
    "a -a              , PAST   , NOTHING  , ''",
  })
  void recordsOfData(String words, Horizon horizon, Outcome outcome, String left) {
    Cleaning.Result result = clean(data(-1, false, horizon, words));
    assertThat(result.outcomes()).containsExactly(outcome);
    assertThat(left(result)).isEqualTo(left.isEmpty() ? List.of() : List.of(left));
  }

  @Test
  void aNewHorizonIsCountedFromNow() {
    Cleaning.Result result = clean(data(-1, false, Horizon.NONE, "-a"));
    RecordBatch batch = Cleaning.batches(result.bytes().toByteArray()).getFirst();
    assertThat(batch.deleteHorizonMillis()).isEqualTo(NOW_MILLIS + RETENTION_MILLIS);
  }

  /** Kafka writes such a batch anew in each pass, without a horizon. */
  @Test
  void aHorizonBehindTheEndOfTimeIsNone() {
    HistoryOfBatches history = HistoryOfBatches.of(List.of(data(-1, false, Horizon.NONE, "-a")));
    Cleaning cleaning =
        new Cleaning(Map.of(), history.end(), List.of(), List.of(), -1, NOW_MILLIS, Long.MAX_VALUE);
    assertThat(cleaning.clean(history.bytes()).outcomes()).containsExactly(Outcome.AS_IS);
  }

  @Test
  void whatLiesBehindWhatWasLearntStays() {
    HistoryOfBatches history =
        HistoryOfBatches.of(List.of(data(-1, false, Horizon.PAST, "a a a ? -b")));
    byte[] log = history.bytes();
    Map<ByteBuffer, Long> latest = Cleaning.latestIn(log, List.of(), 0, 2);
    Cleaning cleaning =
        new Cleaning(latest, 2, List.of(), List.of(), -1, NOW_MILLIS, RETENTION_MILLIS);
    assertThat(left(cleaning.clean(log))).containsExactly("h 1 2 3 4");
  }

  @ParameterizedTest
  @CsvSource({
    // commit, horizon of the marker, outcomes of data and marker
    "true    , NONE  , AS_IS   , AS_IS",
    "true    , PAST  , AS_IS   , AS_IS", // its data is there
    "false   , NONE  , NOTHING , AS_IS", // for one pass more
  })
  void markersOfWhatHasData(boolean commit, Horizon horizon, Outcome data, Outcome marker) {
    Cleaning.Result result = clean(data(1, true, Horizon.NONE, "a"), marker(1, commit, horizon));
    assertThat(result.outcomes()).containsExactly(data, marker);
    assertThat(result.stillAborted())
        .isEqualTo(commit ? List.of() : List.of(new Aborted(1, 0, 2, 3)));
  }

  @ParameterizedTest
  @CsvSource({
    "true  , NONE  , REWRITTEN", // gets a horizon
    "true  , FUTURE, AS_IS",
    "true  , NOW   , NOTHING",
    "true  , PAST  , NOTHING",
    "false , NONE  , REWRITTEN",
    "false , FUTURE, AS_IS",
    "false , PAST  , NOTHING",
  })
  void markersOfNothing(boolean commit, Horizon horizon, Outcome outcome) {
    Cleaning.Result result = clean(marker(1, commit, horizon));
    assertThat(result.outcomes()).containsExactly(outcome);
    assertThat(result.stillAborted()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    // the last batch is that of offset 2-3 / the markers at 4
    // last data offset, epoch, of data, of a marker
    "3                 , 3    , EMPTY  , NOTHING",
    "1                 , 3    , NOTHING, NOTHING", // another batch
    "-1                , 3    , NOTHING, EMPTY", // there is only the marker to say the epoch
    "-1                , 2    , NOTHING, NOTHING",
  })
  void theLastBatchOfAProducerStaysAsAnEmptyOne(
      long lastDataOffset, short epoch, Outcome data, Outcome marker) {
    HistoryOfBatches history =
        HistoryOfBatches.of(
            List.of(
                data(1, false, Horizon.NONE, "a"),
                data(1, false, Horizon.NONE, "a"),
                marker(1, true, Horizon.PAST),
                data(2, false, Horizon.NONE, "a")));
    List<Producer> producers = List.of(new Producer(1, epoch, lastDataOffset));
    Cleaning.Result result = cleaning(history, producers, -1).clean(history.bytes());
    assertThat(result.outcomes().subList(1, 3)).containsExactly(data, marker);
    assertThat(result.stats().recordsKept()).isEqualTo(1);
  }

  @Test
  void abortedDataOfAnActiveProducerStaysAsAnEmptyBatch() {
    HistoryOfBatches history =
        HistoryOfBatches.of(
            List.of(data(1, true, Horizon.NONE, "a"), marker(1, false, Horizon.NONE)));
    Cleaning.Result result = cleaning(history, history.producers(), -1).clean(history.bytes());
    assertThat(result.outcomes()).containsExactly(Outcome.EMPTY, Outcome.AS_IS);
  }

  @Test
  void theBatchThatEndsAtTheHighWatermarkStaysAsAnEmptyOne() {
    HistoryOfBatches history =
        HistoryOfBatches.of(
            List.of(data(-1, false, Horizon.NONE, "a"), data(-1, false, Horizon.NONE, "a")));
    assertThat(cleaning(history, List.of(), 2).clean(history.bytes()).outcomes())
        .containsExactly(Outcome.EMPTY, Outcome.AS_IS);
    assertThat(cleaning(history, List.of(), 3).clean(history.bytes()).outcomes())
        .containsExactly(Outcome.NOTHING, Outcome.AS_IS);
  }

  @Test
  void whatIsReadAndKeptIsCounted() {
    Cleaning.Result result =
        clean(
            data(-1, false, Horizon.NONE, "a b ? -c"),
            data(-1, false, Horizon.PAST, "-a -d"),
            data(1, true, Horizon.NONE, "e e e"),
            marker(1, false, Horizon.NONE));
    CleaningStats stats = result.stats();
    assertThat(stats.batchesRead()).isEqualTo(4);
    assertThat(stats.recordsRead()).isEqualTo(10);
    assertThat(stats.batchesKept()).isEqualTo(2);
    assertThat(stats.recordsKept()).isEqualTo(3);
    assertThat(stats.bytesKept()).isEqualTo(result.bytes().size());
    assertThat(stats.tombstonesKept()).isEqualTo(1);
    assertThat(stats.tombstonesRemoved()).isEqualTo(2);
    assertThat(stats.keylessRecords()).isEqualTo(1);
    CleaningStats twice = new CleaningStats();
    twice.add(stats);
    twice.add(stats);
    assertThat(twice)
        .hasToString(
            "CleaningStats[6 of 20 records, "
                + 2 * stats.bytesKept()
                + " of "
                + 2 * stats.bytesRead()
                + " bytes and 4 of 8 batches kept; 2 tombstones kept, 4 removed, 2 records without"
                + " key]");
  }

  private static byte[] log(RecordBatchBuilder... builders) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    for (RecordBatchBuilder builder : builders) {
      log.writeBytes(HistoryOfBatches.bytesOf(builder.build()));
    }
    return log.toByteArray();
  }

  private static byte[] key(int number) {
    return ("key " + number).getBytes(UTF_8);
  }

  private static Cleaning cleaning(byte[] log, long end) {
    Map<ByteBuffer, Long> latest = Cleaning.latestIn(log, List.of(), 0, end);
    return new Cleaning(latest, end, List.of(), List.of(), -1, NOW_MILLIS, RETENTION_MILLIS);
  }

  @Test
  void batchesOfManyRecordsAreFollowedBySmallOnes() {
    RecordBatchBuilder many = RecordBatchBuilder.of(Compression.LZ4);
    RecordBatchBuilder few = RecordBatchBuilder.of(Compression.LZ4).baseOffset(5000);
    for (int i = 0; i < 5000; i++) {
      many.append(0, key(i % 4900), new byte[3]); // the first hundred goes
    }
    for (int i = 0; i < 2000; i++) {
      few.append(0, key(i == 0 ? 9001 : 9000), new byte[3]); // the first and the last stay
    }
    byte[] log = log(many, few);
    Cleaning.Result result = cleaning(log, 7000).clean(log);
    assertThat(result.outcomes()).containsExactly(Outcome.REWRITTEN, Outcome.REWRITTEN);
    List<String> left = left(result);
    assertThat(left.getFirst()).startsWith("100 101").endsWith("4998 4999");
    assertThat(left.getFirst().split(" ")).hasSize(4900);
    assertThat(left.get(1)).isEqualTo("5000 6999");
  }

  @Test
  void aBatchThatCannotBeReadIsAnErrorAndTheNextOneIsCleaned() {
    RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);
    builder.append(0, key(1), new byte[3]).append(0, key(1), new byte[3]);
    byte[] log = log(builder);
    byte[] unknownCodec = log.clone();
    unknownCodec[22] |= 5;
    byte[] wrongCount = log.clone();
    wrongCount[60] = 1;
    byte[] negativeTime = log.clone();
    negativeTime[27] = (byte) 0xff;
    byte[] transactional = log.clone();
    transactional[22] |= 0x10;
    BatchCleaner cleaner = new BatchCleaner(1 << 20, new CleaningStats());
    assertThatThrownBy(() -> cleaner.clean(batch(log)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no round has begun, expected begin() before");
    cleaner.begin(cleaning(log, 2).round(new CleanedTransactions()));
    for (byte[] damaged : List.of(unknownCodec, wrongCount, negativeTime, transactional)) {
      assertThatThrownBy(() -> cleaner.clean(batch(damaged)))
          .isInstanceOf(InvalidBatchException.class);
      assertThatThrownBy(cleaner::encoded).isInstanceOf(IllegalStateException.class);
      assertThat(cleaner.clean(batch(log))).isEqualTo(Outcome.REWRITTEN);
      assertThat(cleaner.encoded().recordCount()).isEqualTo(1);
    }
  }

  private static RecordBatch batch(byte[] bytes) {
    return new RecordBatch().wrap(MemorySegment.ofArray(bytes), 0);
  }

  @Test
  void nothingIsEncodedOfWhatStaysAsItIs() {
    RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);
    byte[] log = log(builder.append(0, key(1), new byte[3]));
    BatchCleaner cleaner = new BatchCleaner(1 << 20, new CleaningStats());
    cleaner.begin(cleaning(log, 1).round(new CleanedTransactions()));
    assertThat(cleaner.clean(batch(log))).isEqualTo(Outcome.AS_IS);
    assertThatThrownBy(cleaner::encoded)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("nothing was encoded");
  }

  @Test
  void onceWarmItMakesNoGarbage() {
    RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);
    builder.producer(3, (short) 0, 0).transactional();
    for (int i = 0; i < 100; i++) {
      builder.append(0, key(i), i % 7 == 0 ? null : new byte[100]);
    }
    RecordBatch batch = batch(log(builder));
    CleanedTransactions transactions = new CleanedTransactions();
    BatchCleaner cleaner = new BatchCleaner(1 << 20, new CleaningStats());
    cleaner.begin(
        new CleaningRound(
            new EvenOffsets(),
            new LastBatches().add(3, (short) 0, 5),
            transactions,
            -1,
            NOW_MILLIS,
            RETENTION_MILLIS));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long garbage = Long.MAX_VALUE;
    int rewritten = 0;
    for (int round = 0; round < 20; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1000; i++) {
        rewritten += cleaner.clean(batch) == Outcome.REWRITTEN ? 1 : 0;
      }
      garbage = Math.min(garbage, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(rewritten).isEqualTo(20_000);
    assertThat(garbage).as("bytes for 100,000 records").isLessThan(1000);
  }

  /** Knows that each second record is the last of its key. */
  private static final class EvenOffsets implements LatestOffsets {
    @Override
    public long endOffset() {
      return Long.MAX_VALUE;
    }

    @Override
    public boolean isSuperseded(BatchRecords records, int index) {
      return (records.offset(index) & 1) != 0;
    }
  }
}
