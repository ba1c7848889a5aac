package dev.varve.compaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.Header;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.RecordCursor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a log out of steps, with whatever compaction has to do with in it. */
final class HistoryOfBatches {
  static final long NOW_MILLIS = 1_700_000_000_000L;
  static final int NO_PRODUCER = -1;
  private static final short EPOCH = 3;
  private static final int LEADER_EPOCH = 5;

  /** A time from which tombstones may go. */
  enum Horizon {
    NONE(-1),
    PAST(NOW_MILLIS - 1),
    NOW(NOW_MILLIS),
    FUTURE(NOW_MILLIS + 1);

    private final long millis;

    Horizon(long millis) {
      this.millis = millis;
    }
  }

  /**
   * A record.
   *
   * @param key a letter; none if negative
   */
  record Entry(int offsetGap, int key, @Nullable String value, long timestamp, int headers) {}

  /** What comes next in the log, some offsets behind what was before. */
  sealed interface Step {
    int offsetGap();

    /** A batch of data. */
    record Data(
        int offsetGap,
        int producer,
        boolean transactional,
        Compression compression,
        boolean logAppendTime,
        Horizon horizon,
        List<Entry> entries)
        implements Step {}

    /**
     * A marker.
     *
     * @param emptied whether it has lost its record, unless it ends a transaction
     * @param ghost whether it ends, if it aborts, a transaction of which only the index knows
     */
    record Marker(
        int offsetGap,
        int producer,
        boolean commit,
        Horizon horizon,
        boolean emptied,
        boolean ghost)
        implements Step {}
  }

  /** An entry of the transaction index. */
  record Aborted(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}

  /** The last batch of a producer. */
  record Producer(long producerId, short epoch, long lastDataOffset) {}

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final List<Aborted> aborted = new ArrayList<>();
  private final Map<Integer, Long> open = new HashMap<>();
  private final Map<Long, Producer> producers = new HashMap<>();
  private long end;

  static HistoryOfBatches of(List<Step> steps) {
    HistoryOfBatches history = new HistoryOfBatches();
    for (Step step : steps) {
      history.end += step.offsetGap();
      switch (step) {
        case Step.Data data -> history.add(data);
        case Step.Marker marker -> history.add(marker);
      }
    }
    return history;
  }

  private void add(Step.Data data) {
    long base = end;
    RecordBatchBuilder builder = RecordBatchBuilder.of(data.compression());
    builder.clear().baseOffset(base).leaderEpoch(LEADER_EPOCH);
    if (data.producer() != NO_PRODUCER) {
      builder.producer(data.producer(), EPOCH, 17);
    }
    if (data.transactional() && data.producer() != NO_PRODUCER) {
      builder.transactional();
      open.putIfAbsent(data.producer(), base);
    }
    if (data.logAppendTime()) {
      builder.logAppendTime(NOW_MILLIS - 5_000);
    }
    if (data.horizon() != Horizon.NONE && !data.entries().isEmpty()) {
      builder.deleteHorizon(data.horizon().millis);
    }
    int delta = -1;
    for (Entry entry : data.entries()) {
      delta += entry.offsetGap();
      byte @Nullable [] key = entry.key() < 0 ? null : ("key " + entry.key()).getBytes(UTF_8);
      byte @Nullable [] value = entry.value() == null ? null : entry.value().getBytes(UTF_8);
      List<Header> headers = new ArrayList<>();
      for (int i = 0; i < entry.headers(); i++) {
        headers.add(new Header("header", i == 1 ? null : new byte[] {(byte) i}));
      }
      builder.appendAt(delta, entry.timestamp(), key, value, headers);
    }
    builder.lastOffsetDelta(Math.max(0, delta) + 1);
    EncodedBatch batch = builder.build();
    add(batch);
    if (data.producer() != NO_PRODUCER) {
      note(data.producer(), batch.batch().lastOffset());
    }
  }

  private void add(Step.Marker marker) {
    int producer = Math.max(marker.producer(), 0);
    Outcome outcome = marker.commit() ? Outcome.COMMIT : Outcome.ABORT;
    EncodedBatch plain =
        new EndTransactionMarker(outcome, 1).encode(NOW_MILLIS - 9_000, producer, EPOCH);
    plain.stamp(end, LEADER_EPOCH);
    RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);
    builder.clearToRewrite(plain.batch());
    boolean emptied = marker.emptied() && !open.containsKey(producer);
    if (!emptied) {
      if (marker.horizon() != Horizon.NONE) {
        builder.deleteHorizon(marker.horizon().millis);
      }
      RecordCursor cursor = new RecordCursor().open(plain.batch());
      cursor.next();
      builder.append(cursor.record());
    }
    @Nullable Long first = open.remove(producer);
    if (first == null && !emptied && marker.ghost() && marker.offsetGap() > 0) {
      first = end - 1;
    }
    if (first != null && !marker.commit()) {
      aborted.add(new Aborted(producer, first, end, end + 1));
    }
    add(builder.build());
    note(producer, -1);
  }

  private void note(int producer, long lastDataOffset) {
    producers.merge(
        (long) producer,
        new Producer(producer, EPOCH, lastDataOffset),
        (before, now) -> now.lastDataOffset() < 0 ? before : now);
  }

  private void add(EncodedBatch batch) {
    bytes.writeBytes(bytesOf(batch));
    end = batch.batch().nextOffset();
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }

  List<Aborted> aborted() {
    return List.copyOf(aborted);
  }

  /** The last batch of each producer. */
  List<Producer> producers() {
    return List.copyOf(producers.values());
  }

  long end() {
    return end;
  }

  static byte[] bytesOf(EncodedBatch batch) {
    return bytesOf(batch.batch());
  }

  static byte[] bytesOf(RecordBatch batch) {
    return batch
        .memory()
        .asSlice(batch.position(), batch.sizeBytes())
        .toArray(ValueLayout.JAVA_BYTE);
  }
}
