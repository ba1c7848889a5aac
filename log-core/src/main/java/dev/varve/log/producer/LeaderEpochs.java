package dev.varve.log.producer;

import dev.varve.log.record.EpochEnd;
import dev.varve.log.record.LeaderEpoch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Which leader wrote from which offset on: the content of {@code leader-epoch-checkpoint}.
 *
 * <pre>
 *   0          version
 *   2          number of lines that follow
 *   3 0        epoch, the base offset of the first batch with it
 *   5 1200     both strictly increase from line to line
 * </pre>
 *
 * <p>ASCII, each line ended by {@code \n}. Several epochs may lie between two lines: they wrote
 * nothing.
 *
 * <p>A value: every change gives another one. Leaders change rarely and every batch asks, so the
 * question costs a comparison, readers need no lock, and what was written to the file is what was
 * published.
 *
 * @param entries in order of epoch and of start offset
 */
public record LeaderEpochs(List<LeaderEpoch> entries) {
  /** No epochs: a log without batches, or whose batches carry none. */
  public static final LeaderEpochs NONE = new LeaderEpochs(List.of());

  /** Stands for "none" where an epoch is asked for. */
  public static final int NO_EPOCH = -1;

  private static final int VERSION = 0;
  private static final int HEADER_LINES = 2;

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if epochs or start offsets do not strictly increase
   */
  public LeaderEpochs {
    entries = List.copyOf(entries);
    for (int i = 1; i < entries.size(); i++) {
      if (!follows(entries.get(i), entries.get(i - 1))) {
        throw new IllegalArgumentException(entries.get(i) + " behind " + entries.get(i - 1));
      }
    }
  }

  private static boolean follows(LeaderEpoch next, LeaderEpoch last) {
    return next.epoch() > last.epoch() && next.startOffset() > last.startOffset();
  }

  /** The newest epoch, or -1 if there is none. */
  public int latestEpoch() {
    return entries.isEmpty() ? NO_EPOCH : entries.getLast().epoch();
  }

  /**
   * Takes note that a batch with this epoch begins at this offset, or that a leader with this epoch
   * takes over there.
   *
   * <pre>
   *   before                        (3, 0)  (5, 1200)  (8, 2000)
   *   assign(8, 2500)               (3, 0)  (5, 1200)  (8, 2000)             nothing new
   *   assign(9, 2500)               (3, 0)  (5, 1200)  (8, 2000)  (9, 2500)
   *   assign(9, 1500)               (3, 0)  (5, 1200)  (9, 1500)             8 had nothing below
   *   assign(6, 2500)               (3, 0)  (5, 1200)  (6, 2500)             history is cut
   * </pre>
   *
   * <p>Allocates nothing if nothing changes. Recovery, which must not cut history by what it finds
   * in old batches, calls this for epochs above {@link #latestEpoch} only.
   *
   * @return this, if the newest entry has the epoch already and begins no later
   * @throws IllegalArgumentException if the epoch or the offset is negative
   */
  public LeaderEpochs assign(int epoch, long baseOffset) {
    if (!entries.isEmpty()) {
      LeaderEpoch latest = entries.getLast();
      if (latest.epoch() == epoch && latest.startOffset() <= baseOffset) {
        return this;
      }
    }
    LeaderEpoch next = new LeaderEpoch(epoch, baseOffset);
    int keep = entries.size();
    while (keep > 0 && !follows(next, entries.get(keep - 1))) {
      keep--;
    }
    List<LeaderEpoch> changed = new ArrayList<>(entries.subList(0, keep));
    changed.add(next);
    return new LeaderEpochs(changed);
  }

  /**
   * Takes away the epochs that begin at or above the log's new end.
   *
   * <pre>
   *   before                        (3, 0)  (5, 1200)  (8, 2000)
   *   truncateFromEnd(2001)         (3, 0)  (5, 1200)  (8, 2000)
   *   truncateFromEnd(2000)         (3, 0)  (5, 1200)
   *   truncateFromEnd(0)            none
   * </pre>
   *
   * @return this, if nothing changes
   */
  public LeaderEpochs truncateFromEnd(long endOffset) {
    int keep = entries.size();
    while (keep > 0 && entries.get(keep - 1).startOffset() >= endOffset) {
      keep--;
    }
    return keep == entries.size() ? this : new LeaderEpochs(entries.subList(0, keep));
  }

