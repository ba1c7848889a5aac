package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;

/** What the command line gave for some arguments and some input. */
record CommandLineRun(int exitCode, String out, String err) {

  static CommandLineRun of(String... args) {
    return withInput("", args);
  }

  static CommandLineRun withInput(String input, String... args) {
    return withInput(new ByteArrayInputStream(input.getBytes(UTF_8)), args);
  }

  static CommandLineRun withInput(InputStream input, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Streams streams = new Streams(input, out, new PrintStream(err, true, UTF_8), false, false);
    int exitCode = Varve.run(args, streams);
    return new CommandLineRun(exitCode, out.toString(UTF_8), err.toString(UTF_8));
  }
}
