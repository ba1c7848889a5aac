package dev.varve.log.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.error.CorruptLogException;
import dev.varve.log.error.OffsetOutOfRangeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryReaderTest {
  @TempDir Path parent;

  private Path directory = Path.of("");

  @BeforeEach
  void nameDirectory() {
    directory = parent.resolve("log-0");
  }

  @Test
  void readsWhatTheLogItselfReads() throws IOException {
    SampleLog.closed(directory);
    List<Long> ofTheLog = new ArrayList<>();
    try (CommitLog log = CommitLog.open(directory);
        LogReader reader = log.reader(0).withControlRecords()) {
      while (reader.next()) {
        ofTheLog.add(reader.record().offset());
      }
    }
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      assertThat(offsets(reader)).isEqualTo(ofTheLog);
    }
  }

  @Test
  void findsEveryOffsetAndEveryTimeThatTheLogFinds() throws IOException {
    SampleLog.closed(directory);
    try (CommitLog log = CommitLog.open(directory);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      for (long offset = 0; offset < log.offsets().endOffset(); offset++) {
        reader.seek(offset);
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().offset()).isEqualTo(offset);
        long timestamp = reader.record().timestamp();
        assertThat(reader.offsetForTimestamp(timestamp))
            .isEqualTo(log.offsetForTimestamp(timestamp));
        assertThat(reader.offsetForTimestamp(timestamp - 1))
            .isEqualTo(log.offsetForTimestamp(timestamp - 1));
      }
    }
  }

  @Test
  void believesTheLogWhereAnIndexIsWrong() throws IOException {
    SampleLog sample = SampleLog.closed(directory);
    for (int segment = 0; segment < 2; segment++) {
      SampleLog.change(sample.file(".index", segment), bytes -> bytes.putInt(12, 3));
    }
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      for (long offset = 0; offset < reader.endOffset(); offset++) {
        reader.seek(offset);
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().offset()).isEqualTo(offset);
      }
    }
  }

  @Test
  void anOffsetOutsideIsRefused() throws IOException {
    SampleLog.closed(directory);
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      reader.seek(reader.endOffset());
      assertThat(reader.next()).isFalse();
      assertThatThrownBy(() -> reader.seek(reader.endOffset() + 1))
          .isInstanceOf(OffsetOutOfRangeException.class);
      assertThatThrownBy(() -> reader.seek(-1)).isInstanceOf(OffsetOutOfRangeException.class);
    }
  }

  @Test
  void damageEndsTheReadingAndIsNamed() throws IOException {
    SampleLog sample = SampleLog.closed(directory);
    long position = sample.batchPositions(1).get(2);
    Path damaged = sample.file(".log", 1);
    SampleLog.flip(damaged, position + 65);
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      assertThatThrownBy(() -> offsets(reader))
          .isInstanceOfSatisfying(
              CorruptLogException.class,
              e -> {
                assertThat(e.position()).isEqualTo(position);
                assertThat(e.file()).isEqualTo(damaged.toString());
              });
    }
  }

  @Test
  void followsALogThatIsOpenOverItsRolls() throws IOException {
    LogOptions options = LogOptions.builder().segmentBytesMax(500).build();
    try (CommitLog log = CommitLog.open(directory, options);
        DirectoryReader reader = DirectoryReader.open(directory)) {
      assertThat(reader.next()).isFalse();
      for (long offset = 0; offset < 100; offset++) {
        assertThat(reader.poll()).isFalse();
        log.append(null, ("value " + offset).getBytes(UTF_8));
        assertThat(reader.poll()).isTrue();
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().offset()).isEqualTo(offset);
        assertThat(reader.next()).isFalse();
      }
      assertThat(log.segments()).hasSizeGreaterThan(5);
    }
  }

  @Test
  void aTornBatchEndsALogThatWasNotClosed() throws IOException {
    try (CommitLog log = SampleLog.open(directory)) {
      // A copy of an open log is what its process would leave if it died now.
      Path copy = Files.createDirectory(parent.resolve("copy-0"));
      try (var files = Files.list(directory)) {
        // The background may be replacing a file just now.
        for (Path file : files.filter(file -> !file.toString().endsWith(".tmp")).toList()) {
          Files.copy(file, copy.resolve(file.getFileName()));
        }
      }
      long end = log.offsets().endOffset();
      Path last = copy.resolve(lastLog(copy));
      long position;
      try (BatchReader batches = BatchReader.open(last)) {
        while (batches.next()) {
          // to the last
        }
        position = batches.position();
      }
      SampleLog.flip(last, position + 64);
      try (DirectoryReader reader = DirectoryReader.open(copy)) {
        List<Long> offsets = offsets(reader);
        assertThat(offsets.getLast()).isLessThan(end - 1).isGreaterThan(end - 10);
        assertThat(reader.tornTail()).isNotNull().extracting(Finding::position).isEqualTo(position);
      }
    }
  }

  private static Path lastLog(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .map(Path::getFileName)
          .filter(name -> name.toString().endsWith(".log"))
          .sorted()
          .reduce((first, second) -> second)
          .orElseThrow();
    }
  }

  private static List<Long> offsets(DirectoryReader reader) throws IOException {
    List<Long> offsets = new ArrayList<>();
    while (reader.next()) {
      offsets.add(reader.record().offset());
    }
    return offsets;
  }
}
