package dev.varve.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows what the log can do. */
@Command(
    name = "demo",
    header = "Show in a minute what the log can do.",
    description = {
      "A guided minute: writes order events to a fresh directory, rolls segments, reads by",
      "offset and by time, sends a segment over a loopback socket, kills a process in the",
      "middle of appending and recovers. Leaves the log there to be looked at."
    },
    footer = {"  varve demo", "  varve demo /tmp/orders-0"})
final class DemoCommand extends LogCommand {
  @Parameters(
      paramLabel = "DIR",
      arity = "0..1",
      description = "A directory that is empty or does not exist (default: a temporary one).")
  private @Nullable Path directory;

  DemoCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path fresh = fresh();
    new DemoTour(streams(), fresh).run();
    return ExitCode.FINE;
  }

  private Path fresh() throws IOException {
    if (directory == null) {
      return Files.createTempDirectory("varve-demo-").resolve("orders-0");
    }
    if (Files.isDirectory(directory)) {
      try (Stream<Path> entries = Files.list(directory)) {
        if (entries.findAny().isPresent()) {
          throw new CommandFailedException(
              directory + " is not empty; the demo expects a fresh directory");
        }
      }
    }
    return directory;
  }
}
