package dev.varve.log.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * A log of three segments, with indexes, transactions and a snapshot, whose files can then be
 * damaged. Changing a file leaves its time alone, as a failing disk would.
 */
final class SampleLog {
  static final int RECORDS = 300;
  static final int BATCH_RECORDS = 5;

  private static final long TIMESTAMP = 1_577_836_800_000L;
  private static final short EPOCH = 3;
  private static final LogOptions OPTIONS =
      LogOptions.builder().segmentBytesMax(8192).indexIntervalBytes(512).build();

  private final Path directory;

  private SampleLog(Path directory) {
    this.directory = directory;
  }

  /** A log that was closed in order. */
  static SampleLog closed(Path directory) {
    SampleLog sample = new SampleLog(directory);
    try (CommitLog log = CommitLog.open(directory, OPTIONS)) {
      fill(log);
    }
    return sample;
  }

  /** A log that is open; the caller closes it. */
  static CommitLog open(Path directory) {
    CommitLog log = CommitLog.open(directory, OPTIONS);
    fill(log);
    return log;
  }

  private static void fill(CommitLog log) {
    RecordBatchBuilder plain = RecordBatchBuilder.of(Compression.NONE);
    RecordBatchBuilder packed = RecordBatchBuilder.of(Compression.LZ4);
    for (int i = 0; i < RECORDS; i += BATCH_RECORDS) {
      RecordBatchBuilder batch = (i % 2 == 0 ? plain : packed).clear();
      if (i % 3 == 0) {
        batch.producer(i % 4, EPOCH, i / 60 * BATCH_RECORDS).transactional();
      }
      for (int j = i; j < i + BATCH_RECORDS; j++) {
        batch.append(TIMESTAMP + j * 1000L, ("key " + j).getBytes(UTF_8), value(j));
      }
      log.append(batch.build());
      if (i % 3 == 0) {
        Outcome outcome = i % 2 == 0 ? Outcome.ABORT : Outcome.COMMIT;
        log.append(
            new EndTransactionMarker(outcome, 1).encode(TIMESTAMP + i * 1000L, i % 4, EPOCH));
      }
    }
  }

  private static byte[] value(int i) {
    return ("value " + i + " of a sample log " + "x".repeat(i % 50)).getBytes(UTF_8);
  }

  /** The file of this number, in the order of names, that ends so. */
  Path file(String extension, int number) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .filter(file -> file.toString().endsWith(extension))
          .sorted()
          .skip(number)
          .findFirst()
          .orElseThrow();
    }
  }

  Path directory() {
    return directory;
  }

  /** Where the batches of a segment begin, and its end. */
  List<Long> batchPositions(int segment) throws IOException {
    List<Long> positions = new ArrayList<>();
    try (BatchReader reader = BatchReader.open(file(".log", segment))) {
      while (reader.next()) {
        positions.add(reader.position());
      }
      positions.add(reader.endPosition());
    }
    return positions;
  }

  /** Changes the bytes of a file in place. */
  static void change(Path file, Consumer<ByteBuffer> change) throws IOException {
    FileTime time = Files.getLastModifiedTime(file);
    byte[] bytes = Files.readAllBytes(file);
    change.accept(ByteBuffer.wrap(bytes));
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, time);
  }

  static void flip(Path file, long position) throws IOException {
    change(file, bytes -> bytes.put((int) position, (byte) (bytes.get((int) position) ^ 0x10)));
  }

  static void cut(Path file, long size) throws IOException {
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) size));
  }

  static void extend(Path file, byte... bytes) throws IOException {
    FileTime time = Files.getLastModifiedTime(file);
    Files.write(file, bytes, StandardOpenOption.APPEND);
    Files.setLastModifiedTime(file, time);
  }

  /** Changes a batch in place and makes its checksum fit again. */
  static void changeBatch(Path log, long position, Consumer<ByteBuffer> change) throws IOException {
    change(
        log,
        bytes -> {
          int at = (int) position;
          int sizeBytes = bytes.getInt(at + 8) + 12;
          change.accept(bytes.slice(at, sizeBytes));
          int checksum = new BatchChecksum().compute(bytes.duplicate(), at, sizeBytes);
          bytes.putInt(at + 17, checksum);
        });
  }
}
