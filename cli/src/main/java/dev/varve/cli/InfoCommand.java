package dev.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.compaction.CompactionPlan;
import dev.varve.log.inspect.LogDirectory;
import dev.varve.log.inspect.LogSummary;
import dev.varve.log.inspect.ProducerSummary;
import dev.varve.log.inspect.SegmentSummary;
import dev.varve.log.inspect.TransactionSummary;
import dev.varve.log.record.Codec;
import dev.varve.log.record.LeaderEpoch;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints how far a log reaches and what it consists of. */
@Command(
    name = "info",
    header = "Print how far a log reaches, and its segments; or the logs of a store.",
    description = {
      "Prints how far a log reaches, and its segments with their batches, bytes, codecs",
      "and largest timestamps, and the producers that it remembers, the one that appended",
      "last first. Every batch header is read. Works while another process",
      "appends, and changes nothing. Status 1 if a segment is damaged.",
      "",
      "Of a data directory with the directories of many logs, such as a LogStore or a",
      "broker has, prints one line for each log. A log that cannot be read does not stop",
      "the others; the status is then 1. The start of a log is where the data directory",
      "has noted it, if that is further than the log itself says; logs that were deleted",
      "and whose files are still there are counted as going."
    },
    footer = {
      "  varve info orders-0",
      "  varve info orders-0 --json | jq .endOffset",
      "  varve info data"
    })
final class InfoCommand extends LogCommand {
  private static final int PRODUCERS_SHOWN_MAX = 20;

  @Parameters(paramLabel = "DIR", description = "The directory of the log, or of many logs.")
  private Path directory = Path.of("");

  @Option(names = "--json", description = "Print one JSON object; of many logs, one a line.")
  private boolean json;

  InfoCommand() {}

  @Override
  public Integer call() throws IOException {
    Optional<StoreListing> store = StoreListing.of(directory);
    ByteSink sink = streams().sink();
    boolean sound = store.isPresent() ? print(store.get(), sink) : print(sink);
    sink.flush();
    return sound ? ExitCode.FINE : ExitCode.FAILED;
  }

  private boolean print(ByteSink sink) throws IOException {
    LogSummary summary = summary(directory);
    if (json) {
      printJson(summary, summary.directory().startOffset(), -1, sink);
    } else {
      sink.write(table(summary).getBytes(StandardCharsets.UTF_8));
    }
    return warn(summary);
  }

  private boolean print(StoreListing store, ByteSink sink) throws IOException {
    Map<TopicPartition, Long> noted = store.notedStartOffsets();
    Map<TopicPartition, Long> compacted = store.notedFirstDirtyOffsets();
    long goingBytes = 0;
    for (String name : store.going()) {
      Path going = store.path().resolve(name);
      long bytes = LogFiles.bytesIn(going, "*");
      goingBytes += bytes;
      if (json) {
        printGoing(going, bytes, sink);
      }
    }
    StoreTable table = new StoreTable(store, goingBytes);
    boolean sound =
        new EachLog(store, streams())
            .run(log -> {
              LogSummary summary = summary(store.directory(log));
              long start = Math.max(summary.directory().startOffset(), noted.getOrDefault(log, 0L));
              if (json) {
                printJson(summary, start, compacted.getOrDefault(log, -1L), sink);
              } else {
                table.add(log, summary, start);
              }
              return warn(summary);
            });
    if (!json) {
      byte[] text = table.text().getBytes(StandardCharsets.UTF_8);
      sink.write(text, 0, text.length);
    }
    return sound;
  }

  private static void printGoing(Path directory, long bytes, ByteSink sink) throws IOException {
    try (JsonGenerator json = new JsonFactory().createGenerator(sink)) {
      json.writeStartObject();
      json.writeStringField("directory", directory.toString());
      json.writeStringField("state", "going");
      json.writeNumberField("bytes", bytes);
      json.writeEndObject();
      json.writeRaw('\n');
    }
  }

  private LogSummary summary(Path log) throws IOException {
    long bytes = LogSummary.bytesIn(LogDirectory.of(log));
    try (ProgressLine progress = ProgressLine.ofBytes(streams(), "info")) {
      return LogSummary.of(log, done -> progress.update(done, bytes));
    }
  }

  /** Tells of damage; returns whether there is none. */
  private boolean warn(LogSummary summary) {
    boolean sound = true;
    for (SegmentSummary segment : summary.segments()) {
      if (segment.damage() != null) {
        streams().warn(segment.damage().toString());
        sound = summary.directory().state() == LogDirectory.State.OPEN && sound;
      }
    }
    return sound;
  }

  static String state(LogDirectory.State state) {
    return switch (state) {
      case CLOSED -> "closed in order";
      case OPEN -> "open in a process, or left by one that died";
      case FOREIGN -> "not closed by Varve, or changed since";
    };
  }

