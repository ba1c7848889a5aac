package dev.varve.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What becomes of the files of a project over years, as lines that {@code varve append --format
 * tsv} takes: the time of a change, the path, and what was done; nothing if the file was deleted. A
 * few files are changed often, most seldom.
 */
final class FileHistory {
  private static final long BEGIN_MILLIS = 1_312_242_084_000L;
  private static final int FILES = 900;
  private static final int DELETED_PERCENT = 6;

  private FileHistory() {}

  /** The first events of the history, always the same. */
  static List<String> events(int count) {
    return events(IntStream.range(0, count), 42);
  }

  static List<String> events(IntStream numbers, long seed) {
    Random random = new Random(seed);
    List<String> events = new ArrayList<>();
    numbers.forEach(i -> {
      int file = (int) (FILES * Math.pow(random.nextDouble(), 3));
      String value =
          random.nextInt(100) < DELETED_PERCENT
              ? ""
              : "{\"commit\":\"" + Long.toHexString(random.nextLong()) + "\",\"change\":\"M\"}";
      long millis = BEGIN_MILLIS + i * 60_000L;
      events.add(millis + "\tsrc/main/java/File" + file + ".java\t" + value + "\n");
    });
    return events;
  }

  /**
   * The last event of each file, by offset.
   *
   * @param withTombstones whether a file that was deleted has one
   */
  static Map<Integer, String> last(List<String> events, boolean withTombstones) {
    Map<String, Integer> offsets = new HashMap<>();
    for (int i = 0; i < events.size(); i++) {
      offsets.put(events.get(i).split("\t", -1)[1], i);
    }
    Map<Integer, String> last = new TreeMap<>();
    for (int offset : offsets.values()) {
      String event = events.get(offset);
      if (withTombstones || !event.endsWith("\t\n")) {
        last.put(offset, event);
      }
    }
    return last;
  }
}
