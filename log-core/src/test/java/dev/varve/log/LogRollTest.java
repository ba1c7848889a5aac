package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.BatchTooLargeException;
import dev.varve.log.error.DiskFullException;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.error.LogIOException;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.TimestampType;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.UnforcedStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When appends go to a new segment, and what appends refuse. */
class LogRollTest {
  private static final int BATCH_BYTES = batch(0, 1).sizeBytes();

  @TempDir Path root;

  /** A batch of one record, of the same size for each timestamp and offset. */
  private static EncodedBatch batch(long timestamp, int valueBytes) {
    return RecordBatchBuilder.of(Compression.NONE)
        .append(timestamp, "k".getBytes(UTF_8), new byte[valueBytes])
        .build();
  }

  private static LogFixture append(LogFixture fixture, long... timestamps) {
    for (long timestamp : timestamps) {
      fixture.log().append(batch(timestamp, 1));
    }
    return fixture;
  }

  @Test
  void whatHasToBeCompactedInTimeLeavesTheActiveSegmentInTime() {
    Map<String, String> lag = Map.of("max.compaction.lag.ms", "5000");
    Map<String, String> compacted = new HashMap<>(lag);
    compacted.put("cleanup.policy", "delete,compact");
    assertThat(LogOptions.fromTopicConfig(compacted).segments().segmentMillisMax()).isEqualTo(5000);
    assertThat(LogOptions.fromTopicConfig(lag).segments())
        .isEqualTo(LogOptions.defaults().segments());
    compacted.put("segment.ms", "4000");
    assertThat(LogOptions.fromTopicConfig(compacted).segments().segmentMillisMax()).isEqualTo(4000);
  }

  @Test
  void aSegmentIsFilledToTheLastByteAndNoFurther() {
    try (LogFixture fixture =
        LogFixture.open(root, options -> options.segmentBytesMax(3 * BATCH_BYTES))) {
      append(fixture, 0, 0, 0).assertBases(0L);
      append(fixture, 0).assertBases(0L, 3L);
    }
    try (LogFixture fixture =
        LogFixture.open(
            root.resolve("less"), options -> options.segmentBytesMax(3 * BATCH_BYTES - 1))) {
      append(fixture, 0, 0, 0).assertBases(0L, 2L);
    }
  }

  @Test
  void theAgeOfASegmentIsThatOfItsRecordsFromTheFirstBatchOn() {
    try (LogFixture fixture = LogFixture.open(root, options -> options.segmentMillisMax(100))) {
      append(fixture, 1000, 1100, 500, 1100).assertBases(0L);
      fixture.advanceClock(1_000_000);
      append(fixture, 1100).assertBases(0L);
      append(fixture, 1101).assertBases(0L, 5L);
      append(fixture, -1, 1201).assertBases(0L, 5L);
      append(fixture, 1202).assertBases(0L, 5L, 8L);
      fixture.reopen();
      append(fixture, 1302).assertBases(0L, 5L, 8L);
      append(fixture, 1303).assertBases(0L, 5L, 8L, 10L);
    }
  }

  @Test
  void theAgeOfASegmentWhoseFirstBatchHasNoTimestampIsThatOfItsMaking() {
    try (LogFixture fixture = LogFixture.open(root, options -> options.segmentMillisMax(100))) {
      append(fixture, -1).advanceClock(100);
      append(fixture, -1, 1_000_000).assertBases(0L);
      fixture.advanceClock(1);
      append(fixture, 5).assertBases(0L, 3L);
      append(fixture, 105).assertBases(0L, 3L);
    }
  }

  @Test
  void anEmptySegmentIsNeverTooOld() {
    try (LogFixture fixture = LogFixture.open(root, options -> options.segmentMillisMax(100))) {
      fixture.advanceClock(1_000_000);
      append(fixture, -1).assertBases(0L);
    }
  }

  @Test
  void jitterRollsEarlierButNotAtOnce() {
    for (int i = 0; i < 20; i++) {
      try (LogFixture fixture =
          LogFixture.open(
              root.resolve("log-" + i),
              options -> options.segmentMillisMax(1000).segmentJitterMillisMax(1000))) {
        append(fixture, 1000, 1000).assertBases(0L);
        append(fixture, 2001).assertBases(0L, 2L);
      }
    }
  }

