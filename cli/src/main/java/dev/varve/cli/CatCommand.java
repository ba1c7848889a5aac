package dev.varve.cli;

import dev.varve.log.error.DamagedRange;
import dev.varve.log.error.OffsetOutOfRangeException;
import dev.varve.log.inspect.DirectoryReader;
import dev.varve.log.inspect.Finding;
import dev.varve.log.inspect.TransactionSummary;
import dev.varve.log.inspect.TransactionSummary.AbortedBatches;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints records. */
@Command(
    name = "cat",
    header = "Print records.",
    description = {
      "Prints records, one a line, from the start of the log or from an offset or a time",
      "on. Works while another process appends, and changes nothing.",
      "",
      "Formats:",
      "  raw   The value. A tombstone is an empty line.",
      "  tsv   timestamp<TAB>key<TAB>value; an absent key or value is empty.",
      "  json  One object a line, as append reads it; bytes that are no UTF-8 in base64.",
      "  hex   Between tabs: offset, timestamp, timestamp type, key, value, headers,",
      "        producer id, producer epoch, sequence, transactional, control, leader epoch,",
      "        codec. Byte strings in hex, null for absent; headers key=value joined by ;",
      "        and - for none. Control records are printed in this format only."
    },
    footer = {
      "  varve cat orders-0 --from 1000 --max 10 --format tsv",
      "  varve cat orders-0 --isolation committed",
      "  varve cat orders-0 --since 2020-01-01T00:00:00Z --format json",
      "  varve cat orders-0 --follow",
      "  varve cat orders-0 --skip-damage 2>damage.txt"
    })
final class CatCommand extends LogCommand {
  private static final int FOLLOW_MILLIS = 50;

  /** Records between two looks at the progress. */
  private static final int PROGRESS_RECORDS_MASK = 0xfff;

  @Parameters(paramLabel = "DIR", description = "The directory of the log.")
  private Path directory = Path.of("");

  @ArgGroup private Start start = new Start();

