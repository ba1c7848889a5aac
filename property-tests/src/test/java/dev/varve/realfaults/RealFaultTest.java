package dev.varve.realfaults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every real fault on every state of a log, each in a process that must live through it. */
@Timeout(120)
class RealFaultTest {
  private static final FaultTable TABLE = new FaultTable();

  @TempDir Path root;

  static Stream<Arguments> faultsAndStates() {
    return Stream.of(RealFault.values())
        .flatMap(fault -> Stream.of(LogState.values()).map(state -> Arguments.of(fault, state)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("faultsAndStates")
  void theProcessLivesThroughTheFaultAndSaysSo(RealFault fault, LogState state) throws Exception {
    Path directory = Files.createDirectory(root.resolve("disk"));
    Surroundings surroundings = fault.surroundings();
    String refusal = surroundings.refusal(directory);
    if (refusal != null) {
      TABLE.add(fault, state, "skipped: " + refusal);
    }
    assumeTrue(refusal == null, String.valueOf(refusal));
    Path said = root.resolve("out");
    Path complained = root.resolve("err");

    int exitCode = run(command(fault, state, directory), said, complained);

    TABLE.add(fault, state, exitCode == 0 ? text(said) : "FAILED");
    assertThat(exitCode).as("%s%s", text(said), text(complained)).isZero();
  }

  private static List<String> command(RealFault fault, LogState state, Path directory) {
    List<String> java =
        TestProcess.java(ScenarioProcess.class, fault.name(), state.name(), directory.toString());
    return fault.surroundings().around(directory, java);
  }

  private static int run(List<String> command, Path out, Path err) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      return process.waitFor();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, UTF_8).strip();
  }

  @AfterAll
  static void printTable() {
    System.out.println(TABLE);
  }
}
