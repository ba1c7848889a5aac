package dev.varve.jmh.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path directory;

  private int run(String... args) {
    return BenchCommand.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  @Test
  void aWrongNameIsAnsweredWithTheRightOnes() {
    assertThat(run("--only", "apend")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("varve bench: found --only apend, expected one of append-record, append-batch")
        .hasLineCount(1);
  }

  @Test
  void aMissingDirectoryIsNamed() {
    Path missing = directory.resolve("missing");

    assertThat(run("--quick", "--directory", missing.toString())).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("varve bench: " + missing + ": found no directory")
        .hasLineCount(1);
  }

  @Test
  void theHelpNamesTheWorkloads() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("append-durable", "--quick", "--report");
  }
}