  @Test
  void aFullIndexRolls() {
    try (LogFixture fixture =
        LogFixture.open(root, options -> options.indexIntervalBytes(0).indexBytesMax(48))) {
      // Six offset entries fit, and three time entries besides the closing one.
      append(fixture, 0, 0, 0, 0, 0, 0, 0).assertBases(0L);
      append(fixture, 0).assertBases(0L, 7L);
      append(fixture, 1, 2, 3).assertBases(0L, 7L);
      append(fixture, 4).assertBases(0L, 7L, 11L);
      fixture.maintain();
      assertThat(fixture.bytes(LogFixture.name(0, Kind.OFFSET_INDEX))).hasSize(48);
      assertThat(fixture.bytes(LogFixture.name(7, Kind.TIME_INDEX)).length).isBetween(36, 48);
      fixture.reopen();
      assertThat(fixture.log().offsetForTimestamp(3)).hasValue(10);
    }
  }

  @Test
  void anOffsetOutOfReachRolls() {
    try (LogFixture fixture = LogFixture.open(root)) {
      RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);
      builder.append(0, new byte[1], null).lastOffsetDelta(Integer.MAX_VALUE);
      fixture.log().append(builder.build());
      fixture.assertOffsets(0, 1L << 31);
      append(fixture, 0).assertBases(0L, 1L << 31).assertOffsets(0, (1L << 31) + 1);
      fixture.reopen().assertOffsets(0, (1L << 31) + 1);
      fixture.kill().deleteFile(LogCheckpoint.FILE_NAME).reopen();
      fixture.assertOffsets(0, (1L << 31) + 1);
    }
  }

  @Test
  void batchesThatAreTooLargeAreRefusedAndLeaveNothing() {
    try (LogFixture fixture = LogFixture.open(root, options -> options.batchBytesMax(200))) {
      int room = 200 - BATCH_BYTES;
      assertThat(batch(0, room).sizeBytes()).isEqualTo(201);
      fixture.log().append(batch(0, room - 1));
      assertThatThrownBy(() -> fixture.log().append(batch(0, room)))
          .isInstanceOf(BatchTooLargeException.class)
          .hasMessageContaining("201")
          .hasMessageContaining("200");
      fixture.assertOffsets(0, 1);
    }
    try (LogFixture fixture =
        LogFixture.open(root.resolve("small"), options -> options.segmentBytesMax(150))) {
      assertThatThrownBy(() -> fixture.log().append(batch(0, 150)))
          .isInstanceOf(BatchTooLargeException.class);
    }
  }

  @Test
  void theLogsOwnTimeReplacesTheCallers() {
    try (LogFixture fixture =
            LogFixture.open(root, o -> o.timestampType(TimestampType.LOG_APPEND_TIME));
        LogReader reader = fixture.log().reader(0)) {
      append(fixture, 5);
      assertThat(reader.next()).isTrue();
      assertThat(reader.record().timestamp()).isEqualTo(fixture.nowMillis());
      assertThat(reader.batch().timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
    }
  }

  /**
   * A disk without room while it is full, that cannot force while it is broken, and cut no file
   * while it is jammed.
   */
  private static final class SickDisk {
    final AtomicBoolean full = new AtomicBoolean();
    final AtomicBoolean broken = new AtomicBoolean();
    final AtomicBoolean jammed = new AtomicBoolean();

    Storage under(Storage storage) {
      return new ForwardingStorage(new UnforcedStorage(storage)) {
        @Override
        protected StorageFile wrap(StorageFile file) {
          return new ForwardingFile(file) {
            @Override
            public void reserve(long position, long endPosition, int blockBytes)
                throws IOException {
              if (full.get()) {
                throw new IOException("No space left on device");
              }
              super.reserve(position, endPosition, blockBytes);
            }

            @Override
            public void truncate(long size) throws IOException {
              if (jammed.get()) {
                throw new IOException("Input/output error");
              }
              super.truncate(size);
            }

            @Override
            public void force() throws IOException {
              if (broken.get()) {
                throw new IOException("Input/output error");
              }
              super.force();
            }
          };
        }
      };
    }
  }

  @Test
  void aFullDiskRefusesAppendsLosesNothingAndTakesMoreWhenThereIsRoom() {
    SickDisk disk = new SickDisk();
    try (LogFixture fixture =
        LogFixture.closed(root, options -> options.segmentBytesMax(150_000))
            .onStorage(disk::under)) {
      fixture.reopen();
      List<String> keys = new ArrayList<>();
      for (int round = 0; round < 5; round++) {
        disk.full.set(true);
        int refused = 0;
        for (int i = 0; i < 100; i++) {
          String key = "x".repeat(500) + round + "-" + i;
          try {
            fixture.append(key);
            keys.add(key);
          } catch (DiskFullException e) {
            assertThat(e).hasMessageContaining(".log: no room on the disk");
            refused++;
          }
        }
        assertThat(refused).as("round %s", round).isPositive();
        fixture.maintain();
        assertThat(fixture.keys()).isEqualTo(keys);
        disk.full.set(false);
        fixture.append("round " + round);
        keys.add("round " + round);
        assertThat(fixture.keys()).isEqualTo(keys);
      }
      fixture.kill().reopen();
      assertThat(fixture.keys()).isEqualTo(keys);
    }
  }

  @Test
  void aFailedForceStopsTheLogAndReopeningDecidesFromTheDisk() {
    SickDisk disk = new SickDisk();
    AtomicInteger heard = new AtomicInteger();
    LogListener listener =
        new LogListener() {
          @Override
          public void failed(Throwable cause) {
            assertThat(cause).hasMessage("Input/output error");
            heard.incrementAndGet();
          }
        };
    LogFixture fixture =
        LogFixture.closed(root, options -> options.listener(listener)).onStorage(disk::under);
    fixture.reopen().append("a");
    CommitLog log = fixture.log();
    LogReader reader = log.reader(0);
    disk.broken.set(true);
    assertThatThrownBy(log::flush)
        .isInstanceOf(LogFailedException.class)
        .hasMessageContaining("Input/output error");
    disk.broken.set(false);
    assertThatThrownBy(log::flush).isInstanceOf(LogFailedException.class);
    assertThatThrownBy(() -> fixture.append("b")).isInstanceOf(LogFailedException.class);
    assertThatThrownBy(reader::next).isInstanceOf(LogFailedException.class);
    assertThatThrownBy(log::maintenance).isInstanceOf(LogFailedException.class);
    assertThat(heard).hasValue(1);
    reader.close();
    log.close();
    try (CommitLog again = CommitLog.open(fixture.directory(), fixture.options())) {
      assertThat(again.offsets().endOffset()).isEqualTo(1);
      assertThat(again.openReport().closedInOrder()).isFalse();
      again.append(null, null);
      again.flush();
    }
  }

  @Test
  void whatWaitsForAMappingIsTriedAgainIfItFails() {
    SickDisk disk = new SickDisk();
    try (LogFixture fixture = LogFixture.closed(root, options -> options).onStorage(disk::under)) {
      fixture.reopen().append("a").roll().append("b");
      try (LogReader reader = fixture.log().reader(0)) {
        assertThat(reader.next()).isTrue();
        fixture.maintain(); // settles; the reader keeps the file from being trimmed
        assertThat(fixture.bytes(LogFixture.logOf(0)).length).isGreaterThan(1000);
      }
      disk.jammed.set(true);
      assertThatThrownBy(() -> fixture.log().maintenance())
          .isInstanceOf(LogIOException.class)
          .hasMessageContaining("error");
      disk.jammed.set(false);
      fixture.maintain();
      assertThat(fixture.bytes(LogFixture.logOf(0)).length).isLessThan(1000);
      fixture.reopen().assertReads("a", "b");
      assertThat(fixture.report().closedInOrder()).isTrue();
    }
  }

  @Test
  void severalThreadsAppendDenselyAndEveryRecordCanBeRead() throws InterruptedException {
    try (LogFixture fixture = LogFixture.open(root, o -> o.segmentBytesMax(50_000))) {
      Set<Long> offsets = ConcurrentHashMap.newKeySet();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        String name = "t" + t + "-";
        threads.add(
            Thread.ofPlatform()
                .start(() -> {
                  for (int i = 0; i < 2000; i++) {
                    byte[] key = (name + i).getBytes(UTF_8);
                    offsets.add(fixture.log().append(key, LogFixture.valueOf(name + i)));
                  }
                }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      fixture.assertOffsets(0, 8000);
      assertThat(offsets).hasSize(8000);
      List<String> keys = fixture.keys();
      assertThat(new HashSet<>(keys)).hasSize(8000);
      for (int t = 0; t < 4; t++) {
        String name = "t" + t + "-";
        assertThat(keys.stream().filter(key -> key.startsWith(name)).map(key -> key.substring(3)))
            .isEqualTo(IntStream.range(0, 2000).mapToObj(Integer::toString).toList());
      }
    }
  }
}
