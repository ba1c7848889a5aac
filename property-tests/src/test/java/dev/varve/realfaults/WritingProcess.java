package dev.varve.realfaults;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/**
 * A process that does all kinds of things to a log until it is killed, and tells on its standard
 * output what has returned: {@code end N} for appends, {@code start N} for moves of the start.
 */
final class WritingProcess {
  static final LogOptions OPTIONS = LogOptions.builder().segmentBytesMax(64 << 10).build();

  private static final int KEPT_RECORDS = 2000;

  private WritingProcess() {}

  /** Takes the directory of the log and a seed. */
  public static void main(String[] arguments) throws IOException {
    Random random = new Random(Long.parseLong(arguments[1]));
    try (CommitLog log = CommitLog.open(Path.of(arguments[0]), OPTIONS);
        FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
      while (true) {
        // One system call for each, so that nothing told waits in a buffer when the kill comes.
        out.write((step(log, random.nextInt(1000)) + "\n").getBytes(US_ASCII));
      }
    }
  }

  private static String step(CommitLog log, int choice) {
    if (choice < 2) {
      long start = Math.max(log.offsets().startOffset(), log.offsets().endOffset() - KEPT_RECORDS);
      log.advanceStartOffset(start);
      return "start " + start;
    }
    if (choice < 10) {
      log.flush();
    } else if (choice < 100) {
      NumberedRecords.appendBatch(log, 1 + choice);
    } else {
      NumberedRecords.append(log);
    }
    return "end " + log.offsets().endOffset();
  }
}
