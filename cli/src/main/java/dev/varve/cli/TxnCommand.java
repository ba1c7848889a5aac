package dev.varve.cli;

import picocli.CommandLine.Command;

/** What can be done about transactions. */
@Command(
    name = "txn",
    header = "End a transaction that nobody ends.",
    description = "See `varve info` for the transactions that are open.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = TxnAbortCommand.class,
    footer = "  varve txn abort orders-0 4711")
final class TxnCommand extends LogCommand {
  TxnCommand() {}

  @Override
  public Integer call() {
    throw usage("found no command, expected abort");
  }
}
