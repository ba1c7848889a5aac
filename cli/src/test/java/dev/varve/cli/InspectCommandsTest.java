package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.Header;
import dev.varve.log.record.RecordBatchBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What info, dump and verify print for one small log. The expected output of dump lies in files:
 * after a wanted change, {@code -Dvarve.golden=rewrite} writes them anew.
 */
class InspectCommandsTest {
  private static final Path GOLDEN = Path.of("src", "test", "resources", "dump");
  private static final long TIMESTAMP = 1_577_836_800_000L;
  private static final long PRODUCER_ID = 12;
  private static final short EPOCH = 3;

  @TempDir Path parent;

  private Path directory = Path.of("");

  @BeforeEach
  void writeLog() {
    directory = parent.resolve("orders-0");
    LogOptions options = LogOptions.builder().segmentBytesMax(512).indexIntervalBytes(100).build();
    try (CommitLog log = CommitLog.open(directory, options)) {
      RecordBatchBuilder batch = RecordBatchBuilder.of(Compression.NONE);
      batch.append(TIMESTAMP, bytes("order-1"), bytes("placed"), List.of(new Header("h", null)));
      batch.append(TIMESTAMP + 7, bytes("order-2"), bytes("a\tb\n\"c\" \u00e9"));
      log.append(batch.build());
      batch.clear().producer(PRODUCER_ID, EPOCH, 0).transactional();
      batch.append(TIMESTAMP + 1000, (byte[]) null, bytes("never"));
      log.append(batch.build());
      log.append(
          new EndTransactionMarker(Outcome.ABORT, 5).encode(TIMESTAMP + 1001, PRODUCER_ID, EPOCH));
      batch.clear().append(-1, bytes("order-1"), (byte[]) null);
      log.append(batch.build());
      batch.clear().append(TIMESTAMP + 2000, bytes(""), bytes("x".repeat(200)));
      log.append(batch.build());
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void dumpPrintsBatchByBatch() throws IOException {
    assertGolden("batches.txt", dump(directory.toString()));
  }

  @Test
  void dumpPrintsRecordByRecordIfAsked() throws IOException {
    assertGolden("records.txt", dump(directory.toString(), "--records"));
  }

  @Test
  void dumpOfAFileIsItsPartOfTheWhole() throws IOException {
    StringBuilder parts = new StringBuilder();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        parts.append(dump(file.toString()));
      }
    }
    assertThat(parts.toString()).isEqualTo(dump(directory.toString()));
  }

  private static String dump(String... args) {
    String[] all = Stream.concat(Stream.of("dump"), Stream.of(args)).toArray(String[]::new);
    CommandLineRun run = CommandLineRun.of(all);
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    return run.out();
  }

  /** The checkpoint keeps a time of modification, which no two runs share. */
  private static void assertGolden(String name, String output) throws IOException {
    String comparable =
        output
            .replaceAll("(?m)^  closed (\\d+) (\\d+) \\d+$", "  closed $1 $2 <millis>")
            .replaceAll("(?m)^  crc \\p{XDigit}{8}$", "  crc <checksum>");
    Path file = GOLDEN.resolve(name);
    if ("rewrite".equals(System.getProperty("varve.golden"))) {
      Files.createDirectories(GOLDEN);
      Files.writeString(file, comparable);
    }
    assertThat(comparable).isEqualTo(Files.readString(file));
  }

  @Test
  void infoPrintsOffsetsAndSegments() {
    CommandLineRun info = CommandLineRun.of("info", directory.toString());

    assertThat(info.exitCode()).isZero();
    assertThat(info.out())
        .containsPattern("state +closed in order\n")
        .containsPattern("start offset +0\n")
        .containsPattern("end offset +6\n")
        .containsPattern("leader epochs +latest 0, from offset 0 \\(1 in all\\)\n")
        .doesNotContain("high watermark")
        .containsPattern("records +6\n")
        .containsPattern("batches +5\n")
        .containsPattern("codecs +none\n")
        .containsPattern("largest timestamp +2020-01-01T00:00:02Z\n")
        .containsPattern("\n +5 +6 +\\d+ +1 +2020-01-01T00:00:02Z +none\n");
  }

