package dev.varve.realfaults;

import java.nio.file.Path;

/** What is done in the process that meets a fault. */
@FunctionalInterface
interface Scenario {
  /**
   * Brings the fault about and checks what must hold.
   *
   * @param directory an empty one, of the file system that is to fail
   * @return what happened, in words for the table
   * @throws Exception if a promise was broken
   */
  String run(Path directory, LogState state) throws Exception;
}
