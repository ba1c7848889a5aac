package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatchBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A walk through the library, in the order in which one meets it. */
class TutorialTest {
  @TempDir Path directory;

  @Test
  void aWalkThroughTheLibrary() {
    List<String> seen = new ArrayList<>();

    // A log is a directory. Opening makes it if it is not there.
    try (CommitLog log = CommitLog.open(directory)) {

      // Append, and get the offset. What append has returned survives the death of the process.
      long first = log.append("order-1".getBytes(UTF_8), "created".getBytes(UTF_8));

      // Several records in one batch cost less than one by one.
      RecordBatchBuilder batch = log.newBatch();
      batch.append(1_763_802_000_000L, "order-2".getBytes(UTF_8), "created".getBytes(UTF_8));
      batch.append(1_763_802_001_000L, "order-2".getBytes(UTF_8), "paid".getBytes(UTF_8));
      long second = log.append(batch.build());

      // What was appended before a flush survives a power loss, too.
      log.flush();

      // Read from any offset.
      try (LogReader reader = log.reader(first)) {
        while (reader.next()) {
          Record record = reader.record(); // valid until the next call
          seen.add(record.offset() + " " + new String(record.copyValue(), UTF_8));
        }

        // The same reader follows the log; here there is nothing to wait for.
        log.append("order-1".getBytes(UTF_8), "paid".getBytes(UTF_8));
        if (reader.awaitNext(Duration.ofSeconds(1))) {
          seen.add(reader.record().offset() + " " + new String(reader.record().copyValue(), UTF_8));
        }
      }
      assertThat(seen).containsExactly("0 created", "1 created", "2 paid", "3 paid");

      // Find a place by time: the first record, in the log's order, that is not older.
      OptionalLong found = log.offsetForTimestamp(1_763_802_001_000L);
      assertThat(found).hasValue(first); // it carries the time of now

      // Give up the oldest records. Their segments go when no reader is in them.
      log.advanceStartOffset(second);
      assertThat(log.offsets().startOffset()).isEqualTo(second);
    }

    // After an orderly close, opening scans nothing.
    try (CommitLog log = CommitLog.open(directory)) {
      assertThat(log.openReport().closedInOrder()).isTrue();
      assertThat(log.offsets()).isEqualTo(new LogOffsets(1, 4, 4, 4, 4));
    }
  }
}
