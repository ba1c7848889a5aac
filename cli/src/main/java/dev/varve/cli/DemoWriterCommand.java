package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The process that the demo kills: appends without end and prints the offsets that it has. */
@Command(name = "demo-writer", hidden = true, description = "Appends order events until it dies.")
final class DemoWriterCommand extends LogCommand {
  /** Records between two lines of output. */
  private static final int REPORT_RECORDS = 1000;

  @Parameters(paramLabel = "DIR", description = "The directory of the log.")
  private Path directory = Path.of("");

  DemoWriterCommand() {}

  @Override
  public Integer call() throws IOException {
    try (CommitLog log = CommitLog.open(directory, LogOptions.fromTopicConfig(OrderEvents.TOPIC))) {
      ByteSink sink = streams().sink();
      OrderEvents events = new OrderEvents(log.offsets().endOffset());
      while (true) {
        events.next();
        long offset = log.append(events.timestamp(), events.key(), events.value());
        if (offset % REPORT_RECORDS == 0) {
          sink.put(offset).put('\n');
          sink.flush();
        }
      }
    }
  }
}
