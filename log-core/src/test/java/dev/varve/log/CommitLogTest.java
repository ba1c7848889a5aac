package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.Record;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitLogTest {
  @TempDir Path directory;

  @Test
  void whatIsAppendedIsReadBackAfterReopening() {
    LogOptions options = LogOptions.builder().segmentBytesMax(4096).build();
    List<String> expected = new ArrayList<>();
    try (CommitLog log = CommitLog.open(directory, options)) {
      for (int i = 0; i < 1000; i++) {
        assertThat(log.append(("k" + i).getBytes(UTF_8), ("value " + i).getBytes(UTF_8)))
            .isEqualTo(i);
        expected.add("k" + i);
      }
      assertThat(keys(log)).isEqualTo(expected);
    }
    try (CommitLog log = CommitLog.open(directory, options)) {
      assertThat(log.openReport().closedInOrder()).isTrue();
      assertThat(keys(log)).isEqualTo(expected);
      log.advanceStartOffset(500);
      assertThat(log.offsets()).isEqualTo(new LogOffsets(500, 1000, 1000, 1000, 1000));
    }
    try (CommitLog log = CommitLog.open(directory, options)) {
      assertThat(log.openReport().closedInOrder()).isTrue();
      assertThat(keys(log, 500)).isEqualTo(expected.subList(500, 1000));
    }
  }

  private static List<String> keys(CommitLog log) {
    return keys(log, 0);
  }

  private static List<String> keys(CommitLog log, long from) {
    List<String> keys = new ArrayList<>();
    try (LogReader reader = log.reader(from)) {
      while (reader.next()) {
        Record record = reader.record();
        keys.add(new String(record.copyKey(), UTF_8));
      }
    }
    return keys;
  }
}
