package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import dev.varve.log.OpenReport;
import dev.varve.log.PinnedBatches;
import dev.varve.log.SegmentInfo;
import dev.varve.log.inspect.LogVerifier;
import dev.varve.log.inspect.VerifyReport;
import dev.varve.log.record.Compression;
import dev.varve.log.record.RecordBatchBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The stations of the demo, each a promise of the log and a figure. */
final class DemoTour {
  private static final int EVENTS = 2_000_000;
  private static final int BATCH_RECORDS = 100;
  private static final int POINT_READS = 200_000;

  /** Acknowledged records after which the writing process is killed. */
  private static final int RECORDS_BEFORE_KILL = 200_000;

  private final Streams streams;
  private final ByteSink out;
  private final Path directory;
  private final LogOptions options = LogOptions.fromTopicConfig(OrderEvents.TOPIC);

  DemoTour(Streams streams, Path directory) {
    this.streams = streams;
    this.out = streams.sink();
    this.directory = directory;
  }

  void run() throws IOException, InterruptedException {
    heading("Varve keeps records in order, in files that are Apache Kafka's");
    say("the log is " + directory);
    try (CommitLog log = CommitLog.open(directory, options)) {
      write(log);
      readAll(log);
      readByOffset(log);
      readByTime(log);
      send(log);
    }
    killAndRecover();
    verify();
    farewell();
  }

  private void write(CommitLog log) {
    heading("1. Append");
    OrderEvents events = new OrderEvents(0);
    RecordBatchBuilder batch = RecordBatchBuilder.of(Compression.LZ4);
    long bytes = 0;
    long start = System.nanoTime();
    for (int i = 0; i < EVENTS; i++) {
      events.next();
      bytes += events.key().length + events.value().length;
      batch.append(events.timestamp(), events.key(), events.value());
      if (batch.recordCount() == BATCH_RECORDS) {
        log.append(batch.build());
        batch.clear();
      }
    }
    long appended = System.nanoTime();
    log.flush();
    long flushed = System.nanoTime();
    say(
        Text.count(EVENTS, "order event")
            + " ("
            + Text.bytes(bytes)
            + ") made, packed with lz4 and appended in "
            + Text.duration(appended - start)
            + ": "
            + Text.count(Text.perSecond(EVENTS, appended - start))
            + " a second");
    say("made durable in another " + Text.duration(flushed - appended));
    long stored = log.segments().stream().mapToLong(SegmentInfo::sizeBytes).sum();
    say(
        Text.count(log.segments().size(), "segment")
            + " of at most "
            + Text.bytes(options.segmentBytesMax())
            + ", "
            + Text.bytes(stored)
            + " in all");
  }

  private void readAll(CommitLog log) {
    heading("2. Read everything, checksums included");
    long start = System.nanoTime();
    long records = 0;
    long bytes = 0;
    try (LogReader reader = log.reader(0)) {
      while (reader.next()) {
        records++;
        bytes += reader.record().keyBytes() + reader.record().valueBytes();
      }
    }
    long nanos = System.nanoTime() - start;
    say(
        Text.count(records, "record")
            + ", "
            + Text.bytes(bytes)
            + ", in "
            + Text.duration(nanos)
            + ": "
            + Text.count(Text.perSecond(records, nanos))
            + " a second");
  }

  private void readByOffset(CommitLog log) {
    heading("3. Read by offset");
    SplittableRandom random = new SplittableRandom(7);
    long start = System.nanoTime();
    try (LogReader reader = log.reader(0)) {
      for (int i = 0; i < POINT_READS; i++) {
        reader.seek(random.nextLong(EVENTS));
        if (!reader.next()) {
          throw new CommandFailedException("an offset below the end of the log was not found");
        }
      }
      long nanos = System.nanoTime() - start;
      say(
          Text.count(POINT_READS)
              + " random offsets, each its batch unpacked: "
              + Text.count(Text.perSecond(POINT_READS, nanos))
              + " a second");
      reader.seek(EVENTS / 2);
      show(reader);
    }
  }

  private void readByTime(CommitLog log) {
    heading("4. Read by time");
    long noon = OrderEvents.FIRST_TIMESTAMP + 12L * 60 * 60 * 1000;
    long start = System.nanoTime();
    OptionalLong offset = log.offsetForTimestamp(noon);
    long nanos = System.nanoTime() - start;
    say("the first record at or after " + Text.time(noon) + ", found in " + Text.duration(nanos));
    try (LogReader reader = log.reader(offset.orElseThrow())) {
      show(reader);
    }
  }

