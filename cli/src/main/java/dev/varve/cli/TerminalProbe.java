package dev.varve.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Asks the system whether a stream is a terminal. The JDK only tells of standard input and output
 * together, which is of no use where input is a pipe and progress goes to standard error.
 */
final class TerminalProbe {
  static final int STANDARD_OUTPUT = 1;
  static final int STANDARD_ERROR = 2;

  private TerminalProbe() {}

  /** Whether a file descriptor is a terminal; false if that cannot be found out. */
  @SuppressWarnings("restricted") // asked before whether it is allowed
  static boolean isTerminal(int descriptor) {
    if (!TerminalProbe.class.getModule().isNativeAccessEnabled()) {
      return false; // asking would print a warning
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("isatty")
        .map(function ->
            call(
                linker.downcallHandle(
                    function, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)),
                descriptor))
        .orElse(false);
  }

  private static boolean call(MethodHandle isatty, int descriptor) {
    try {
      return (int) isatty.invokeExact(descriptor) == 1;
    } catch (Throwable e) {
      return false; // then nothing is redrawn
    }
  }
}
