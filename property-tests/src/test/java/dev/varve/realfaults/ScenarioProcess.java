package dev.varve.realfaults;

import java.nio.file.Path;

/** The process that meets a fault, and says on its standard output what happened. */
final class ScenarioProcess {
  private ScenarioProcess() {}

  /** Takes the names of the fault and of the log's state, and a directory. */
  public static void main(String[] arguments) throws Exception {
    RealFault fault = RealFault.valueOf(arguments[0]);
    LogState state = LogState.valueOf(arguments[1]);
    System.out.println(fault.scenario().run(Path.of(arguments[2]), state));
  }
}
