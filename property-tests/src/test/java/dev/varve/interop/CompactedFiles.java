package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.index.AbortedTransaction;
import dev.varve.index.TransactionIndex;
import dev.varve.log.producer.ProducerEntry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Compares the files of two closed logs of which each was compacted by somebody else. */
final class CompactedFiles {
  private static final int HEADER_BYTES = 61;
  private static final int BATCH_LENGTH_AT = 8;
  private static final int CHECKSUM_AT = 17;

  private CompactedFiles() {}

  /**
   * The same segments, of the same age, with the same batches, to the byte where nothing is
   * compressed, and the same indexes and snapshots beside them.
   *
   * @param rewritten the segments that Varve made; others it may only have opened, and made indexes
   *     of those anew that Kafka has left
   */
  static void assertSame(
      LogDirectory ofVarve, LogDirectory ofKafka, long start, Set<String> rewritten)
      throws IOException {
    SortedMap<String, Bytes> found = filesThatCount(ofVarve, start);
    SortedMap<String, Bytes> expected = filesThatCount(ofKafka, start);
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    for (Map.Entry<String, Bytes> file : expected.entrySet()) {
      String name = file.getKey();
      if (name.endsWith(".log")) {
        assertSameAborted(name, aborted(ofVarve, name), aborted(ofKafka, name), start);
        Bytes log = Objects.requireNonNull(found.get(name));
        boolean comparable = assertSameBatches(name, log, file.getValue(), start);
        if (!name.equals(lastLog(expected))) { // that one was only opened
          assertThat(modified(ofVarve, name)).as(name).isEqualTo(modified(ofKafka, name));
          if (comparable && rewritten.contains(name)) {
            String offsets = name.replace(".log", ".index");
            assertThat(found.get(offsets)).as(offsets).isEqualTo(expected.get(offsets));
            String times = name.replace(".log", ".timeindex");
            assertThat(found.get(times)).as(times).isEqualTo(expected.get(times));
          }
        }
      } else if (name.equals("leader-epoch-checkpoint")) {
        assertThat(found.get(name)).as(name).isEqualTo(file.getValue());
      } else if (name.endsWith(".snapshot")) {
        assertThat(producers(ofVarve, name)).as(name).isEqualTo(producers(ofKafka, name));
      }
    }
  }

  /** Those that an open does not forget, since they were idle for too long. */
  private static Map<Long, ProducerEntry> producers(LogDirectory directory, String snapshot)
      throws IOException {
    Map<Long, ProducerEntry> producers =
        SnapshotEntries.at(LogDirectory.baseOffsetOf(snapshot), directory);
    producers
        .values()
        .removeIf(producer -> producer.timestamp() < HistoryArbitraries.KEYED_SINCE_MILLIS);
    return producers;
  }

  /** Which file has a name, by name: another one if it was replaced. */
  static Map<String, Object> identities(LogDirectory directory) throws IOException {
    Map<String, Object> identities = new HashMap<>();
    for (Path file : directory.files()) {
      Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      identities.put(file.getFileName().toString(), key);
    }
    return identities;
  }

  /** The names of files that are not those that they were. */
  static Set<String> replaced(LogDirectory directory, Map<String, Object> before)
      throws IOException {
    Map<String, Object> now = identities(directory);
    now.entrySet().removeAll(before.entrySet());
    return now.keySet();
  }

  /**
   * The same aborted transactions end in a segment. An index that is made anew knows only what is
   * left of them: none that lies below the start, and others from their first batch on that
   * compaction has left.
   */
  private static void assertSameAborted(
      String log, List<AbortedTransaction> ofVarve, List<AbortedTransaction> ofKafka, long start) {
    Map<Long, AbortedTransaction> found = byMarker(ofVarve);
    Map<Long, AbortedTransaction> expected = byMarker(ofKafka);
    assertNoneElse(log, found, expected, start);
    assertNoneElse(log, expected, found, start);
    expected.forEach((marker, kafkas) -> {
      AbortedTransaction varves = found.get(marker);
      if (varves != null) {
        assertThat(varves.producerId()).as(log).isEqualTo(kafkas.producerId());
        assertThat(varves.firstOffset()).as(log).isGreaterThanOrEqualTo(kafkas.firstOffset());
      }
    });
  }

