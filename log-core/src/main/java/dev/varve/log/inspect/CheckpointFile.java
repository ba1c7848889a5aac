package dev.varve.log.inspect;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.BiConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What {@code varve.checkpoint} says, read so that each fault can be told: the log itself only asks
 * whether it can believe the file.
 *
 * @param startOffset the first offset that can be read
 * @param recoveryPoint the offset below which all files are as they will stay
 * @param closed how an orderly close left the last segment; null while the log is open
 */
record CheckpointFile(long startOffset, long recoveryPoint, @Nullable Closed closed) {
  static final String FILE_NAME = "varve.checkpoint";

  /** More than any checkpoint has. */
  static final int BYTES_MAX = 4096;

  private static final String MAGIC = "varve-checkpoint 1";

  /** The last segment after an orderly close, with the time at which its log was last modified. */
  record Closed(long endOffset, long sizeBytes, long modifiedMillis) {}

  /**
   * Reads a checkpoint.
   *
   * @param onFault takes what was found and what was expected
   * @return null if there was a fault
   */
  static @Nullable CheckpointFile parse(byte[] bytes, BiConsumer<String, String> onFault) {
    String text = new String(bytes, StandardCharsets.US_ASCII);
    String[] lines = text.split("\n", -1);
    if (!lines[0].equals(MAGIC)) {
      onFault.accept("first line " + quoted(lines[0]), quoted(MAGIC));
      return null;
    }
    int crcLine = lines.length - 2;
    if (crcLine != 3 && crcLine != 4) {
      onFault.accept((lines.length - 1) + " lines", "4, or 5 after an orderly close");
      return null;
    }
    String checksum = "crc " + checksum(text.substring(0, Math.max(0, text.lastIndexOf("crc "))));
    if (!lines[crcLine].equals(checksum)) {
      onFault.accept("line " + (crcLine + 1) + " " + quoted(lines[crcLine]), quoted(checksum));
      return null;
    }
    try {
      return new CheckpointFile(
          number(lines[1], "start-offset "),
          number(lines[2], "recovery-point "),
          crcLine == 3 ? null : closed(lines[3]));
    } catch (IllegalArgumentException e) {
      onFault.accept(
          "a line that is none of a checkpoint's: " + e.getMessage(),
          "start-offset, recovery-point, closed");
      return null;
    }
  }

  private static Closed closed(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length != 4 || !fields[0].equals("closed")) {
      throw new IllegalArgumentException(quoted(line));
    }
    return new Closed(
        Long.parseLong(fields[1]), Long.parseLong(fields[2]), Long.parseLong(fields[3]));
  }

  private static long number(String line, String name) {
    if (!line.startsWith(name)) {
      throw new IllegalArgumentException(quoted(line));
    }
    return Long.parseLong(line.substring(name.length()));
  }

  private static String checksum(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.US_ASCII));
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }

  private static String quoted(String text) {
    return '"' + (text.length() <= 80 ? text : text.substring(0, 80) + "...") + '"';
  }
}
