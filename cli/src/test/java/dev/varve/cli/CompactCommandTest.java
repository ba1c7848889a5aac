package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.compaction.CompactionConfig;
import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.DiskFullException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a log is compacted by the command line. */
class CompactCommandTest {
  private static final Path GOLDEN = Path.of("src", "test", "resources", "compact");

  @TempDir Path parent;

  private final List<String> history = FileHistory.events(4000);
  private String directory = "";

  @BeforeEach
  void nameLog() {
    directory = parent.resolve("files-0").toString();
  }

  private void append(String... options) {
    String[] arguments =
        Stream.concat(Stream.of("append", directory, "--format=tsv"), Stream.of(options))
            .toArray(String[]::new);
    CommandLineRun run = CommandLineRun.withInput(String.join("", history), arguments);
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private void appendToSegments() {
    append("--set=internal.segment.bytes=20000", "--set=segment.ms=" + Long.MAX_VALUE);
  }

  private CommandLineRun compact(String... options) {
    return CommandLineRun.of(
        Stream.concat(Stream.of("compact", directory), Stream.of(options)).toArray(String[]::new));
  }

  /** Offset, and the line that was appended. */
  private Map<Integer, String> records() {
    Map<Integer, String> records = new TreeMap<>();
    List<String> offsets =
        CommandLineRun.of("cat", directory, "--format=hex")
            .out()
            .lines()
            .map(line -> line.substring(0, line.indexOf('\t')))
            .toList();
    List<String> lines = CommandLineRun.of("cat", directory, "--format=tsv").out().lines().toList();
    assertThat(lines).hasSameSizeAs(offsets);
    for (int i = 0; i < lines.size(); i++) {
      records.put(Integer.valueOf(offsets.get(i)), lines.get(i) + "\n");
    }
    return records;
  }

  private Map<String, Long> files() throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> files = Files.list(Path.of(directory))) {
      for (Path file : files.toList()) {
        sizes.put(file.getFileName().toString(), Files.size(file));
      }
    }
    return sizes;
  }

  private void assertSound() {
    CommandLineRun verify = CommandLineRun.of("verify", directory);
    assertThat(verify.out()).startsWith("sound: ").endsWith("no damage, 0 notes\n");
  }

  @ParameterizedTest
  @CsvSource({
    "none, 20000",
    "none, 100000000",
    "lz4,  20000",
    "zstd, 20000",
    "gzip, 20000",
    "gzip, 100000000"
  })
  void theLastValueOfEachKeyStaysAtItsOffset(String compression, int segmentBytes) {
    append("--compression=" + compression, "--set=internal.segment.bytes=" + segmentBytes);

    CommandLineRun kept = compact();
    assertThat(kept.exitCode()).as(kept.err()).isZero();
    assertThat(records()).isEqualTo(FileHistory.last(history, true));
    assertSound();

    CommandLineRun soon = compact("--set=delete.retention.ms=0");
    assertThat(soon.out()).startsWith("nothing is dirty that could be compacted");
  }

  @Test
  void withoutADelayTombstonesGoAtOnce() {
    appendToSegments();
    CommandLineRun run = compact("--set=delete.retention.ms=0");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(records()).isEqualTo(FileHistory.last(history, false));
    assertSound();
    assertThat(CommandLineRun.of("info", directory).out())
        .containsPattern("compacted up to +offset 4,000; dirty ratio 0\\.0000 \\(0 of ");
    assertThat(CommandLineRun.of("dump", directory).out())
        .contains("\n  varve-checkpoint 3\n")
        .contains("\n  first-dirty 4000\n");
  }

  @Test
  void tombstonesOfWhichTheTimeHasPassedGoFromALogToWhichNothingIsAppended() {
    appendToSegments();
    assertThat(compact("--set=delete.retention.ms=1").exitCode()).isZero();
    assertThat(records()).isEqualTo(FileHistory.last(history, true));
    CommandLineRun full = compact("--full");
    assertThat(full.exitCode()).as(full.err()).isZero();
    assertThat(records()).isEqualTo(FileHistory.last(history, false));
  }

  @Test
  void beforeAndAfterAreShown() throws IOException {
    appendToSegments();
    String out = compact("--set=internal.segment.bytes=20000").out();
    String comparable = out.replaceAll("and [\\d.]+ m?s;", "and <time>;");
    Path file = GOLDEN.resolve("report.txt");
    if ("rewrite".equals(System.getProperty("varve.golden"))) {
      Files.createDirectories(GOLDEN);
      Files.writeString(file, comparable);
    }
    assertThat(comparable).isEqualTo(Files.readString(file));
  }

  @Test
  void aDryRunSaysWhatIsDirtyAndWhatIsNotAndChangesNothing() throws IOException {
    appendToSegments();
    Map<String, Long> before = files();
    CommandLineRun run = compact("--dry-run");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .startsWith(directory + " is due: min.cleanable.dirty.ratio: ")
        .contains("\n  segment 0 is dirty: dirty from offset 0 on\n")
        .contains("\n  segment 4000 is held back: it takes appends\n")
        .endsWith("\nnothing was changed\n");
    assertThat(files()).isEqualTo(before);
    assertThat(records()).hasSize(4000);
  }

  @Test
  void aDryRunPlansWhatARunDoes() {
    appendToSegments();
    String dry = compact("--dry-run", "--json").out();
    List<String> lines = compact("--json").out().lines().toList();
    assertThat(dry)
        .hasLineCount(1)
        .startsWith("{\"directory\":\"" + directory + "\",\"dryRun\":true,");
    assertThat(withoutTimes(lines.getFirst()))
        .isEqualTo(withoutTimes(dry.strip()).replace("\"dryRun\":true", "\"dryRun\":false"));
    Map<Integer, String> left = FileHistory.last(history, true);
    assertThat(lines)
        .hasSize(2)
        .last()
        .asString()
        .startsWith(
            "{\"directory\":\"" + directory + "\",\"done\":true,\"passes\":1,\"endOffset\":4000,")
        .contains(",\"recordsBefore\":4000,\"recordsAfter\":" + left.size() + ",")
        .contains(",\"keylessRecords\":0,\"keys\":" + left.size() + ",")
        .endsWith(",\"setAside\":[]}");
    assertThat(CommandLineRun.of("info", directory, "--json").out())
        .contains(",\"firstDirtyOffset\":4000,\"dirtyRatio\":0.0,");
    assertThat(compact("--dry-run").out())
        .contains("is not due: nothing is dirty that could be compacted")
        .contains("segment 0 is clean: compacted up to offset 4000");
    assertThat(compact("--dry-run", "--full").out()).contains("segment 0 is dirty");
  }

  private static String withoutTimes(String json) {
    return json.replaceAll("\"timestampMax\":-?\\d+", "");
  }

  @Test
  void aMapThatIsTooSmallMakesSeveralPasses() {
    appendToSegments();
    CommandLineRun run = compact("--key-map=1KiB");
    assertThat(run.out())
        .containsPattern("compacted up to offset 4,000 in \\d+ passes and .*; \\d+ keys in the ")
        .containsPattern("records +4,000 +" + FileHistory.last(history, true).size() + "\n");
    assertThat(records()).isEqualTo(FileHistory.last(history, true));
    assertSound();
  }

  @Test
  void whatIsTooYoungIsHeldBack() {
    String young = "\tk\tb\n" + System.currentTimeMillis() + "\tk\tc\n";
    CommandLineRun.withInput("1\tk\ta\n1" + young, "append", directory, "--format=tsv");
    CommandLineRun run = compact("--set=min.compaction.lag.ms=3600000");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .startsWith(
            "nothing is dirty that could be compacted; held back from offset 0 on:"
                + " min.compaction.lag.ms: the newest record is of ");
    assertThat(records()).hasSize(3);
    assertThat(CommandLineRun.of("info", directory).out()).doesNotContain("compacted up to");
  }

  @Test
  void recordsWithoutAKeyAreCountedAndTold() {
    CommandLineRun.withInput("1\tk\ta\n1\t\tb\n1\t\tc\n", "append", directory, "--format=tsv");
    CommandLineRun run = compact();
    assertThat(run.exitCode()).isZero();
    assertThat(run.err())
        .isEqualTo("varve: 2 records without a key went; a compacted log should have none\n");
    assertThat(records()).isEqualTo(Map.of(0, "1\tk\ta\n"));
  }

  @Test
  void aSegmentThatCannotBeReadIsSetAsideAndTheRestIsCompacted() throws IOException {
    appendToSegments();
    List<Long> bases = bases();
    Path damaged = Path.of(directory, String.format(Locale.ROOT, "%020d.log", bases.get(2)));
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[500] ^= 1;
    Files.write(damaged, bytes);
    CommandLineRun run = compact();
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).startsWith("varve: segment " + bases.get(2) + " is set aside: ");
    assertThat(run.out()).contains(", 1 segment set aside\n");
    assertThat(bases()).containsExactly(0L, bases.get(2), bases.get(3), 4000L);
    assertThat(Files.readAllBytes(damaged)).isEqualTo(bytes);
  }

  private List<Long> bases() {
    try (CommitLog log =
        CommitLog.open(
            Path.of(directory), LogOptions.builder().ownMaintenanceThreads(false).build())) {
      return log.segments().stream().map(segment -> segment.baseOffset()).toList();
    }
  }

  @Test
  void whoeverStopsItLosesNothingAndTheNextRunGoesOn() {
    appendToSegments();
    Map<String, String> config = new HashMap<>();
    config.put("cleanup.policy", "compact");
    config.put("internal.segment.bytes", "20000");
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            new ByteArrayInputStream(new byte[0]),
            new ByteArrayOutputStream(),
            new PrintStream(err, true, UTF_8),
            false,
            false);
    CompactionRun run =
        new CompactionRun(
            streams,
            new CompactionRun.Settings(CompactionConfig.fromTopicConfig(config), 1 << 20, false));
    AtomicInteger looks = new AtomicInteger();
    try (CommitLog log =
        CommitLog.open(
            Path.of(directory), LogOptions.builder().ownMaintenanceThreads(false).build())) {
      int steps = log.segments().size() + 8; // all is learnt, and some groups are replaced
      CompactionReport report =
          run.compact(log, log::maintenance, () -> looks.incrementAndGet() <= steps);
      assertThat(report.isComplete()).isFalse();
      assertThat(report.bytesAfter()).isLessThan(report.bytesBefore());
      assertThat(CompactionText.report(report))
          .contains("\ninterrupted after 0 passes; nothing is lost, and the next run goes on\n")
          .doesNotContain("records");
    }
    Map<Integer, String> left = FileHistory.last(history, true);
    assertThat(records()).containsAllEntriesOf(left).hasSizeBetween(left.size() + 1, 3999);
    assertThat(compact().exitCode()).isZero();
    assertThat(records()).isEqualTo(left);
    assertSound();
  }

  @Test
  void onAFullDiskItSaysWhatWasDone() throws IOException {
    appendToSegments();
    Streams streams =
        new Streams(
            new ByteArrayInputStream(new byte[0]),
            new ByteArrayOutputStream(),
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            false,
            false);
    CompactionConfig config = CompactionConfig.fromTopicConfig(Map.of("cleanup.policy", "compact"));
    CompactionRun run =
        new CompactionRun(streams, new CompactionRun.Settings(config, 1 << 20, false));
    try (CommitLog log = CommitLog.open(Path.of(directory))) {
      AtomicInteger looks = new AtomicInteger();
      CompactionReport report =
          run.compact(
              log,
              () -> {},
              () -> {
                if (looks.incrementAndGet() == 3) {
                  throw new DiskFullException("the disk is full", new IOException());
                }
                return true;
              });
      assertThat(report.failure()).isInstanceOf(DiskFullException.class);
      assertThat(CompactionText.report(report))
          .contains("\nstopped after 0 passes; nothing is lost");
      assertThat(CompactionText.jsonOfDone(log.directory(), report))
          .contains(",\"done\":false,\"failure\":\"the disk is full\",\"passes\":0,");
    }
    assertThat(records()).hasSize(4000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--set=cleanup.policy=delete    | cleanup.policy is delete, expected compact, or nothing",
        "--set=min.cleanable.dirty.ratio=2 | min.cleanable.dirty.ratio is 2, expected a number",
        "--set=segment.bytes=17         | segment.bytes",
        "--set=no.such.name=1           | found topic configuration no.such.name, expected one of",
        "--key-map=17                   | --key-map is 17, expected 1KiB or more",
        "--key-map=much                 | --key-map is much, expected 1KiB or more",
        "--topic=files                  | is a log; expected a data directory for --topic",
        "--log=files-0                  | is a log; expected a data directory for --topic",
      })
  void whatMakesNoSenseIsRefused(String option, String message) throws IOException {
    append();
    Map<String, Long> before = files();
    CommandLineRun run = compact(option);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void settingsThatChangeNothingAreToldAndPassedOver() {
    append();
    assertThat(compact("--set=retention.ms=1", "--set=index.interval.bytes=100").err())
        .isEqualTo("varve: retention.ms has no effect on compacting and is passed over\n");
  }

  @Test
  void whatIsNoLogIsRefused() throws IOException {
    Path empty = Files.createDirectory(parent.resolve("empty"));
    Path nowhere = parent.resolve("none");
    for (Path path : List.of(empty, nowhere)) {
      for (String[] options : new String[][] {{}, {"--dry-run"}}) {
        directory = path.toString();
        CommandLineRun run = compact(options);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains(path.toString());
      }
    }
    assertThat(nowhere).doesNotExist();
    assertThat(empty).isEmptyDirectory();
  }

  @Test
  void aLogThatIsOpenElsewhereIsLeftAlone() {
    append();
    try (CommitLog log = CommitLog.open(Path.of(directory))) {
      CommandLineRun run = compact();
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains(directory).contains("open");
      assertThat(compact("--dry-run").exitCode()).isZero();
      assertThat(log.segments()).isNotEmpty();
    }
    assertThat(records()).hasSize(4000);
  }

  @Test
  void aKeyThatComesAgainIsCompactedWithWhatIsThereAlready() {
    appendToSegments();
    compact();
    history.addAll(FileHistory.events(IntStream.range(0, 1000), 7));
    String more = String.join("", history.subList(4000, 5000));
    CommandLineRun.withInput(more, "append", directory, "--format=tsv");
    assertThat(CommandLineRun.of("info", directory).out()).contains("offset 4,000; dirty ratio");
    assertThat(compact().exitCode()).isZero();
    assertThat(records()).isEqualTo(FileHistory.last(history, true));
    assertSound();
  }
}
