package dev.varve.cli;

import dev.varve.log.CommitLog;
import dev.varve.log.TransactionInfo;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Aborts what a dead process has left open. */
@Command(
    name = "abort",
    header = "Abort a transaction that a dead process has left open.",
    description = {
      "Appends the marker that aborts the producer's open transaction, under the",
      "producer's next epoch, so that readers of committed records go on and the",
      "producer, should it live after all, is fenced. The log must be nobody else's at",
      "the time: a process that has it open ends such transactions itself."
    },
    footer = {"  varve info orders-0", "  varve txn abort orders-0 4711"})
final class TxnAbortCommand extends LogCommand {
  @Parameters(paramLabel = "DIR", description = "The directory of the log.")
  private Path directory = Path.of("");

  @Parameters(paramLabel = "PRODUCER-ID", description = "Whose transaction it is, 0 or more.")
  private long producerId;

  TxnAbortCommand() {}

  @Override
  public Integer call() throws IOException {
    if (producerId < 0) {
      throw usage("PRODUCER-ID is " + producerId + ", expected 0 or more");
    }
    try (CommitLog log = openForMaintenance(filesOfLog(directory))) {
      TransactionInfo aborted = log.transactions().abort(producerId);
      log.flush();
      streams()
          .err()
          .println(
              "aborted the transaction of producer "
                  + aborted.producerId()
                  + ", epoch "
                  + aborted.epoch()
                  + ", from offset "
                  + aborted.firstOffset()
                  + "; the last stable offset is "
                  + log.offsets().lastStableOffset());
    }
    return ExitCode.FINE;
  }
}
