package dev.varve.log.segment;

import java.util.Optional;

/**
 * The name of a file in a log directory, taken apart: {@code 00000000000000004096.index.swap} is
 * the offset index of the segment with base offset 4096, about to take its place. The only place
 * that makes or reads such names.
 *
 * <p>Names are Kafka's, in ASCII digits whatever the locale.
 *
 * @param baseOffset the offset in the name, 0 or more
 * @param kind what the file holds
 * @param stage which step of a replacement or deletion the file is in
 */
public record SegmentFile(long baseOffset, Kind kind, Stage stage) {
  private static final int OFFSET_DIGITS = 20;

  /** What a file holds. */
  public enum Kind {
    LOG(".log"),
    OFFSET_INDEX(".index"),
    TIME_INDEX(".timeindex"),
    TRANSACTION_INDEX(".txnindex"),
    PRODUCER_SNAPSHOT(".snapshot");

    private final String extension;

    Kind(String extension) {
      this.extension = extension;
    }
  }

  /** Which step of a replacement or deletion a file is in. */
  public enum Stage {
    /** The file is part of the log. */
    CURRENT(""),
    /** Taken out of the log, not yet unlinked. */
    DELETED(".deleted"),
    /** A replacement that is still being written. */
    CLEANED(".cleaned"),
    /** A complete replacement that has to take its place. */
    SWAP(".swap");

    private final String suffix;

    Stage(String suffix) {
      this.suffix = suffix;
    }
  }

  /** Refuses an offset that no segment can have. */
  public SegmentFile {
    if (baseOffset < 0) {
      throw new IllegalArgumentException("base offset " + baseOffset + ", expected 0 or more");
    }
  }

  /** The name of a file that is part of the log. */
  public static String name(long baseOffset, Kind kind) {
    return new SegmentFile(baseOffset, kind, Stage.CURRENT).name();
  }

  /** Takes a name apart; empty if it is not that of a segment's file. */
  public static Optional<SegmentFile> parse(String name) {
    if (name.length() <= OFFSET_DIGITS) {
      return Optional.empty();
    }
    long baseOffset = 0;
    for (int i = 0; i < OFFSET_DIGITS; i++) {
      int digit = name.charAt(i) - '0';
      if (digit < 0 || digit > 9 || baseOffset > (Long.MAX_VALUE - digit) / 10) {
        return Optional.empty();
      }
      baseOffset = baseOffset * 10 + digit;
    }
    String rest = name.substring(OFFSET_DIGITS);
    for (Kind kind : Kind.values()) {
      for (Stage stage : Stage.values()) {
        if (rest.equals(kind.extension + stage.suffix)) {
          return Optional.of(new SegmentFile(baseOffset, kind, stage));
        }
      }
    }
    return Optional.empty();
  }

  /** This file in another stage. */
  public SegmentFile in(Stage stage) {
    return new SegmentFile(baseOffset, kind, stage);
  }

  /** The file name. */
  public String name() {
    String digits = Long.toString(baseOffset);
    return "0".repeat(OFFSET_DIGITS - digits.length()) + digits + kind.extension + stage.suffix;
  }
}
