package dev.varve.compaction;

import static dev.varve.compaction.HistoryOfBatches.NOW_MILLIS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.compaction.HistoryOfBatches.Aborted;
import dev.varve.compaction.HistoryOfBatches.Entry;
import dev.varve.compaction.HistoryOfBatches.Horizon;
import dev.varve.compaction.HistoryOfBatches.Producer;
import dev.varve.compaction.HistoryOfBatches.Step;
import dev.varve.log.record.Compression;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/** That what is left of batches, and its bytes, are what Kafka's cleaner leaves of them. */
class CleaningLikeKafkaProperties {

  @Provide
  Arbitrary<List<Step>> histories() {
    return Arbitraries.frequencyOf(Tuple.of(5, data()), Tuple.of(2, markers()))
        .list()
        .ofMinSize(1)
        .ofMaxSize(14);
  }

  private static Arbitrary<Step> data() {
    return Combinators.combine(
            Arbitraries.frequency(Tuple.of(5, 0), Tuple.of(1, 1), Tuple.of(1, 70)),
            Arbitraries.of(HistoryOfBatches.NO_PRODUCER, 0, 0, 1, 2),
            Arbitraries.of(true, true, false),
            Arbitraries.of(
                Compression.NONE,
                Compression.NONE,
                Compression.NONE,
                Compression.GZIP,
                Compression.SNAPPY,
                Compression.LZ4,
                Compression.ZSTD),
            Arbitraries.of(false, false, true),
            horizons(),
            entries().list().ofMaxSize(6))
        .as(Step.Data::new);
  }

  private static Arbitrary<Horizon> horizons() {
    return Arbitraries.frequency(
        Tuple.of(5, Horizon.NONE),
        Tuple.of(2, Horizon.PAST),
        Tuple.of(1, Horizon.NOW),
        Tuple.of(1, Horizon.FUTURE));
  }

  private static Arbitrary<Entry> entries() {
    return Combinators.combine(
            Arbitraries.frequency(Tuple.of(5, 1), Tuple.of(1, 3), Tuple.of(1, 200)),
            Arbitraries.integers().between(-1, 4),
            Arbitraries.of("", "value", "value ".repeat(30)).injectNull(0.3),
            Arbitraries.frequencyOf(
                Tuple.of(5, Arbitraries.longs().between(NOW_MILLIS - 10_000, NOW_MILLIS)),
                Tuple.of(1, Arbitraries.of(-1L, 0L, Long.MAX_VALUE))),
            Arbitraries.of(0, 0, 0, 1, 2))
        .as(Entry::new);
  }

  private static Arbitrary<Step> markers() {
    return Combinators.combine(
            Arbitraries.of(0, 0, 1, 3),
            Arbitraries.of(0, 0, 1, 2),
            Arbitraries.of(true, false),
            horizons(),
            Arbitraries.frequency(Tuple.of(7, false), Tuple.of(1, true)),
            Arbitraries.of(true, false))
        .as(Step.Marker::new);
  }

  /** Where keys are learnt, in percent of the log, and what is known of producers. */
  record Pass(int fromPercent, int endPercent, boolean producersKnown, int highPercent) {}

  @Provide
  Arbitrary<Pass> passes() {
    return Combinators.combine(
            Arbitraries.of(0, 0, 30, 60),
            Arbitraries.of(100, 100, 80, 40, 0),
            Arbitraries.of(true, false),
            Arbitraries.of(100, 100, 101, 50))
        .as(Pass::new);
  }

  @Provide
  Arbitrary<Long> retentions() {
    return Arbitraries.of(0L, 1L, 86_400_000L);
  }

  @Property(tries = 1000)
  void oneVarvePassLeavesTheBytesOfOneKafkaPass(
      @ForAll("histories") List<Step> steps,
      @ForAll("passes") Pass pass,
      @ForAll("retentions") long deleteRetentionMillis)
      throws Exception {
    HistoryOfBatches history = HistoryOfBatches.of(steps);
    byte[] log = history.bytes();
    assertSame(
        log, cleaning(history, log, history.aborted(), pass, NOW_MILLIS, deleteRetentionMillis));
  }

