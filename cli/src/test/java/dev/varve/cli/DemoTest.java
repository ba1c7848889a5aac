package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  @TempDir Path parent;

  @Test
  void theTourComesToItsEnd() {
    Path directory = parent.resolve("orders-0");

    CommandLineRun demo = CommandLineRun.of("demo", directory.toString());

    assertThat(demo.exitCode()).as(demo.out() + demo.err()).isZero();
    assertThat(demo.out())
        .contains("1. Append", "2,000,000 order events", "5. Send a segment")
        .contains("nothing that was acknowledged is lost", "index entries in", ": sound")
        .contains("Try next\n  varve info " + directory)
        .doesNotContain("\u001b");
    assertThat(CommandLineRun.of("verify", directory.toString()).exitCode()).isZero();
  }
}
