package dev.varve.interop;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A process of its own that appends to a log and tells each offset on its standard output, once the
 * append has returned, until it is killed or nobody listens.
 */
final class AppendingProcess {
  static final int SEGMENT_BYTES = 20_000;

  private AppendingProcess() {}

  static String valueOf(long number) {
    return "value " + number;
  }

  /** Takes the directory of the log. */
  public static void main(String[] arguments) throws IOException {
    LogOptions options = LogOptions.builder().segmentBytesMax(SEGMENT_BYTES).build();
    try (CommitLog log = CommitLog.open(Path.of(arguments[0]), options);
        FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
      for (long number = 0; ; number++) {
        long offset = log.append(number, null, valueOf(number).getBytes(UTF_8));
        // One system call for each, so that nothing told waits in a buffer when the kill comes.
        out.write((offset + "\n").getBytes(US_ASCII));
      }
    }
  }
}
