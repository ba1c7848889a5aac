package dev.varve.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What all commands have: streams, help, and a way to refuse their arguments. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Varve.Version.class,
    descriptionHeading = "%n",
    parameterListHeading = "%n",
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n")
abstract class LogCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  private @Nullable Streams streams;

  void connect(Streams to) {
    streams = to;
  }

  Streams streams() {
    Streams connected = streams;
    if (connected == null) {
      throw new IllegalStateException("the command was not connected to streams");
    }
    return connected;
  }

  /** The command was called wrongly. */
  ParameterException usage(String message) {
    CommandSpec called = spec;
    if (called == null) {
      throw new IllegalStateException("the command was not made by picocli");
    }
    return new ParameterException(called.commandLine(), message);
  }
}
