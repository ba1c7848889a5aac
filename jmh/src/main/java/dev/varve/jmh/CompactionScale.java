package dev.varve.jmh;

import dev.varve.log.record.Compression;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * What compaction costs: its speed beside that of Kafka's cleaner and beside what reading takes,
 * many keys in little memory, and what an append sees of it.
 *
 * <pre>
 *   java -Xms1g -Xmx1g -cp jmh/target/benchmarks.jar dev.varve.jmh.CompactionScale speed 10000000 5
 *   java -Xms1g -Xmx1g -cp jmh/target/benchmarks.jar dev.varve.jmh.CompactionScale keys 12000000
 *   java -Xms1g -Xmx1g -cp jmh/target/benchmarks.jar dev.varve.jmh.CompactionScale latency 4000000 3
 * </pre>
 *
 * <p>No benchmark of JMH's: each measurement takes a copy of a log of its own.
 */
public final class CompactionScale {
  private static final int KEYS = 1_000_000;

  private CompactionScale() {}

  /** Prints a line for each measurement. */
  public static void main(String[] args) throws IOException {
    String what = args.length > 0 ? args[0] : "speed";
    int records = args.length > 1 ? Integer.parseInt(args[1]) : 10_000_000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    String only = args.length > 3 ? args[3] : "";
    PrintStream out = System.out;
    switch (what) {
      case "speed" -> speed(records, rounds, only, out);
      case "keys" -> keys(records, out);
      case "latency" ->
          out.println(
              new CompactionLatency(
                      new CompactedRecords(records, KEYS, CompactedRecords.Choice.UNIFORM))
                  .measure(rounds));
      default ->
          throw new IllegalArgumentException("found " + what + ", expected speed, keys or latency");
    }
  }

  /** Five of six records bring a key. */
  private static void keys(int records, PrintStream out) {
    CompactedRecords all =
        new CompactedRecords(records, records / 6 * 5, CompactedRecords.Choice.ALL_FIRST);
    for (int mebibytes : new int[] {64, 16}) {
      out.println(new CompactionManyKeys(all, mebibytes << 20).measure());
    }
  }

  private static void speed(int records, int rounds, String only, PrintStream out)
      throws IOException {
    List<CompactionSpeed> all = new ArrayList<>();
    for (Compression compression : List.of(Compression.NONE, Compression.LZ4)) {
      for (CompactedRecords.Choice choice :
          List.of(CompactedRecords.Choice.UNIFORM, CompactedRecords.Choice.SKEWED)) {
        if (!(compression.codec().name() + "-" + choice).contains(only)) {
          continue;
        }
        CompactionSpeed speed =
            new CompactionSpeed(new CompactedRecords(records, KEYS, choice), compression);
        speed.measure(rounds, out);
        all.add(speed);
      }
    }
    out.println(CompactionSpeed.TITLE);
    all.forEach(out::println);
  }
}
