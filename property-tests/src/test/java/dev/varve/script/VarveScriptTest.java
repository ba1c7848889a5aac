package dev.varve.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.script.ScriptedCheckout.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the script is for POSIX shells")
class VarveScriptTest {
  private static final List<String> MODULES = ScriptedCheckout.MODULES;

  @SuppressWarnings("UnusedVariable") // named by a source of parameters
  private static final List<String> BENCH_MODULES = ScriptedCheckout.BENCH_MODULES;

  @TempDir Path root;
  private ScriptedCheckout checkout;

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = new ScriptedCheckout(root);
  }

  @Test
  void withoutJdkOneSentenceSaysWhatToInstall() throws Exception {
    Result result = checkout.withMaven().run("demo");

    assertThat(result.exit()).isEqualTo(64);
    assertThat(result.err())
        .startsWith("varve: no JDK 25 or newer was found: install one")
        .hasLineCount(1);
    assertThat(result.out()).isEmpty();
    assertThat(checkout.mavenCalls()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.8.0_402", "17.0.15", "24.0.2"})
  void anOlderJdkDoesNotCount(String version) throws Exception {
    checkout.withMaven().withJdk(checkout.jdk("old"), version).withJavaOnPath(checkout.jdk("old"));

    assertThat(checkout.run().exit()).isEqualTo(64);
  }

  @ParameterizedTest
  @ValueSource(strings = {"25", "25.0.3", "25-ea", "26.0.1"})
  void aJdkOf25OrNewerIsTaken(String version) throws Exception {
    checkout.withMaven().withJdk(checkout.jdk("new"), version);

    assertThat(checkout.run().exit()).isEqualTo(3);
  }

  @Test
  void aRuntimeThatCannotCompileDoesNotCount() throws Exception {
    checkout.withMaven().withJdk(checkout.jdk("jre"), "25.0.3");
    Files.delete(checkout.jdk("jre").resolve("bin/javac"));

    assertThat(checkout.run().exit()).isEqualTo(64);
  }

  @Test
  void javaOnThePathIsAskedWhereItLives() throws Exception {
    Path home = root.resolve("elsewhere");
    checkout.withMaven().withJdkWithoutReleaseFile(home, "25.0.3").withJavaOnPath(home);

    assertThat(checkout.run().exit()).isEqualTo(3);
    assertThat(checkout.mavenCalls()).singleElement().asString().startsWith(home + " ");
  }

  @Test
  void javaHomeThatIsTooOldIsReplacedForMavenToo() throws Exception {
    Path old = root.resolve("old");
    checkout.withMaven().withJdk(old, "17.0.15").withJdk(checkout.jdk("new"), "25.0.3");

    Result result =
        ScriptedCheckout.finish(
            checkout.start(checkout.script(), Map.of("JAVA_HOME", old.toString())));

    assertThat(result.exit()).isEqualTo(3);
    assertThat(checkout.mavenCalls())
        .containsExactly(checkout.jdk("new") + " -q -B -pl cli -am -DskipTests package");
  }

  @Test
  void javaHomeGoesBeforeTheFolders() throws Exception {
    Path chosen = root.resolve("chosen");
    checkout.withMaven().withJdk(chosen, "25").withJdk(checkout.jdk("other"), "25.0.3");

    ScriptedCheckout.finish(
        checkout.start(checkout.script(), Map.of("JAVA_HOME", chosen.toString())));

    assertThat(checkout.mavenCalls()).singleElement().asString().startsWith(chosen + " ");
  }

  @Test
  void theFirstUseBuildsWithOneLineAndRunsWithTheArgumentsAsGiven() throws Exception {
    Result result = withJdkAndMaven().run("cat", "a b", "", "*");

    assertThat(result.err()).isEqualTo("varve: building …\n");
    assertThat(result.out()).endsWith("\ndev.varve.cli.Varve\ncat\na b\n\n*\n");
    assertThat(result.out()).contains("--enable-native-access=ALL-UNNAMED\n");
    assertThat(result.exit()).as("the status of java").isEqualTo(3);
  }

  @Test
  void theSecondUseDoesNotBuild() throws Exception {
    withJdkAndMaven().run();

    assertThat(checkout.run().err()).isEmpty();
    assertThat(checkout.mavenCalls()).hasSize(1);
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void aChangedSourceOfAnyModuleBuildsAgain(String module) throws Exception {
    builtAnHourAgo();
    Files.writeString(checkout.source(module), "class Source { int changed; }");

    checkout.run();

    assertThat(checkout.mavenCalls()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pom.xml", "index/pom.xml", "cli/pom.xml"})
  void aChangedPomBuildsAgain(String pom) throws Exception {
    builtAnHourAgo();
    Files.writeString(checkout.script().resolveSibling(pom), "<project><!-- --></project>");

    checkout.run();

    assertThat(checkout.mavenCalls()).hasSize(2);
  }

  @Test
  void aDeletedSourceBuildsAgain() throws Exception {
    builtAnHourAgo();
    Files.delete(checkout.source("index"));

    checkout.run();

    assertThat(checkout.mavenCalls()).hasSize(2);
  }

  @Test
  void aFailedBuildShowsItsOutputAndIsTriedAgain() throws Exception {
    withJdkAndMaven().breakSource();

    Result failed = checkout.run();
    assertThat(failed.exit()).isEqualTo(70);
    assertThat(failed.err()).contains("Source.java:1: expected ;").endsWith("above.\n");
    assertThat(failed.out()).isEmpty();

    checkout.mendSource();
    assertThat(checkout.run().exit()).isEqualTo(3);
    assertThat(checkout.mavenCalls()).hasSize(2);
  }

  @Test
  void withoutMavenOneSentenceSaysWhatToInstall() throws Exception {
    Result result = checkout.withJdk(checkout.jdk("25"), "25.0.3").run();

    assertThat(result.exit()).isEqualTo(64);
    assertThat(result.err()).contains("install Apache Maven").hasLineCount(1);
  }

  @Test
  void aLinkFromElsewhereRunsTheSameCheckout() throws Exception {
    withJdkAndMaven();
    Path bin = Files.createDirectories(root.resolve("bin"));
    Path relative = Files.createSymbolicLink(bin.resolve("one"), Path.of("../my checkout/varve"));
    Path linkToLink = Files.createSymbolicLink(bin.resolve("two"), relative.toAbsolutePath());

    Result result = ScriptedCheckout.finish(checkout.start(linkToLink, Map.of()));

    assertThat(result.out()).contains("/my checkout/cli/target/app/*\n");
    assertThat(result.exit()).isEqualTo(3);
  }

  @Test
  void twoThatStartTogetherBuildOnce() throws Exception {
    withJdkAndMaven().slowMavenDown();

    Process one = checkout.start(checkout.script(), Map.of());
    Process other = checkout.start(checkout.script(), Map.of());

    assertThat(ScriptedCheckout.finish(one).exit()).isEqualTo(3);
    assertThat(ScriptedCheckout.finish(other).exit()).isEqualTo(3);
    assertThat(checkout.mavenCalls()).hasSize(1);
    assertThat(checkout.buildLock()).doesNotExist();
  }

  @Test
  void theLockOfABuildThatDiedIsTakenOver() throws Exception {
    withJdkAndMaven();
    Process dead = checkout.start(checkout.script(), Map.of("VARVE_JDK_FOLDERS", "/nowhere"));
    ScriptedCheckout.finish(dead);
    Files.createDirectories(checkout.buildLock().getParent());
    Files.createSymbolicLink(checkout.buildLock(), Path.of(Long.toString(dead.pid())));

    assertThat(checkout.run().exit()).isEqualTo(3);
  }

  @Test
  void everyShippedModuleIsWatched() throws Exception {
    Path pom = Path.of(System.getProperty("varve.checkout"), "pom.xml");
    List<String> modules =
        Pattern.compile("<module>([^<]*)</module>")
            .matcher(Files.readString(pom))
            .results()
            .map(match -> match.group(1))
            .filter(module -> !module.startsWith("property-tests") && !module.equals("jmh"))
            .toList();

    assertThat(MODULES).containsAll(modules);
    assertThat(Files.readString(checkout.script()))
        .contains("MODULES='" + String.join(" ", MODULES) + "'");
  }

  @Test
  void benchBuildsAndRunsTheBenchmarks() throws Exception {
    Result result = withJdkAndMaven().run("bench", "--quick", "a b");

    assertThat(checkout.mavenCalls())
        .singleElement()
        .asString()
        .endsWith(" -q -B -pl jmh -am -DskipTests package");
    assertThat(result.out())
        .contains("/my checkout/jmh/target/benchmarks.jar\n")
        .endsWith("\ndev.varve.jmh.suite.BenchCommand\n--quick\na b\n");
    assertThat(result.exit()).as("the status of java").isEqualTo(3);
    assertThat(checkout.run("bench").err()).as("nothing has changed").isEmpty();
  }

  @ParameterizedTest
  @FieldSource("BENCH_MODULES")
  void aChangedSourceBuildsTheBenchmarksAgain(String module) throws Exception {
    withJdkAndMaven().run("bench");
    checkout.passAnHour();
    Files.writeString(checkout.source(module), "class Source { int changed; }");

    checkout.run("bench");

    assertThat(checkout.mavenCalls()).hasSize(2);
  }

  @Test
  void otherCommandsDoNotPayForTheBenchmarks() throws Exception {
    builtAnHourAgo();
    Files.writeString(checkout.source("jmh"), "class Source { int changed; }");

    assertThat(checkout.run("cat").err()).isEmpty();
    assertThat(checkout.mavenCalls()).hasSize(1);
  }

  private ScriptedCheckout withJdkAndMaven() throws IOException {
    return checkout.withMaven().withJdk(checkout.jdk("25"), "25.0.3");
  }

  private void builtAnHourAgo() throws Exception {
    withJdkAndMaven().run();
    checkout.passAnHour();
    assertThat(checkout.run().err()).as("nothing has changed").isEmpty();
  }
}
