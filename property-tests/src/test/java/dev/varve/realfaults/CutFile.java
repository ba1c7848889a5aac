package dev.varve.realfaults;

import com.google.errorprone.annotations.Immutable;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.PinnedBatches;
import dev.varve.log.error.LogFailedException;
import dev.varve.log.record.RecordCursor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/**
 * Somebody else cuts a log file under its mapping, while the code that uses the mapping is
 * compiled: the log stops with the cause, and neither the process nor another log notices.
 */
record CutFile(Use use) implements Scenario {
  /** Enough that the compiler has made its last version of all that is used. */
  private static final int ROUNDS = 200;

  private static final int RECORDS = 6000;
  private static final int OTHER_RECORDS = 100_000;

  /** Whole pages, and some batches, so that the start of the log is still there. */
  private static final int BYTES_LEFT = 192 << 10;

  /** What somebody does with the log when its file is cut. */
  enum Use {
    APPEND(NumberedRecords::append),
    ITERATE(NumberedRecords::readAll),
    ITERATE_LARGE(NumberedRecords::readAll),
    BATCHES(CutFile::readBatches),
    TRANSFER_TO_FILE(CutFile::transferToFile),
    TRANSFER_TO_STREAM(log -> transfer(log, Channels.newChannel(OutputStream.nullOutputStream()))),
    LOOK_UP_OFFSET(CutFile::readLast),
    LOOK_UP_TIME(log -> log.offsetForTimestamp(log.offsets().endOffset() - 1));

    private final Action action;

    Use(Action action) {
      this.action = action;
    }
  }

  @Immutable
  @FunctionalInterface
  private interface Action {
    void on(CommitLog log) throws IOException;
  }

  @Override
  public String run(Path parent, LogState state) throws IOException {
    LogOptions options = LogOptions.builder().segmentBytesMax(32 << 20).build();
    try (CommitLog other = CommitLog.open(parent.resolve("other-0"), options)) {
      NumberedRecords.append(other, OTHER_RECORDS);
      Path directory = parent.resolve("log-0");
      LogFailedException failure;
      long end;
      try (CommitLog log = CommitLog.open(directory, options)) {
        state.prepare(log);
        appendRecords(log);
        for (int i = 0; i < ROUNDS; i++) {
          use.action.on(log);
        }
        end = log.offsets().endOffset();
        cut(directory);
        failure = failureOf(log);
        assertStopped(log);
      }
      NumberedRecords.append(other, 1000);
      NumberedRecords.assertEndsAt(other, OTHER_RECORDS + 1000L);
      try (CommitLog reopened = CommitLog.open(directory, options)) {
        long left = NumberedRecords.readAll(reopened);
        if (left <= 0 || left >= end) {
          throw new AssertionError("found " + left + " records, expected some of " + end);
        }
        String cause = cause(failure).replace(directory + "/", "");
        return cause + "; the other log goes on; reopened with the " + left + " records left";
      }
    }
  }

  private void appendRecords(CommitLog log) {
    if (use == Use.ITERATE_LARGE) {
      NumberedRecords.appendBatch(log, RECORDS);
    } else {
      NumberedRecords.append(log, RECORDS);
    }
  }

  private static void cut(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      Path file = files.filter(path -> path.toString().endsWith(".log")).findFirst().orElseThrow();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(BYTES_LEFT);
      }
    }
  }

  private LogFailedException failureOf(CommitLog log) throws IOException {
    try {
      use.action.on(log);
    } catch (LogFailedException e) {
      return e;
    }
    throw new AssertionError("the loss of the file was not noticed");
  }

  private static void assertStopped(CommitLog log) {
    try {
      NumberedRecords.append(log);
    } catch (LogFailedException e) {
      return;
    }
    throw new AssertionError("the log took an append after it had stopped");
  }

  private static String cause(LogFailedException failure) {
    String message = String.valueOf(failure.getMessage());
    return message.substring(message.indexOf("stopped"));
  }

  private static void readBatches(CommitLog log) {
    RecordCursor cursor = new RecordCursor();
    try (PinnedBatches batches = log.read(0, Integer.MAX_VALUE)) {
      while (batches.next()) {
        batches.openIn(cursor);
        while (cursor.next()) {
          cursor.record().copyValue();
        }
      }
    }
  }

  private static void transferToFile(CommitLog log) throws IOException {
    Path file = Files.createTempFile("varve-transfer", null);
    try (FileChannel target = FileChannel.open(file, StandardOpenOption.WRITE)) {
      transfer(log, target);
    } finally {
      Files.delete(file);
    }
  }

  private static void transfer(CommitLog log, WritableByteChannel target) throws IOException {
    try (PinnedBatches batches = log.read(0, Integer.MAX_VALUE)) {
      long bytes = batches.remainingBytes();
      long sent = batches.transferTo(target);
      if (sent != bytes) {
        throw new AssertionError("sent " + sent + " bytes, expected " + bytes);
      }
    }
  }

  private static void readLast(CommitLog log) {
    try (LogReader reader = log.reader(log.offsets().endOffset() - 1)) {
      if (!reader.next()) {
        throw new AssertionError("the last record was not found");
      }
    }
  }
}
