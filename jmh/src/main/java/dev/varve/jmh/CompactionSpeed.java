package dev.varve.jmh;

import dev.varve.jmh.LogCleaning.Figures;
import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * How fast a log is compacted by Varve and by Kafka's cleaner, in as much memory, and how fast its
 * files can be read and summed at all: by turns, each on a copy of the same files.
 */
final class CompactionSpeed {
  private static final int KEY_MAP_BYTES = 128 << 20;

  /** Who does it, in the order of a round. */
  private enum Who {
    LIMIT(new ScanLimit()),
    VARVE(new VarveLogCleaning()),
    KAFKA(new KafkaLogCleaning());

    @SuppressWarnings("ImmutableEnumChecker") // none has a state
    private final LogCleaning cleaning;

    Who(LogCleaning cleaning) {
      this.cleaning = cleaning;
    }
  }

  private final CompactedRecords records;
  private final Compression compression;
  private final Map<Who, List<Figures>> figures = new EnumMap<>(Who.class);

  CompactionSpeed(CompactedRecords records, Compression compression) {
    this.records = records;
    this.compression = compression;
    for (Who who : Who.values()) {
      figures.put(who, new ArrayList<>());
    }
  }

  private List<Figures> of(Who who) {
    return Objects.requireNonNull(figures.get(who));
  }

  static final String TITLE =
      String.format(
          Locale.ROOT,
          "%-6s%-9s%9s  %-22s%-22s%-22s%13s%13s%8s%18s",
          "codec",
          "keys",
          "bytes",
          "limit",
          "Varve",
          "Kafka",
          "Varve/Kafka",
          "Varve/limit",
          "kept",
          "B/record garbage");

  /**
   * Measures.
   *
   * @param rounds how many are measured, after one that is not
   * @param out is told every single figure
   */
  void measure(int rounds, PrintStream out) throws IOException {
    try (BenchmarkDirectory directory = BenchmarkDirectory.create()) {
      Path original = directory.path().resolve("original");
      records.writeTo(original, compression);
      for (int round = 0; round <= rounds; round++) {
        for (Who who : Who.values()) {
          Path copy = directory.path().resolve("records-0");
          copy(original, copy);
          Figures found = who.cleaning.clean(copy, KEY_MAP_BYTES);
          BenchmarkDirectory.deleteTree(copy);
          out.printf(
              Locale.ROOT,
              "# %s %s %s round %d: %.0f MiB/s, %.0f MiB/s of a processor, %d passes, %d of %d"
                  + " records kept%n",
              compression.codec(),
              records.choice(),
              who,
              round,
              found.mebibytesPerSecond(),
              found.mebibytesPerCpuSecond(),
              found.passes(),
              found.recordsAfter(),
              found.recordsBefore());
          if (round > 0) {
            of(who).add(found);
          }
        }
        checkSame();
      }
    }
  }

  private void checkSame() {
    if (!of(Who.VARVE).isEmpty()) {
      long varve = of(Who.VARVE).getLast().recordsAfter();
      long kafka = of(Who.KAFKA).getLast().recordsAfter();
      if (varve != kafka) {
        throw new IllegalStateException("Varve keeps " + varve + " records, Kafka " + kafka);
      }
    }
  }

  /** On the disk, so that nothing is left to be written back while it is compacted. */
  static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Path copy = Files.copy(file, to.resolve(file.getFileName()));
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
  }

  private double[] sorted(Who who, ToDoubleFunction<Figures> of) {
    return of(who).stream().mapToDouble(of).sorted().toArray();
  }

  private double median(Who who, ToDoubleFunction<Figures> of) {
    double[] sorted = sorted(who, of);
    return sorted[sorted.length / 2];
  }

  private static String speed(double[] sorted) {
    return String.format(
        Locale.ROOT,
        "%.0f (%.0f-%.0f)",
        sorted[sorted.length / 2],
        sorted[0],
        sorted[sorted.length - 1]);
  }

  private static double bytesPerRecord(Figures found) {
    return found.allocatedBytes() / (double) found.recordsBefore();
  }

  @Override
  public String toString() {
    return line("", Figures::mebibytesPerSecond)
        + System.lineSeparator()
        + line("(CPU)", Figures::mebibytesPerCpuSecond);
  }

  private String line(String note, ToDoubleFunction<Figures> speed) {
    Figures one = of(Who.VARVE).getFirst();
    return String.format(
        Locale.ROOT,
        "%-6s%-9s%5d MiB  %-22s%-22s%-22s%12.1fx%12.0f%%%7.1f%%%10.2f /%6.0f  %s",
        compression.codec().name(),
        records.choice(),
        one.bytesBefore() >> 20,
        speed(sorted(Who.LIMIT, speed)),
        speed(sorted(Who.VARVE, speed)),
        speed(sorted(Who.KAFKA, speed)),
        median(Who.VARVE, speed) / median(Who.KAFKA, speed),
        100 * median(Who.VARVE, speed) / median(Who.LIMIT, speed),
        100.0 * one.recordsAfter() / one.recordsBefore(),
        median(Who.VARVE, CompactionSpeed::bytesPerRecord),
        median(Who.KAFKA, CompactionSpeed::bytesPerRecord),
        note);
  }
}