  @Option(
      names = "--until",
      paramLabel = "OFFSET",
      description = "Stop before this offset.",
      defaultValue = "" + Long.MAX_VALUE,
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private long until = Long.MAX_VALUE;

  @Option(
      names = "--max",
      paramLabel = "N",
      description = "Stop after so many records.",
      defaultValue = "" + Long.MAX_VALUE,
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private long max = Long.MAX_VALUE;

  @Option(names = "--follow", description = "At the end, wait for what is appended next.")
  private boolean follow;

  @Option(
      names = "--skip-damage",
      description =
          "Go on behind damage. Each damaged range is named on standard error, and the status is"
              + " 1 if there was one.")
  private boolean skipDamage;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "raw, tsv, json or hex (default: ${DEFAULT-VALUE}).",
      defaultValue = "raw")
  private OutputFormat.Name format = OutputFormat.Name.RAW;

  @Option(
      names = "--isolation",
      paramLabel = "I",
      description =
          "committed: stop at the first transaction that is open, and leave out those that were"
              + " aborted; uncommitted: print all (default: ${DEFAULT-VALUE}).",
      defaultValue = "uncommitted")
  private Isolation isolation = Isolation.UNCOMMITTED;

  /** Of what is printed. */
  private enum Isolation {
    COMMITTED,
    UNCOMMITTED
  }

  /** What is known of transactions; null if they do not matter. */
  private @Nullable TransactionSummary transactions;

  private @Nullable AbortedBatches aborted;
  private long skipped;

  /** Where to begin: one of the two, or the start of the log. */
  private static final class Start {
    @Option(names = "--from", paramLabel = "OFFSET", description = "Begin at this offset.")
    private @Nullable Long offset;

    @Option(
        names = "--since",
        paramLabel = "TIME",
        description =
            "Begin at the first record with this timestamp or a later one: an ISO 8601 time such"
                + " as 2020-01-01T00:00:00Z, or milliseconds since 1970.")
    private @Nullable String time;
  }

  CatCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (max < 0) {
      throw usage("--max is " + max + ", expected 0 or more");
    }
    OptionalLong since = start.time == null ? OptionalLong.empty() : millis(start.time);
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      lookAtTransactions();
      if (skipDamage) {
        reader.skippingDamage(this::skipped);
      }
      if (seek(reader, since)) {
        print(reader);
      }
    }
    return skipped == 0 ? ExitCode.FINE : ExitCode.FAILED;
  }

  private void lookAtTransactions() throws IOException {
    if (isolation == Isolation.COMMITTED) {
      TransactionSummary seen = TransactionSummary.of(directory);
      transactions = seen;
      aborted = seen.abortedBatches();
    }
  }

  /** Whether the record that was read lies at or behind the last stable offset. */
  private boolean isUndecided(DirectoryReader reader) {
    return transactions != null && reader.record().offset() >= transactions.lastStableOffset();
  }

  private void skipped(DamagedRange damage) {
    skipped++;
    streams().warn("skipped: " + damage);
  }

  /** Returns false if there is nothing to print. */
  private boolean seek(DirectoryReader reader, OptionalLong since) throws IOException {
    if (start.offset != null) {
      try {
        reader.seek(start.offset);
      } catch (OffsetOutOfRangeException e) {
        throw new CommandFailedException(
            directory
                + ": found --from "
                + e.offset()
                + ", expected an offset from "
                + e.startOffset()
                + " to "
                + e.endOffset());
      }
    } else if (since.isPresent()) {
      OptionalLong offset = reader.offsetForTimestamp(since.getAsLong());
      if (offset.isEmpty() && !follow) {
        return false;
      }
      reader.seek(offset.isPresent() ? offset.getAsLong() : reader.endOffset());
    }
    return true;
  }

  private void print(DirectoryReader reader) throws IOException, InterruptedException {
    ByteSink sink = streams().sink();
    OutputFormat output = format.open(sink);
    boolean showProgress = !streams().color() && !follow;
    long first = reader.nextOffset();
    long end = showProgress && streams().progress() ? reader.endOffset() : -1;
    long printed = 0;
    try (ProgressLine progress = ProgressLine.ofRecords(streams(), "cat")) {
      while (printed < max && next(reader, sink) && reader.record().offset() < until) {
        if (reader.batch().isControl() && !output.withControlRecords()) {
          continue;
        }
        if (aborted != null && aborted.contains(reader.batch())) {
          continue;
        }
        output.print(reader.batch(), reader.record());
        printed++;
        if (end >= 0 && (printed & PROGRESS_RECORDS_MASK) == 0) {
          progress.update(reader.nextOffset() - first, end - first);
        }
      }
    } finally {
      sink.flush(); // what was read before damage is worth having
    }
    Finding torn = reader.tornTail();
    if (torn != null && printed < max) {
      streams()
          .warn("the log was not closed and ends here; what follows was not finished: " + torn);
    }
  }

  private boolean next(DirectoryReader reader, ByteSink sink)
      throws IOException, InterruptedException {
    while (!reader.next()) {
      if (!follow) {
        return false;
      }
      sink.flush();
      while (!reader.poll()) {
        Thread.sleep(FOLLOW_MILLIS);
      }
    }
    while (isUndecided(reader)) {
      lookAtTransactions(); // it may have been appended since the last look
      if (!isUndecided(reader)) {
        break;
      }
      if (!follow) {
        return false;
      }
      sink.flush();
      Thread.sleep(FOLLOW_MILLIS);
    }
    return true;
  }

  private OptionalLong millis(String time) {
    try {
      return OptionalLong.of(Long.parseLong(time));
    } catch (NumberFormatException e) {
      return OptionalLong.of(instant(time).toEpochMilli());
    }
  }

  private Instant instant(String time) {
    try {
      return OffsetDateTime.parse(time).toInstant();
    } catch (DateTimeException e) {
      throw usage(
          "--since is "
              + time
              + ", expected a time such as 2020-01-01T00:00:00Z, or milliseconds since 1970");
    }
  }
}