  /** But for those that began below the start. */
  private static void assertNoneElse(
      String log,
      Map<Long, AbortedTransaction> one,
      Map<Long, AbortedTransaction> other,
      long start) {
    one.forEach((marker, transaction) -> {
      if (!other.containsKey(marker)) {
        assertThat(transaction.firstOffset())
            .as("%s: %s of one, and %s of the other", log, transaction, other.values())
            .isLessThan(start);
      }
    });
  }

  private static Map<Long, AbortedTransaction> byMarker(List<AbortedTransaction> aborted) {
    Map<Long, AbortedTransaction> byMarker = new HashMap<>();
    aborted.forEach(transaction -> byMarker.put(transaction.lastOffset(), transaction));
    return byMarker;
  }

  /** What the index of a segment says. */
  private static List<AbortedTransaction> aborted(LogDirectory directory, String log)
      throws IOException {
    List<AbortedTransaction> aborted = new ArrayList<>();
    Path file = directory.path().resolve(log.replace(".log", ".txnindex"));
    if (Files.exists(file)) {
      MemorySegment bytes = MemorySegment.ofArray(Files.readAllBytes(file));
      TransactionIndex index = TransactionIndex.over(bytes, LogDirectory.baseOffsetOf(log));
      for (int slot = 0; slot < index.entryCount(); slot++) {
        aborted.add(index.transaction(slot));
      }
    }
    return aborted;
  }

  private static String lastLog(SortedMap<String, Bytes> files) {
    return files.keySet().stream()
        .filter(name -> name.endsWith(".log"))
        .reduce((_, last) -> last)
        .orElseThrow();
  }

  private static long modified(LogDirectory directory, String name) throws IOException {
    Path file = directory.path().resolve(name);
    return Files.getLastModifiedTime(file).toMillis();
  }

  /**
   * An empty transaction index says what none says, so they are looked at apart. Kafka removes the
   * snapshots at and below the log start when it opens a log, and Varve does not.
   */
  private static SortedMap<String, Bytes> filesThatCount(LogDirectory directory, long start)
      throws IOException {
    SortedMap<String, Bytes> files = new TreeMap<>(directory.kafkaFiles());
    files
        .keySet()
        .removeIf(name ->
            name.endsWith(".txnindex")
                || (name.endsWith(".snapshot") && LogDirectory.baseOffsetOf(name) <= start));
    return files;
  }

  /**
   * What lies below the start of the log nobody reads: there Kafka keeps data that was aborted, if
   * the marker lies below, too, and Varve does not.
   *
   * @return whether bytes have to be the same: no batch is compressed, and none is below the start
   */
  private static boolean assertSameBatches(String name, Bytes ofVarve, Bytes ofKafka, long start) {
    List<MutableRecordBatch> found = batches(ofVarve, start);
    List<MutableRecordBatch> expected = batches(ofKafka, start);
    boolean comparable = LogDirectory.baseOffsetOf(name) >= start;
    for (int i = 0; i < Math.min(found.size(), expected.size()); i++) {
      MutableRecordBatch batch = expected.get(i);
      assertThat(header(found.get(i))).as("%s, %s", name, batch).isEqualTo(header(batch));
      assertThat(records(found.get(i))).as("%s, %s", name, batch).isEqualTo(records(batch));
      comparable &= batch.compressionType().id == 0;
    }
    assertThat(found).as(name).hasSameSizeAs(expected);
    if (comparable) {
      assertThat(ofVarve).as(name).isEqualTo(ofKafka);
    }
    return comparable;
  }

  private static List<MutableRecordBatch> batches(Bytes log, long start) {
    List<MutableRecordBatch> batches = new ArrayList<>();
    MemoryRecords.readableRecords(ByteBuffer.wrap(Objects.requireNonNull(Bytes.toArray(log))))
        .batches()
        .forEach(batches::add);
    batches.forEach(RecordBatch::ensureValid);
    batches.removeIf(batch -> batch.lastOffset() < start);
    return batches;
  }

  /** All of the header but the length of the batch and the checksum. */
  private static Bytes header(MutableRecordBatch batch) {
    ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
    batch.writeTo(bytes);
    bytes.flip().limit(HEADER_BYTES).putInt(BATCH_LENGTH_AT, 0).putInt(CHECKSUM_AT, 0);
    return Objects.requireNonNull(Bytes.copyOf(bytes));
  }

  private static List<KafkaRecord> records(MutableRecordBatch batch) {
    List<KafkaRecord> records = new ArrayList<>();
    batch.forEach(record -> records.add(KafkaRecord.of(batch, record)));
    return records;
  }
}