  private void show(LogReader reader) {
    if (reader.next()) {
      byte[] value = reader.record().copyValue();
      say(
          "offset "
              + reader.record().offset()
              + "  "
              + Text.time(reader.record().timestamp())
              + "  "
              + (value == null ? "" : new String(value, StandardCharsets.UTF_8)));
    }
  }

  private void send(CommitLog log) throws IOException {
    heading("5. Send a segment over a socket, without copying it through the process");
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocketChannel server =
            ServerSocketChannel.open().bind(new InetSocketAddress(loopback, 0));
        SocketChannel sender = SocketChannel.open(server.getLocalAddress());
        SocketChannel receiver = server.accept();
        PinnedBatches batches = log.read(0, Integer.MAX_VALUE)) {
      long bytes = batches.remainingBytes();
      CompletableFuture<Long> received = CompletableFuture.supplyAsync(() -> drain(receiver));
      long start = System.nanoTime();
      batches.transferTo(sender);
      sender.shutdownOutput();
      long arrived = received.join();
      long nanos = System.nanoTime() - start;
      if (arrived != bytes) {
        throw new CommandFailedException(
            "the socket gave " + arrived + " bytes, expected " + bytes);
      }
      say(
          Text.bytes(bytes)
              + " of batches, as they lie on disk, in "
              + Text.duration(nanos)
              + ": "
              + Text.bytes(Text.perSecond(bytes, nanos))
              + " a second");
    }
  }

  private static long drain(SocketChannel channel) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
    long bytes = 0;
    try {
      for (int read = channel.read(buffer); read >= 0; read = channel.read(buffer)) {
        bytes += read;
        buffer.clear();
      }
      return bytes;
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private void killAndRecover() throws IOException, InterruptedException {
    heading("6. Kill a process in the middle of appending");
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Varve.class.getName(),
                "demo-writer",
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    long acknowledged = -1;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(writer.getInputStream(), StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        acknowledged = Long.parseLong(line);
        if (acknowledged >= EVENTS + RECORDS_BEFORE_KILL) {
          writer.toHandle().destroyForcibly();
        }
      }
    } finally {
      writer.destroyForcibly();
    }
    writer.waitFor();
    if (acknowledged < EVENTS) {
      throw new CommandFailedException("the writing process died before it had appended anything");
    }
    say("process " + writer.pid() + " said that offset " + acknowledged + " was in; then it died");
    recover(acknowledged);
  }

  private void recover(long acknowledged) {
    long start = System.nanoTime();
    try (CommitLog log = CommitLog.open(directory, options)) {
      long nanos = System.nanoTime() - start;
      OpenReport report = log.openReport();
      long end = log.offsets().endOffset();
      say(
          "opened again in "
              + Text.duration(nanos)
              + ": looked at "
              + Text.bytes(report.scannedBytes())
              + " in "
              + Text.count(report.scannedSegments(), "segment"));
      if (end <= acknowledged) {
        throw new CommandFailedException(
            "the log ends at offset " + end + ", expected past " + acknowledged);
      }
      say("the log ends at offset " + end + ": nothing that was acknowledged is lost");
      report.decisions().forEach(decision -> say(decision.toString()));
    }
  }

  private void verify() throws IOException {
    heading("7. Verify every batch, record and index entry");
    long start = System.nanoTime();
    VerifyReport report = LogVerifier.verify(directory, finding -> say(finding.toString()));
    long nanos = System.nanoTime() - start;
    say(
        Text.count(report.records(), "record")
            + " and "
            + Text.count(report.indexEntries())
            + " index entries in "
            + Text.duration(nanos)
            + ": "
            + (report.isSound() ? "sound" : Text.count(report.damages(), "damage")));
  }

  private void farewell() {
    heading("Try next");
    for (String command :
        Arrays.asList(
            "varve info " + directory,
            "varve cat " + directory + " --from 1000000 --max 5 --format json",
            "varve dump " + directory + " | less",
            "rm -r " + directory)) {
      out.put("  ");
      write(command);
    }
    out.flush();
  }

  private void heading(String text) {
    out.put('\n');
    write(streams.color() ? "\u001b[1m" + text + "\u001b[0m" : text);
    out.flush();
  }

  private void say(String text) {
    out.put("   ");
    write(text);
    out.flush();
  }

  private void write(String text) {
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    out.write(bytes, 0, bytes.length);
  }
}