  private String table(LogSummary summary) throws IOException {
    TransactionSummary transactions = summary.transactions();
    LogDirectory log = summary.directory();
    StringBuilder text = new StringBuilder();
    line(text, "log", directory.toString());
    line(text, "state", state(log.state()));
    line(text, "start offset", Text.count(log.startOffset()));
    line(
        text,
        "durable end",
        log.durableEnd() < 0 ? "unknown" : "at least " + Text.count(log.durableEnd()));
    line(text, "last stable offset", Text.count(transactions.lastStableOffset()));
    if (log.highWatermark() >= 0) {
      line(text, "high watermark", "at least " + Text.count(log.highWatermark()));
    }
    line(text, "end offset", Text.count(summary.endOffset()));
    if (log.firstDirtyOffset() >= 0) {
      line(text, "compacted up to", compacted(summary));
    }
    line(text, "leader epochs", epochs(log.leaderEpochs()));
    line(text, "open transactions", open(transactions));
    line(text, "aborted", Text.count(transactions.aborted().size(), "transaction"));
    line(text, "records", Text.count(total(summary, SegmentSummary::records)));
    line(text, "batches", Text.count(total(summary, SegmentSummary::batches)));
    long bytes = total(summary, SegmentSummary::sizeBytes);
    line(text, "bytes", Text.count(bytes) + " (" + Text.bytes(bytes) + ")");
    line(text, "codecs", codecs(allCodecs(summary)));
    line(text, "largest timestamp", Text.time(timestampMax(summary)));
    text.append('\n');
    text.append(
        row("base offset", "end offset", "bytes", "batches", "largest timestamp", "codecs"));
    for (SegmentSummary segment : summary.segments()) {
      text.append(
          row(
              Long.toString(segment.baseOffset()),
              Long.toString(segment.endOffset()),
              Long.toString(segment.sizeBytes()),
              Long.toString(segment.batches()),
              Text.time(segment.timestampMax()),
              codecs(segment.codecs())));
    }
    appendProducers(text, summary.producers());
    return text.toString();
  }

  /** Of many, the last; all are in the JSON. */
  private static void appendProducers(StringBuilder text, List<ProducerSummary> producers) {
    if (producers.isEmpty()) {
      return;
    }
    text.append('\n');
    text.append(
        producerRow(
            "producer", "epoch", "last sequence", "last offset", "transaction", "timestamp"));
    for (ProducerSummary producer :
        producers.subList(0, Math.min(PRODUCERS_SHOWN_MAX, producers.size()))) {
      text.append(
          producerRow(
              Long.toString(producer.producerId()),
              Short.toString(producer.epoch()),
              orNone(producer.lastSequence()),
              orNone(producer.lastOffset()),
              orNone(producer.transactionOffset()),
              Text.time(producer.timestamp())));
    }
    if (producers.size() > PRODUCERS_SHOWN_MAX) {
      text.append("and ")
          .append(Text.count(producers.size() - PRODUCERS_SHOWN_MAX, "more producer"))
          .append('\n');
    }
  }

  private static String producerRow(
      String id, String epoch, String sequence, String offset, String transaction, String time) {
    return String.format(
        Locale.ROOT,
        "%20s %8s %14s %20s %20s  %s%n",
        id,
        epoch,
        sequence,
        offset,
        transaction,
        time);
  }

  private static String orNone(long number) {
    return number < 0 ? "-" : Long.toString(number);
  }

  private static String compacted(LogSummary summary) throws IOException {
    CompactionPlan plan = LogFiles.compactionPlan(summary, 0, -1);
    return "offset "
        + Text.count(summary.directory().firstDirtyOffset())
        + String.format(
            Locale.ROOT,
            "; dirty ratio %.4f (%,d of %,d bytes)",
            plan.dirtyRatio(),
            plan.cleanableBytes(),
            plan.cleanBytes() + plan.cleanableBytes());
  }

  /** The latest and where it began, and how many there are. */
  private static String epochs(List<LeaderEpoch> epochs) {
    if (epochs.isEmpty()) {
      return "-";
    }
    LeaderEpoch latest = epochs.getLast();
    return "latest "
        + latest.epoch()
        + ", from offset "
        + Text.count(latest.startOffset())
        + " ("
        + Text.count(epochs.size())
        + " in all)";
  }

  private static String open(TransactionSummary transactions) {
    return transactions.open().isEmpty()
        ? "none"
        : transactions.open().stream()
            .map(open -> "producer " + open.producerId() + " from offset " + open.firstOffset())
            .collect(Collectors.joining(", "));
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append(String.format(Locale.ROOT, "%-18s %s%n", name, value));
  }

