package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.OpenReport;
import dev.varve.log.Visibility;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.TransactionVersion;
import dev.varve.log.storage.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Every byte of every file of a small log, flipped one at a time. A flip is reported, refused, or
 * changes nothing.
 */
class FlippedByteTest {
  private static final long TIMESTAMP = 1_577_836_800_000L;
  private static final int ROUNDS = 3;

  private static final LogOptions OPTIONS =
      LogOptions.builder()
          .segmentBytesMax(1024)
          .indexIntervalBytes(100)
          .ownMaintenanceThreads(false)
          .clock(() -> TIMESTAMP)
          .build();

  private static final List<Compression> CODECS =
      List.of(
          Compression.NONE,
          Compression.GZIP,
          Compression.SNAPPY,
          Compression.LZ4,
          Compression.ZSTD);

  /** One batch of three is aborted; the last one is open, with all that follows it. */
  private static final int UNCOMMITTED_RECORDS = 3 + 3 * CODECS.size();

  /** What became of a flip. */
  private enum Fate {
    REPORTED_AT_OPEN,
    REFUSED_AT_READ,
    HARMLESS
  }

  private final List<String> violations = new ArrayList<>();

  private static SimulatedDisk fill(boolean close) {
    SimulatedDisk disk = new SimulatedDisk(Path.of("simulated"));
    CommitLog log = CommitLog.open(disk, OPTIONS);
    int record = 0;
    for (int round = 0; round < ROUNDS; round++) {
      for (Compression codec : CODECS) {
        RecordBatchBuilder batch = RecordBatchBuilder.of(codec).leaderEpoch(round);
        if (codec.equals(Compression.NONE)) {
          batch.producer(7, (short) 1, round * 3).transactional();
        } else if (codec.equals(Compression.LZ4)) {
          batch.producer(8, (short) 2, round * 3);
        }
        for (int i = 0; i < 3; i++, record++) {
          batch.append(TIMESTAMP + record, ("key " + record).getBytes(US_ASCII), value(record));
        }
        var _ = log.append(batch.build());
        if (codec.equals(Compression.NONE) && round < ROUNDS - 1) {
          Outcome outcome = round == 0 ? Outcome.ABORT : Outcome.COMMIT;
          var _ = log.transactions().end(7, (short) 1, outcome, 1, TransactionVersion.TV1);
        }
        var _ = log.maintenance();
      }
    }
    log.flush();
    if (close) {
      log.close();
    }
    return disk.afterKill();
  }

  private static byte[] value(int record) {
    return ("value " + record + " " + "x".repeat(record % 17)).getBytes(US_ASCII);
  }

  @Test
  void ofALogThatWasLeftOpenIsFoundOrHarmless() throws IOException {
    flipEveryByte("left open", fill(false));
  }

  @Test
  void ofALogThatWasClosedIsFoundOrHarmless() throws IOException {
    flipEveryByte("closed", fill(true));
  }

  private void flipEveryByte(String state, SimulatedDisk disk) throws IOException {
    Map<String, String> expected = new HashMap<>();
    Map<String, String> committed = new HashMap<>();
    Map<String, byte[]> contents = disk.contents();
    OpenReport sound;
    try (CommitLog log = CommitLog.open(disk.afterKill(), OPTIONS)) {
      sound = log.openReport();
      assertThat(read(log, expected, true)).isFalse();
      assertThat(read(log, committed, true, Visibility.COMMITTED)).isFalse();
    }
    assertThat(committed).hasSize(expected.size() - UNCOMMITTED_RECORDS);
    assertThat(expected).hasSize(ROUNDS * CODECS.size() * 3);
    Map<String, Map<Fate, Integer>> table = new TreeMap<>();
    for (Map.Entry<String, byte[]> file : contents.entrySet()) {
      Map<Fate, Integer> counts = new EnumMap<>(Fate.class);
      for (int position = 0; position < file.getValue().length; position++) {
        byte[] flipped = file.getValue().clone();
        flipped[position] ^= (byte) (1 << position % 8);
        SimulatedDisk damaged = disk.afterKill();
        long modified = damaged.lastModifiedMillis(file.getKey());
        damaged.put(file.getKey(), flipped);
        damaged.setLastModifiedMillis(file.getKey(), modified);
        String where = state + " " + file.getKey() + " at " + position;
        try {
          counts.merge(outcome(damaged, sound, expected, committed, where), 1, Integer::sum);
        } catch (RuntimeException e) {
          violations.add(where + ": " + e);
        }
      }
      table.put(file.getKey(), counts);
    }
    table.forEach((name, counts) -> System.out.println(state + " " + name + " " + counts));
    assertThat(violations).isEmpty();
  }

  private static Fate outcome(
      SimulatedDisk disk,
      OpenReport sound,
      Map<String, String> expected,
      Map<String, String> committed,
      String where) {
    CommitLog log = CommitLog.open(disk, OPTIONS);
    boolean reported = !log.openReport().equals(sound);
    Map<String, String> found = new HashMap<>();
    boolean refused = read(log, found, false);
    found.forEach((offset, record) -> {
      if (!record.equals(expected.get(offset))) {
        throw new WrongRecords(where + ": " + record + " at offset " + offset);
      }
    });
    Map<String, String> foundCommitted = new HashMap<>();
    refused |= read(log, foundCommitted, false, Visibility.COMMITTED);
    if (!committed.entrySet().containsAll(foundCommitted.entrySet())) {
      throw new WrongRecords(where + ": records that were not committed");
    }
    log.close();
    if (refused) {
      return Fate.REFUSED_AT_READ;
    }
    if (reported) {
      return Fate.REPORTED_AT_OPEN;
    }
    if (!foundCommitted.equals(committed)) {
      throw new WrongRecords(where + ": found " + foundCommitted.size() + " committed records");
    }
    if (!found.equals(expected)) {
      throw new WrongRecords(where + ": found " + found.size() + " records");
    }
    return Fate.HARMLESS;
  }

  /** Reads all that can be read; returns whether any of it was refused. */
  private static boolean read(CommitLog log, Map<String, String> records, boolean whole) {
    return read(log, records, whole, Visibility.WRITTEN);
  }

  private static boolean read(
      CommitLog log, Map<String, String> records, boolean whole, Visibility visibility) {
    boolean refused = false;
    long end = log.offsets().endOffset();
    long next = log.offsets().startOffset();
    while (next < end) {
      try (LogReader reader = log.reader(next, visibility)) {
        while (reader.next()) {
          Record record = reader.record();
          if (records.put(String.valueOf(record.offset()), text(record)) != null) {
            throw new WrongRecords("offset " + record.offset() + " was read twice");
          }
          next = record.offset() + 1;
        }
        return refused;
      } catch (CorruptLogException e) {
        if (whole) {
          throw e;
        }
        refused = true;
        next++;
      }
    }
    return refused;
  }

  private static String text(Record record) {
    return record.timestamp()
        + " "
        + new String(Objects.requireNonNull(record.copyKey()), US_ASCII)
        + " "
        + new String(Objects.requireNonNull(record.copyValue()), US_ASCII);
  }

  /** Records that nobody wrote there, or too few of them without a word. */
  private static final class WrongRecords extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WrongRecords(String message) {
      super(message);
    }
  }
}