  /**
   * Each pass over what Kafka has left, so that horizons, empty batches and indexes are its own.
   */
  @Property(tries = 300)
  void passAfterPassLeavesTheSame(
      @ForAll("histories") List<Step> steps, @ForAll("passes") Pass pass) throws Exception {
    HistoryOfBatches history = HistoryOfBatches.of(steps);
    byte[] log = history.bytes();
    List<Aborted> aborted = history.aborted();
    for (int i = 0; i < 4 && log.length > 0; i++) {
      Cleaning cleaning = cleaning(history, log, aborted, pass, NOW_MILLIS + 600L * i, 1_000);
      KafkaCleaner.Result left = assertSame(log, cleaning);
      aborted = left.stillAborted();
      ByteBuffer bytes = left.bytes();
      log = new byte[bytes.remaining()];
      bytes.get(log);
    }
  }

  private static Cleaning cleaning(
      HistoryOfBatches history,
      byte[] log,
      List<Aborted> aborted,
      Pass pass,
      long nowMillis,
      long deleteRetentionMillis) {
    long end = history.end() * pass.endPercent() / 100;
    long from = history.end() * pass.fromPercent() / 100;
    List<Producer> producers = pass.producersKnown() ? history.producers() : List.of();
    return new Cleaning(
        Cleaning.latestIn(log, aborted, from, end),
        end,
        producers,
        aborted,
        history.end() * pass.highPercent() / 100,
        nowMillis,
        deleteRetentionMillis);
  }

  private static KafkaCleaner.Result assertSame(byte[] log, Cleaning cleaning) throws Exception {
    KafkaCleaner.Result theirs = KafkaCleaner.clean(log, cleaning);
    Cleaning.Result ours = cleaning.clean(log);
    assertSameBatches(ByteBuffer.wrap(ours.bytes().toByteArray()), theirs.bytes());
    assertThat(ours.stillAborted()).isEqualTo(theirs.stillAborted());
    assertThat(ours.stats().keylessRecords()).isEqualTo(theirs.invalidRecords());
    assertThat(ours.stats().recordsKept()).isEqualTo(theirs.filtered().messagesRetained());
    assertThat(ours.stats().bytesKept()).isEqualTo(ours.bytes().size());
    assertThat(ours.stats().bytesRead()).isEqualTo(theirs.filtered().bytesRead());
    return theirs;
  }

  private static void assertSameBatches(ByteBuffer ours, ByteBuffer theirs) {
    List<MutableRecordBatch> found = batches(ours);
    List<MutableRecordBatch> expected = batches(theirs);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      MutableRecordBatch batch = found.get(i);
      batch.ensureValid();
      if (batch.compressionType().id == 0) {
        assertThat(bytes(batch).array()).isEqualTo(bytes(expected.get(i)).array());
      } else {
        assertThat(header(batch)).isEqualTo(header(expected.get(i)));
        assertThat(records(batch)).isEqualTo(records(expected.get(i)));
      }
    }
  }

  private static List<MutableRecordBatch> batches(ByteBuffer bytes) {
    List<MutableRecordBatch> batches = new ArrayList<>();
    MemoryRecords.readableRecords(bytes).batches().forEach(batches::add);
    return batches;
  }

  private static ByteBuffer bytes(MutableRecordBatch batch) {
    ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
    batch.writeTo(bytes);
    return bytes.flip();
  }

  /** All of the header but the length of the batch and the checksum. */
  private static ByteBuffer header(MutableRecordBatch batch) {
    ByteBuffer header = bytes(batch).limit(61);
    return header.putInt(8, 0).putInt(17, 0);
  }

  private static List<Record> records(MutableRecordBatch batch) {
    List<Record> records = new ArrayList<>();
    batch.forEach(records::add);
    return records;
  }
}
