package dev.varve.log.segment;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The one file of Varve's own: what cannot be rebuilt from the log. Replacing it is the commit
 * point of every operation that touches more than one file.
 *
 * <pre>
 *   varve-checkpoint 1
 *   start-offset 120
 *   recovery-point 4200
 *   scan-from 4096
 *   closed 4200 1048570 1763802000000      only after an orderly close
 *   crc 0c5fa334                           CRC-32C of all lines above, line ends included
 * </pre>
 *
 * <p>The recovery point and the place to scan from are two things: a log that was closed at offset
 * 4200 and opened again has promised everything below 4200, but the file of the segment with base
 * offset 4096 has grown again by space that is reserved.
 *
 * @param startOffset the first offset that can be read
 * @param recoveryPoint the offset below which everything was durable when this was written
 * @param scanFrom the base offset of the first segment whose files may still change
 * @param closed how the log was left; null while it is open
 */
public record LogCheckpoint(
    long startOffset, long recoveryPoint, long scanFrom, @Nullable Closed closed) {
  /** The name of the file. */
  public static final String FILE_NAME = "varve.checkpoint";

  /** The name under which its replacement is written. */
  public static final String REPLACEMENT_NAME = FILE_NAME + ".tmp";

  /** More than any checkpoint has; a longer file is none. */
  public static final int BYTES_MAX = 4096;

  private static final String MAGIC = "varve-checkpoint 1";
  private static final int LINES_WHILE_OPEN = 5;

  /**
   * The last segment as an orderly close left it. If it is found otherwise, somebody else has
   * changed the directory since, and nothing here is believed but the start offset.
   *
   * @param endOffset the end of the log
   * @param sizeBytes the size of the last segment's log file
   * @param modifiedMillis when that file was last modified, in milliseconds since the epoch
   */
  public record Closed(long endOffset, long sizeBytes, long modifiedMillis) {}

  /**
   * Reads the checkpoint of a log.
   *
   * @return empty if there is none, or if it is damaged: a crash cannot half-write it, since it is
   *     replaced by a rename, so a line that does not parse was damaged otherwise
   */
  public static Optional<LogCheckpoint> read(Storage storage) throws IOException {
    if (!storage.exists(FILE_NAME) || storage.size(FILE_NAME) > BYTES_MAX) {
      return Optional.empty();
    }
    try (StorageFile file = storage.open(FILE_NAME)) {
      byte[] bytes = new byte[(int) file.size()];
      file.read(0, MemorySegment.ofArray(bytes));
      return Optional.of(parse(bytes));
    } catch (InvalidStateFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Replaces the checkpoint on the disk by this one, atomically; durable once the caller has forced
   * the directory.
   */
  public void write(Storage storage) throws IOException {
    try (StorageFile file = storage.create(REPLACEMENT_NAME)) {
      file.write(0, MemorySegment.ofArray(format()));
      file.force();
    }
    storage.rename(REPLACEMENT_NAME, FILE_NAME);
  }

  /** The content of the file. */
  public byte[] format() {
    StringBuilder text = new StringBuilder(MAGIC).append('\n');
    text.append("start-offset ").append(startOffset).append('\n');
    text.append("recovery-point ").append(recoveryPoint).append('\n');
    text.append("scan-from ").append(scanFrom).append('\n');
    if (closed != null) {
      text.append("closed ").append(closed.endOffset);
      text.append(' ').append(closed.sizeBytes);
      text.append(' ').append(closed.modifiedMillis).append('\n');
    }
    String checksum = checksum(text.toString());
    text.append("crc ").append(checksum).append('\n');
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads the content of the file.
   *
   * @throws InvalidStateFileException if it is not what the format says
   */
  public static LogCheckpoint parse(byte[] file) throws InvalidStateFileException {
    String text = new String(file, StandardCharsets.US_ASCII);
    String[] lines = text.split("\n", -1);
    if (!lines[0].equals(MAGIC)) {
      throw fault(1, quoted(lines[0]), quoted(MAGIC));
    }
    int count = lines.length - 1;
    if (count != LINES_WHILE_OPEN && count != LINES_WHILE_OPEN + 1) {
      throw fault(count, count + " lines", "5, or 6 after an orderly close");
    }
    String checksum = "crc " + checksum(text.substring(0, Math.max(0, text.lastIndexOf("crc "))));
    if (!lines[count - 1].equals(checksum)) {
      throw fault(count, quoted(lines[count - 1]), quoted(checksum));
    }
    return new LogCheckpoint(
        number(lines, 2, "start-offset "),
        number(lines, 3, "recovery-point "),
        number(lines, 4, "scan-from "),
        count == LINES_WHILE_OPEN ? null : closed(lines));
  }

  private static Closed closed(String[] lines) throws InvalidStateFileException {
    String[] fields = lines[4].split(" ", -1);
    try {
      if (fields.length == 4 && fields[0].equals("closed")) {
        return new Closed(
            Long.parseLong(fields[1]), Long.parseLong(fields[2]), Long.parseLong(fields[3]));
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw fault(5, quoted(lines[4]), "closed, and three numbers");
  }

  private static long number(String[] lines, int line, String name)
      throws InvalidStateFileException {
    String text = lines[line - 1];
    try {
      if (text.startsWith(name)) {
        long number = Long.parseLong(text.substring(name.length()));
        if (number >= 0) {
          return number;
        }
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw fault(line, quoted(text), quoted(name + "0") + " or more");
  }

  private static InvalidStateFileException fault(int line, String found, String expected) {
    return new InvalidStateFileException("line " + line, found, expected);
  }

  private static String quoted(String text) {
    return '"' + (text.length() <= 80 ? text : text.substring(0, 80) + "...") + '"';
  }

  private static String checksum(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.US_ASCII));
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }
}