  private static String row(
      String base, String end, String bytes, String batches, String timestamp, String codecs) {
    return String.format(
        Locale.ROOT,
        "%20s %20s %12s %10s  %-24s  %s%n",
        base,
        end,
        bytes,
        batches,
        timestamp,
        codecs);
  }

  private static String codecs(Set<Codec> codecs) {
    return codecs.isEmpty()
        ? "-"
        : codecs.stream().map(Codec::toString).collect(Collectors.joining(" "));
  }

  private static Set<Codec> allCodecs(LogSummary summary) {
    Set<Codec> codecs = EnumSet.noneOf(Codec.class);
    summary.segments().forEach(segment -> codecs.addAll(segment.codecs()));
    return codecs;
  }

  static long timestampMax(LogSummary summary) {
    return summary.segments().stream().mapToLong(SegmentSummary::timestampMax).max().orElse(-1);
  }

  static long total(LogSummary summary, ToLongFunction<SegmentSummary> part) {
    return summary.segments().stream().mapToLong(part).sum();
  }

  private static void printJson(
      LogSummary summary, long startOffset, long notedFirstDirty, ByteSink sink)
      throws IOException {
    LogDirectory log = summary.directory();
    try (JsonGenerator json = new JsonFactory().createGenerator(sink)) {
      json.writeStartObject();
      json.writeStringField("directory", log.path().toString());
      json.writeStringField("state", log.state().name().toLowerCase(Locale.ROOT));
      json.writeNumberField("startOffset", startOffset);
      writeTransactions(json, summary.transactions());
      json.writeNumberField("durableEnd", log.durableEnd());
      json.writeNumberField("highWatermark", log.highWatermark());
      json.writeNumberField("endOffset", summary.endOffset());
      json.writeNumberField("firstDirtyOffset", Math.max(log.firstDirtyOffset(), notedFirstDirty));
      if (!log.baseOffsets().isEmpty()) {
        json.writeNumberField(
            "dirtyRatio",
            LogFiles.compactionPlan(summary, startOffset, notedFirstDirty).dirtyRatio());
      }
      json.writeArrayFieldStart("leaderEpochs");
      for (LeaderEpoch epoch : log.leaderEpochs()) {
        json.writeStartObject();
        json.writeNumberField("epoch", epoch.epoch());
        json.writeNumberField("startOffset", epoch.startOffset());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeNumberField("records", total(summary, SegmentSummary::records));
      json.writeNumberField("batches", total(summary, SegmentSummary::batches));
      json.writeNumberField("bytes", total(summary, SegmentSummary::sizeBytes));
      json.writeNumberField("timestampMax", timestampMax(summary));
      json.writeArrayFieldStart("segments");
      for (SegmentSummary segment : summary.segments()) {
        writeSegment(json, segment);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("producers");
      for (ProducerSummary producer : summary.producers()) {
        writeProducer(json, producer);
      }
      json.writeEndArray();
      json.writeEndObject();
      json.writeRaw('\n');
    }
  }

  private static void writeProducer(JsonGenerator json, ProducerSummary producer)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField("producerId", producer.producerId());
    json.writeNumberField("epoch", producer.epoch());
    json.writeNumberField("lastSequence", producer.lastSequence());
    json.writeNumberField("lastOffset", producer.lastOffset());
    json.writeNumberField("transactionOffset", producer.transactionOffset());
    json.writeNumberField("timestamp", producer.timestamp());
    json.writeEndObject();
  }

  private static void writeTransactions(JsonGenerator json, TransactionSummary transactions)
      throws IOException {
    json.writeNumberField("lastStableOffset", transactions.lastStableOffset());
    json.writeArrayFieldStart("openTransactions");
    for (TransactionSummary.Open open : transactions.open()) {
      json.writeStartObject();
      json.writeNumberField("producerId", open.producerId());
      json.writeNumberField("epoch", open.epoch());
      json.writeNumberField("firstOffset", open.firstOffset());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("abortedTransactions", transactions.aborted().size());
  }

  private static void writeSegment(JsonGenerator json, SegmentSummary segment) throws IOException {
    json.writeStartObject();
    json.writeNumberField("baseOffset", segment.baseOffset());
    json.writeNumberField("endOffset", segment.endOffset());
    json.writeNumberField("records", segment.records());
    json.writeNumberField("batches", segment.batches());
    json.writeNumberField("bytes", segment.sizeBytes());
    json.writeNumberField("fileBytes", segment.fileBytes());
    json.writeNumberField("timestampMax", segment.timestampMax());
    json.writeArrayFieldStart("codecs");
    for (Codec codec : segment.codecs()) {
      json.writeString(codec.toString());
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
