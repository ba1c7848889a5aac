package dev.varve.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SourceRulesTest {
  @Test
  void aFileMayHaveFiveHundredLinesAndNoMore() throws IOException {
    assertThat(findInJava("// a line\n".repeat(500))).isEmpty();
    assertThat(findInJava("// a line\n".repeat(501)))
        .singleElement()
        .asString()
        .startsWith("a/Some.java:501: the file has more than 500 lines. Cure: ");
  }

  @Test
  void aMethodMayHaveSixtyLinesAndNoMore() throws IOException {
    assertThat(findInJava(classWithMethodOf(60))).isEmpty();
    assertThat(findInJava(classWithMethodOf(61)))
        .singleElement()
        .asString()
        .startsWith("a/Some.java:5: longOne has 61 lines, more than 60. Cure: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SegmentManager", "FileUtil", "FileUtils", "LogImpl", "TestHelper"})
  void aNameForAnythingIsFoundOnNestedClassesToo(String name) throws IOException {
    assertThat(findInJava("class Some {\n  record " + name + "() {}\n}\n"))
        .singleElement()
        .asString()
        .startsWith("a/Some.java:2: " + name + " is a name for anything. Cure: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "// TODO: later",
        "/* FIXME */",
        "// XXX why",
        "// as in /home/jane/src",
        "// as in /Users/jane",
        "// see /work/x",
        "// see ../shared/x"
      })
  void aLeftoverIsFoundInAnyText(String line) throws IOException {
    assertThat(findInJava("class Some {}\n" + line + "\n"))
        .singleElement()
        .asString()
        .startsWith("a/Some.java:2: " + line)
        .contains("Cure: ");
    assertThat(SourceRules.findIn(new SourceText("README.md", line))).hasSize(1);
  }

  @Test
  void aTestThatIsSwitchedOffIsFoundButNotOneForAnotherSystem() throws IOException {
    assertThat(findInJava("class Some { @Disabled void test() {} }")).hasSize(1);
    assertThat(findInJava("class Some { @DisabledOnOs(OS.WINDOWS) void test() {} }")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "class Manager {}",
        "class Utility { int todo; }",
        "class Some { String home = \"/homework/\"; String x = \"XXXL\"; }",
        "class Some { String relative = \"src/work/x\"; }"
      })
  void whatOnlyLooksLikeItIsFine(String source) throws IOException {
    assertThat(findInJava(source)).isEmpty();
  }

  private static List<String> findInJava(String source) throws IOException {
    return SourceRules.findIn(new SourceText("a/Some.java", source));
  }

  private static String classWithMethodOf(int lines) {
    return """
    class Some {
      int field;

      /** The description is not counted. */
      void longOne() {
    """
        + "    field++;\n".repeat(lines - 2)
        + "  }\n}\n";
  }
}
