package dev.varve.log.store;

import dev.varve.log.producer.InvalidStateFileException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * A file with an offset for each of many logs, as Kafka's checkpoints are.
 *
 * <pre>
 *   0                the version
 *   2                how many entries follow
 *   orders 0 1234    topic, partition, offset
 *   orders 1 99
 * </pre>
 *
 * <p>An empty file has no entries. There is no checksum: what is cut off is noticed by the count.
 */
final class OffsetCheckpoint {
  private static final String VERSION = "0";

  private OffsetCheckpoint() {}

  /**
   * What a file says of a log.
   *
   * @param line where, counted from 1
   */
  record Entry(int line, TopicPartition partition, long offset) {}

  static byte[] format(Map<TopicPartition, Long> offsets) {
    StringBuilder text = new StringBuilder(VERSION + "\n").append(offsets.size()).append('\n');
    offsets.forEach((partition, offset) ->
        text.append(partition.topic())
            .append(' ')
            .append(partition.partition())
            .append(' ')
            .append(offset)
            .append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a file.
   *
   * @throws InvalidStateFileException if it is not what the format says
   */
  static NavigableMap<TopicPartition, Long> parse(byte[] file) throws InvalidStateFileException {
    NavigableMap<TopicPartition, Long> offsets = new TreeMap<>();
    entries(file).forEach(entry -> offsets.put(entry.partition, entry.offset));
    return offsets;
  }

  /**
   * The same in the order of the file.
   *
   * @throws InvalidStateFileException if it is not what the format says
   */
  static List<Entry> entries(byte[] file) throws InvalidStateFileException {
    List<Entry> entries = new ArrayList<>();
    if (file.length == 0) {
      return entries;
    }
    String[] lines = new String(file, StandardCharsets.UTF_8).split("\\R", -1);
    if (!lines[0].equals(VERSION)) {
      throw InvalidStateFileException.ofLine(1, lines[0], "version " + VERSION);
    }
    int ends = lines[lines.length - 1].isEmpty() ? 1 : 0; // the last line may lack its end
    String count = lines.length > 1 ? lines[1] : "";
    if (number(2, count, count) != lines.length - 2 - ends) {
      throw InvalidStateFileException.ofLine(2, count, "the number of entries that follow");
    }
    Set<TopicPartition> seen = new HashSet<>();
    for (int i = 2; i < lines.length - ends; i++) {
      Entry entry = entry(i + 1, lines[i]);
      if (!seen.add(entry.partition)) {
        throw InvalidStateFileException.ofLine(
            entry.line, lines[i], "one entry for " + entry.partition);
      }
      entries.add(entry);
    }
    return entries;
  }

  private static Entry entry(int line, String text) throws InvalidStateFileException {
    String[] fields = text.split("\\s+", -1);
    if (fields.length != 3) {
      throw InvalidStateFileException.ofLine(line, text, "topic, partition and offset");
    }
    TopicPartition partition =
        TopicPartition.ofDirectoryName(fields[0] + "-" + fields[1]).orElse(null);
    if (partition == null) {
      throw InvalidStateFileException.ofLine(
          line, text, "a topic and a partition as Kafka allows them");
    }
    return new Entry(line, partition, number(line, text, fields[2]));
  }

  private static long number(int line, String text, String field) throws InvalidStateFileException {
    try {
      long number = Long.parseLong(field);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw InvalidStateFileException.ofLine(line, text, "a number of 0 or more at its end");
  }
}
