package dev.varve.cli;

import dev.varve.log.error.LogException;
import dev.varve.log.record.CodecUnavailableException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The command line of Varve. {@code varve --help} says what it can do. */
@Command(
    name = "varve",
    description = "Writes, reads and checks commit logs whose files are Apache Kafka's.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Varve.Version.class,
    subcommands = {
      DemoCommand.class,
      AppendCommand.class,
      CatCommand.class,
      InfoCommand.class,
      DumpCommand.class,
      VerifyCommand.class,
      RecoverCommand.class,
      RetainCommand.class,
      TrimCommand.class,
      CompactCommand.class,
      TxnCommand.class,
      DemoWriterCommand.class
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:fine",
      "1:damage, or something was not found or could not be done",
      "2:the command was called wrongly"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  varve demo                                        a guided minute",
      "  printf 'a\\nb\\n' | varve append /tmp/letters-0      one record a line",
      "  varve cat /tmp/letters-0 --from 1                 from an offset on",
      "  varve cat orders-0 --since 2020-01-01T00:00:00Z   from a time on",
      "  varve verify orders-0                             every byte of it",
      "  varve recover orders-0 --dry-run                  what opening it would mend",
      "  varve retain orders-0 --age 7d --dry-run          what is old, and would go",
      "  varve compact prices-0 --dry-run                  which segments it would go over",
      "  ./varve bench --quick                             how fast it is; in a checkout only",
      "",
      "A log is a directory. One process at a time appends to it or changes it; cat, info, dump"
          + " and",
      "verify take no lock, change nothing, and work on a log that is being written."
    })
public final class Varve implements Runnable {
  /** The lines in the descriptions of commands are made for this. */
  private static final int HELP_COLUMNS = 96;

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  @Option(names = "--debug", hidden = true, scope = ScopeType.INHERIT)
  private boolean debug;

  /** For picocli. */
  public Varve() {}

  /** Runs the command line on the streams of the process, and ends the process. */
  public static void main(String[] args) {
    Streams streams =
        new Streams(
            new FileInputStream(FileDescriptor.in),
            new FileOutputStream(FileDescriptor.out),
            new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
            TerminalProbe.isTerminal(TerminalProbe.STANDARD_ERROR),
            TerminalProbe.isTerminal(TerminalProbe.STANDARD_OUTPUT));
    System.exit(run(args, streams));
  }

  /** Runs the command line on other streams and returns its exit status. */
  static int run(String[] args, Streams streams) {
    Varve varve = new Varve();
    CommandLine line = new CommandLine(varve, new Commands(streams));
    PrintWriter out = new PrintWriter(streams.out(), true, StandardCharsets.UTF_8);
    line.setOut(out);
    line.setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpWidth(HELP_COLUMNS);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(streams.color() ? Ansi.ON : Ansi.OFF));
    line.setParameterExceptionHandler((e, arguments) -> usage(e, streams));
    line.setExecutionExceptionHandler((e, command, result) -> varve.failed(e, streams));
    int exitCode = line.execute(args);
    out.flush();
    return exitCode;
  }

  private static int usage(ParameterException e, Streams streams) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    streams.warn(oneLine(e.getMessage()) + " (see " + command + " --help)");
    return ExitCode.USAGE;
  }

  private int failed(Exception e, Streams streams) {
    if (e instanceof OutputClosedException) {
      return ExitCode.FINE;
    }
    streams.warn(message(e));
    if (debug) {
      e.printStackTrace(streams.err());
    }
    return ExitCode.FAILED;
  }

  /** What went wrong, in one line. */
  static String message(Exception e) {
    return switch (e) {
      case LogException log -> oneLine(log.getMessage());
      case CommandFailedException failed -> oneLine(failed.getMessage());
      case CodecUnavailableException codec -> oneLine(codec.getMessage());
      case NoSuchFileException missing -> missing.getFile() + ": no such file or directory";
      case FileSystemException file ->
          file.getFile()
              + ": "
              + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason());
      case UncheckedIOException io -> oneLine(String.valueOf(io.getCause()));
      case IOException io -> oneLine(io.getMessage());
      default -> "this should not have happened: " + oneLine(e.toString()) + " (try --debug)";
    };
  }

  private static String oneLine(@Nullable String message) {
    return String.valueOf(message).strip().replaceAll("\\s*\\R\\s*", "; ");
  }

  /** Without a command there is nothing to do. */
  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(
          spec.commandLine(),
          "found no command, expected demo, append, cat, info, dump, verify, recover, retain, trim,"
              + " compact or txn");
    }
  }

  /** Makes commands that know their streams. */
  private record Commands(Streams streams) implements IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (LogCommand.class.isAssignableFrom(type)) {
        K command = type.getDeclaredConstructor().newInstance();
        ((LogCommand) command).connect(streams);
        return command;
      }
      return CommandLine.defaultFactory().create(type);
    }
  }

  /** The version in the manifest of the jar. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Varve.class.getPackage().getImplementationVersion();
      return new String[] {
        "varve " + (version == null ? "(development)" : version),
        "format of Apache Kafka 4.4; Java " + Runtime.version()
      };
    }
  }
}