  /**
   * Takes away what lies below the log's new start. The epoch in which the start lies begins there.
   *
   * <pre>
   *   before                        (3, 0)  (5, 1200)  (8, 2000)
   *   truncateFromStart(1500)               (5, 1500)  (8, 2000)
   *   truncateFromStart(2000)                          (8, 2000)
   *   truncateFromStart(9000)                          (8, 9000)
   * </pre>
   *
   * @return this, if nothing changes
   */
  public LeaderEpochs truncateFromStart(long startOffset) {
    int gone = 0;
    while (gone < entries.size() && entries.get(gone).startOffset() <= startOffset) {
      gone++;
    }
    if (gone == 0 || (gone == 1 && entries.getFirst().startOffset() == startOffset)) {
      return this;
    }
    List<LeaderEpoch> changed = new ArrayList<>();
    changed.add(new LeaderEpoch(entries.get(gone - 1).epoch(), startOffset));
    changed.addAll(entries.subList(gone, entries.size()));
    return new LeaderEpochs(changed);
  }

  /**
   * Where the epoch that a follower names ended here, so that it can cut what it has beyond.
   *
   * <pre>
   *   (3, 0)  (5, 1200)  (8, 2000), log end 2600
   *
   *   epoch asked for    2          3 or 4       5, 6, 7      8          9, -1
   *   answer             (2, 0)     (3, 1200)    (5, 2000)    (8, 2600)  unknown
   * </pre>
   *
   * @param logEnd the end of the log, where the newest epoch ends
   */
  public EpochEnd endOffsetFor(int epoch, long logEnd) {
    int latestEpoch = latestEpoch();
    if (epoch < 0 || epoch > latestEpoch) {
      return EpochEnd.UNKNOWN;
    }
    if (epoch == latestEpoch) {
      return new EpochEnd(epoch, logEnd);
    }
    int higher = 0;
    while (entries.get(higher).epoch() <= epoch) {
      higher++;
    }
    return new EpochEnd(
        higher == 0 ? epoch : entries.get(higher - 1).epoch(), entries.get(higher).startOffset());
  }

  /**
   * Reads a checkpoint file. A file without bytes has no entries, nor has one that ends behind its
   * version. Other line ends than {@code \n} and more than one blank between the numbers are read,
   * as Kafka does.
   *
   * @param file all of its bytes
   * @throws InvalidStateFileException if they are anything but a whole checkpoint
   */
  public static LeaderEpochs parse(byte[] file) throws InvalidStateFileException {
    List<String> lines = new String(file, StandardCharsets.US_ASCII).lines().toList();
    if (lines.isEmpty()) {
      return NONE;
    }
    long version = number(lines, 0, lines.get(0), "version " + VERSION);
    if (version != VERSION) {
      throw fault(0, lines.get(0), "version " + VERSION);
    }
    if (lines.size() == 1) {
      return NONE;
    }
    int found = lines.size() - HEADER_LINES;
    if (number(lines, 1, lines.get(1), "a number of entries") != found) {
      throw fault(1, lines.get(1), "the number of the lines that follow, " + found);
    }
    List<LeaderEpoch> entries = new ArrayList<>();
    for (int line = HEADER_LINES; line < lines.size(); line++) {
      LeaderEpoch entry = entry(lines, line);
      if (!entries.isEmpty() && !follows(entry, entries.getLast())) {
        LeaderEpoch last = entries.getLast();
        throw fault(
            line,
            lines.get(line),
            "an epoch above " + last.epoch() + " and an offset above " + last.startOffset());
      }
      entries.add(entry);
    }
    return new LeaderEpochs(entries);
  }

  private static LeaderEpoch entry(List<String> lines, int line) throws InvalidStateFileException {
    String expected = "an epoch and an offset, both 0 or more";
    String[] fields = lines.get(line).split("\\s+", -1);
    if (fields.length != 2) {
      throw fault(line, lines.get(line), expected);
    }
    long epoch = number(lines, line, fields[0], expected);
    long startOffset = number(lines, line, fields[1], expected);
    if (epoch < 0 || epoch > Integer.MAX_VALUE || startOffset < 0) {
      throw fault(line, lines.get(line), expected);
    }
    return new LeaderEpoch((int) epoch, startOffset);
  }

  private static long number(List<String> lines, int line, String digits, String expected)
      throws InvalidStateFileException {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw fault(line, lines.get(line), expected);
    }
  }

  /** Of a line counted from 0. */
  private static InvalidStateFileException fault(int line, String found, String expected) {
    return InvalidStateFileException.ofLine(line + 1, found, expected);
  }

  /** The bytes of the checkpoint file. */
  public byte[] format() {
    StringBuilder text = new StringBuilder();
    text.append(VERSION).append('\n').append(entries.size()).append('\n');
    for (LeaderEpoch entry : entries) {
      text.append(entry.epoch()).append(' ').append(entry.startOffset()).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }
}
