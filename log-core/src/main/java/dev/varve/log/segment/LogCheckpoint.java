package dev.varve.log.segment;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The one file of Varve's own: what cannot be rebuilt from the log. Replacing it is the commit
 * point of every operation that touches more than one file.
 *
 * <pre>
 *   varve-checkpoint 3
 *   start-offset 120
 *   recovery-point 4200
 *   scan-from 4096
 *   first-dirty 2048                       only of a log that was compacted once
 *   high-watermark 4150                    only of a replicated log
 *   truncate-to 4180                       only while a truncation is under way
 *   cut 2048 917                           for each file that has to be cut: base offset, bytes
 *   rewrite 0 2048                         only while segments are replaced: first base, end
 *   replacement 0 51234 2881409623         for each segment that comes: base offset, bytes, CRC-32C
 *   closed 4200 1048570 1763802000000      only after an orderly close
 *   crc 13f10f18                           CRC-32C of all lines above, line ends included
 * </pre>
 *
 * <p>The recovery point and the place to scan from are two things: a log that was closed at offset
 * 4200 and opened again has promised everything below 4200, but the file of the segment with base
 * offset 4096 has grown again by space that is reserved.
 *
 * @param startOffset the first offset that can be read
 * @param recoveryPoint the offset below which everything was durable when this was written
 * @param scanFrom the base offset of the first segment whose files may still change
 * @param firstDirtyOffset the offset below which each key was compacted, or {@link #NONE}
 * @param highWatermark the high watermark when this was written, or {@link #NONE} if the log was
 *     not replicated
 * @param truncateTo the end that the log has to be cut to before anything else is done with it, or
 *     {@link #NONE}
 * @param cuts which files of segments end later than the segments
 * @param rewrite the replacement of segments that has to be finished before the log is looked at;
 *     null if none is under way
 * @param closed how the log was left; null while it is open
 */
public record LogCheckpoint(
    long startOffset,
    long recoveryPoint,
    long scanFrom,
    long firstDirtyOffset,
    long highWatermark,
    long truncateTo,
    List<Cut> cuts,
    @Nullable Rewrite rewrite,
    @Nullable Closed closed) {
  /** The name of the file. */
  public static final String FILE_NAME = "varve.checkpoint";

  /** The name under which its replacement is written. */
  public static final String REPLACEMENT_NAME = FILE_NAME + WholeFile.REPLACEMENT_SUFFIX;

  /** More than any checkpoint has; a longer file is none. */
  public static final int BYTES_MAX = 1 << 16;

  /** Stands for an offset that is not kept. */
  public static final long NONE = -1;

  private static final String MAGIC = "varve-checkpoint ";
  private static final String VERSION = "3";

  /** Version 1 had no high watermark and no truncation, version 2 no compaction. */
  private static final Set<String> READ_VERSIONS = Set.of("1", "2", VERSION);

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
   * A segment whose file goes on behind its end: the end was truncated, or a gap follows it, and a
   * reader still had the file mapped.
   *
   * @param baseOffset of the segment
   * @param bytes what its log file is to be cut to before it is read; 0 if all of the segment goes
   */
  public record Cut(long baseOffset, long bytes) {}

  /**
   * Segments that others take the place of.
   *
   * @param baseOffset of the first segment that goes
   * @param endOffset the base of the first segment behind them, which stays
   * @param replacements those that come, ascending
   */
  public record Rewrite(long baseOffset, long endOffset, List<Replacement> replacements) {
    /** Copies the list. */
    public Rewrite {
      replacements = List.copyOf(replacements);
    }
  }

  /**
   * A segment that takes the place of others.
   *
   * @param baseOffset of the segment
   * @param bytes the size of its log file
   * @param checksum the CRC-32C of that file, which tells it from the one that had the name before
   */
  public record Replacement(long baseOffset, long bytes, long checksum) {}

  /** Copies the list. */
  public LogCheckpoint {
    cuts = List.copyOf(cuts);
  }

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
    try {
      return Optional.of(parse(WholeFile.read(storage, FILE_NAME, BYTES_MAX)));
    } catch (InvalidStateFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Replaces the checkpoint on the disk by this one, atomically; durable once the caller has forced
   * the directory.
   */
  public void write(Storage storage) throws IOException {
    WholeFile.replace(storage, FILE_NAME, format());
  }

  /** The content of the file. */
  public byte[] format() {
    StringBuilder text = new StringBuilder(MAGIC).append(VERSION).append('\n');
    text.append("start-offset ").append(startOffset).append('\n');
    text.append("recovery-point ").append(recoveryPoint).append('\n');
    text.append("scan-from ").append(scanFrom).append('\n');
    if (firstDirtyOffset != NONE) {
      text.append("first-dirty ").append(firstDirtyOffset).append('\n');
    }
    if (highWatermark != NONE) {
      text.append("high-watermark ").append(highWatermark).append('\n');
    }
    if (truncateTo != NONE) {
      text.append("truncate-to ").append(truncateTo).append('\n');
    }
    for (Cut cut : cuts) {
      text.append("cut ").append(cut.baseOffset).append(' ').append(cut.bytes).append('\n');
    }
    if (rewrite != null) {
      append(text, rewrite);
    }
    if (closed != null) {
      text.append("closed ").append(closed.endOffset);
      text.append(' ').append(closed.sizeBytes);
      text.append(' ').append(closed.modifiedMillis).append('\n');
    }
    String checksum = checksum(text.toString());
    text.append("crc ").append(checksum).append('\n');
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static void append(StringBuilder text, Rewrite rewrite) {
    text.append("rewrite ").append(rewrite.baseOffset);
    text.append(' ').append(rewrite.endOffset).append('\n');
    for (Replacement replacement : rewrite.replacements) {
      text.append("replacement ").append(replacement.baseOffset);
      text.append(' ').append(replacement.bytes);
      text.append(' ').append(replacement.checksum).append('\n');
    }
  }

  /**
   * Reads the content of the file.
   *
   * @throws InvalidStateFileException if it is not what the format says
   */
  public static LogCheckpoint parse(byte[] file) throws InvalidStateFileException {
    String text = new String(file, StandardCharsets.US_ASCII);
    Lines lines = new Lines(text.split("\n", -1));
    lines.checkVersion();
    lines.checkSum(text);
    LogCheckpoint checkpoint =
        new LogCheckpoint(
            lines.number("start-offset "),
            lines.number("recovery-point "),
            lines.number("scan-from "),
            lines.begins("first-dirty ") ? lines.number("first-dirty ") : NONE,
            lines.begins("high-watermark ") ? lines.number("high-watermark ") : NONE,
            lines.begins("truncate-to ") ? lines.number("truncate-to ") : NONE,
            lines.cuts(),
            lines.begins("rewrite ") ? lines.rewrite() : null,
            lines.begins("closed ") ? lines.closed() : null);
    lines.checkEnd();
    return checkpoint;
  }

  /** The lines of a file, read one after the other. */
  private static final class Lines {
    private final String[] lines;

    /** The line with the checksum: the last, as the file ends with a line end. */
    private final int checksumAt;

    private int next;

    Lines(String[] lines) {
      this.lines = lines;
      this.checksumAt = lines.length - 2;
    }

    void checkVersion() throws InvalidStateFileException {
      String line = lines[next++];
      if (!line.startsWith(MAGIC) || !READ_VERSIONS.contains(line.substring(MAGIC.length()))) {
        throw fault(1, quoted(line), quoted(MAGIC + VERSION));
      }
    }

    void checkSum(String text) throws InvalidStateFileException {
      String expected = "crc " + checksum(text.substring(0, Math.max(0, text.lastIndexOf("crc "))));
      String found = lines[Math.max(0, checksumAt)];
      if (!found.equals(expected) || !lines[lines.length - 1].isEmpty()) {
        throw fault(lines.length - 1, quoted(found), quoted(expected) + " at the end");
      }
    }

    boolean begins(String name) {
      return next < checksumAt && lines[next].startsWith(name);
    }

    long number(String name) throws InvalidStateFileException {
      int line = next++;
      String text = line < checksumAt ? lines[line] : lines[checksumAt];
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
      throw fault(line + 1, quoted(text), quoted(name + "0") + " or more");
    }

    List<Cut> cuts() throws InvalidStateFileException {
      List<Cut> cuts = new ArrayList<>();
      while (begins("cut ")) {
        long[] numbers = numbers(2);
        cuts.add(new Cut(numbers[0], numbers[1]));
      }
      return cuts;
    }

    Rewrite rewrite() throws InvalidStateFileException {
      long[] range = numbers(2);
      List<Replacement> replacements = new ArrayList<>();
      while (begins("replacement ")) {
        long[] numbers = numbers(3);
        replacements.add(new Replacement(numbers[0], numbers[1], numbers[2]));
      }
      return new Rewrite(range[0], range[1], replacements);
    }

    Closed closed() throws InvalidStateFileException {
      long[] numbers = numbers(3);
      return new Closed(numbers[0], numbers[1], numbers[2]);
    }

    /** The numbers behind the name of a line. */
    private long[] numbers(int count) throws InvalidStateFileException {
      int line = next++;
      String[] fields = lines[line].split(" ", -1);
      try {
        if (fields.length == count + 1) {
          return Arrays.stream(fields).skip(1).mapToLong(Long::parseLong).toArray();
        }
      } catch (NumberFormatException e) {
        // told below
      }
      throw fault(line + 1, quoted(lines[line]), fields[0] + ", and " + count + " numbers");
    }

    void checkEnd() throws InvalidStateFileException {
      if (next != checksumAt) {
        throw fault(next + 1, quoted(lines[next]), "the checksum");
      }
    }
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
