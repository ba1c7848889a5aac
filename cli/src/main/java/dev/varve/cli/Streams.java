package dev.varve.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/**
 * Where a command reads and writes.
 *
 * @param in bytes to append
 * @param out what was asked for, and nothing else
 * @param err warnings, reports and progress
 * @param progress whether {@code err} is a terminal, where a line can be redrawn
 * @param color whether {@code out} is a terminal
 */
record Streams(InputStream in, OutputStream out, PrintStream err, boolean progress, boolean color) {

  /** A buffer before {@code out}, to be flushed by whoever fills it. */
  ByteSink sink() {
    return new ByteSink(out);
  }

  /** Tells the user something that does not end the command. */
  void warn(String message) {
    err.println("varve: " + message);
  }
}
