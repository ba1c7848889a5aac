package dev.varve.log;

import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
 *   recovery-point 4096
 *   closed 4096 1048570 1763802000000      only after an orderly close
 *   crc 2b7b6703                           CRC-32C of all lines above, line ends included
 * </pre>
 *
 * @param startOffset the first offset that can be read
 * @param recoveryPoint the offset below which everything was durable when this was written
 * @param closed how the log was left; null while it is open
 */
record LogCheckpoint(long startOffset, long recoveryPoint, @Nullable Closed closed) {
  static final String FILE_NAME = "varve.checkpoint";

  private static final String MAGIC = "varve-checkpoint 1";
  private static final String REPLACEMENT_NAME = FILE_NAME + ".tmp";

  /** More than any checkpoint has; a longer file is none. */
  private static final int BYTES_MAX = 4096;

  /**
   * The last segment as an orderly close left it. If it is found otherwise, somebody else has
   * changed the directory since, and nothing here is believed but the start offset.
   *
   * @param endOffset the end of the log
   * @param sizeBytes the size of the last segment's log file
   * @param modifiedMillis when that file was last modified, in milliseconds since the epoch
   */
  record Closed(long endOffset, long sizeBytes, long modifiedMillis) {}

  /**
   * Reads the checkpoint.
   *
   * @return empty if there is none, or if it is damaged: a crash cannot half-write it, since it is
   *     replaced by a rename, so a line that does not parse was damaged otherwise
   */
  static Optional<LogCheckpoint> read(Storage storage) throws IOException {
    if (!storage.exists(FILE_NAME) || storage.size(FILE_NAME) > BYTES_MAX) {
      return Optional.empty();
    }
    try (StorageFile file = storage.open(FILE_NAME);
        Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(file.size());
      file.read(0, bytes);
      return parse(new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII));
    }
  }

  /** Replaces the checkpoint on the disk by this one, atomically and durably. */
  void write(Storage storage) throws IOException {
    try (StorageFile file = storage.create(REPLACEMENT_NAME)) {
      file.write(0, MemorySegment.ofArray(format().getBytes(StandardCharsets.US_ASCII)));
      file.force();
    }
    storage.rename(REPLACEMENT_NAME, FILE_NAME);
    storage.forceDirectory();
  }

  String format() {
    StringBuilder text = new StringBuilder(MAGIC).append('\n');
    text.append("start-offset ").append(startOffset).append('\n');
    text.append("recovery-point ").append(recoveryPoint).append('\n');
    if (closed != null) {
      text.append("closed ").append(closed.endOffset);
      text.append(' ').append(closed.sizeBytes);
      text.append(' ').append(closed.modifiedMillis).append('\n');
    }
    String checksum = checksum(text);
    return text.append("crc ").append(checksum).append('\n').toString();
  }

  static Optional<LogCheckpoint> parse(String text) {
    String[] lines = text.split("\n", -1);
    int last = lines.length - 2;
    int crcAt = text.lastIndexOf("crc ");
    if ((last != 3 && last != 4)
        || crcAt < 0
        || !lines[0].equals(MAGIC)
        || !lines[last].equals("crc " + checksum(text.substring(0, crcAt)))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new LogCheckpoint(
              number(lines[1], "start-offset "),
              number(lines[2], "recovery-point "),
              last == 3 ? null : closed(lines[3])));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Closed closed(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length != 4 || !fields[0].equals("closed")) {
      throw new IllegalArgumentException(line);
    }
    return new Closed(
        Long.parseLong(fields[1]), Long.parseLong(fields[2]), Long.parseLong(fields[3]));
  }

  private static long number(String line, String name) {
    if (!line.startsWith(name)) {
      throw new IllegalArgumentException(line);
    }
    return Long.parseLong(line.substring(name.length()));
  }

  private static String checksum(CharSequence text) {
    CRC32C crc = new CRC32C();
    crc.update(text.toString().getBytes(StandardCharsets.US_ASCII));
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }
}