  @Test
  void infoPrintsJson() {
    CommandLineRun info = CommandLineRun.of("info", directory.toString(), "--json");

    assertThat(info.exitCode()).isZero();
    assertThat(info.out())
        .startsWith("{\"directory\":\"" + directory + "\",\"state\":\"closed\",\"startOffset\":0,")
        .contains("\"durableEnd\":6,\"highWatermark\":-1,\"endOffset\":6,")
        .contains("\"leaderEpochs\":[{\"epoch\":0,\"startOffset\":0}],\"records\":6,\"batches\":5,")
        .contains("\"timestampMax\":1577836802000,\"segments\":[{\"baseOffset\":0,\"endOffset\":5,")
        .contains("\"codecs\":[\"none\"]}],\"producers\":[")
        .endsWith("]}\n");
  }

  /** Producer 12 was idle for years, so it was forgotten when the log was opened. */
  @Test
  void infoPrintsProducers() {
    try (CommitLog log = CommitLog.open(directory)) {
      RecordBatchBuilder batch = log.newBatch();
      long now = 4_102_444_800_000L; // the year 2100
      batch.producer(7, (short) 1, 0).append(now, bytes("k"), bytes("v"));
      log.append(batch.build());
      batch.clear().producer(8, (short) 0, 41).transactional().append(now, bytes("k"), bytes("v"));
      log.append(batch.append(now, bytes("k"), bytes("v")).build());
    }

    assertThat(CommandLineRun.of("info", directory.toString()).out())
        .containsPattern(
            "\n +producer +epoch +last sequence +last offset +transaction +timestamp\n")
        .containsPattern(
            "\n +8 +0 +42 +8 +7 +2100-01-01T00:00:00Z\n"
                + " +7 +1 +0 +6 +- +2100-01-01T00:00:00Z\n$");
    assertThat(CommandLineRun.of("info", directory.toString(), "--json").out())
        .endsWith(
            "{\"producerId\":7,\"epoch\":1,\"lastSequence\":0,\"lastOffset\":6,"
                + "\"transactionOffset\":-1,\"timestamp\":4102444800000}]}\n");
    assertThat(CommandLineRun.of("dump", directory.toString()).out())
        .contains("producer 8 epoch 0  last sequence 42  last offset 8 (delta 1)");
  }

  @Test
  void infoTellsOfAReplica() {
    try (CommitLog log = CommitLog.open(directory, LogOptions.builder().replicated(true).build())) {
      log.replica().advanceHighWatermark(4);
      log.replica().beginEpoch(7);
    }

    assertThat(CommandLineRun.of("info", directory.toString()).out())
        .containsPattern("high watermark +at least 4\n")
        .containsPattern("leader epochs +latest 7, from offset 6 \\(2 in all\\)\n");
    assertThat(CommandLineRun.of("dump", directory + "/leader-epoch-checkpoint").out())
        .contains("7 6");
  }

  @Test
  void infoOfADamagedLogSaysSo() throws IOException {
    Path log = directory.resolve("00000000000000000000.log");
    byte[] bytes = Files.readAllBytes(log);
    bytes[70] ^= 1;
    Files.write(log, bytes);

    CommandLineRun info = CommandLineRun.of("info", directory.toString());

    assertThat(info.exitCode()).isEqualTo(1);
    assertThat(info.err()).contains(log + " at position 0").hasLineCount(1);
  }

  @Test
  void verifySumsUp() {
    assertThat(CommandLineRun.of("verify", directory.toString()))
        .extracting(CommandLineRun::exitCode, CommandLineRun::err)
        .containsExactly(0, "");
    assertThat(CommandLineRun.of("verify", directory.toString()).out())
        .startsWith("sound: 2 segments, 5 batches, 6 records, ")
        .endsWith("no damage, 0 notes\n")
        .hasLineCount(1);
  }

  @Test
  void aReaderThatGoesAwayIsNoError() {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Streams streams =
        new Streams(
            InputStream.nullInputStream(), closed, new PrintStream(err, true, UTF_8), false, false);
    for (String command : List.of("cat", "info", "dump", "verify")) {
      assertThat(Varve.run(new String[] {command, directory.toString()}, streams)).isZero();
    }
    assertThat(err.toString(UTF_8)).isEmpty();
  }
}
