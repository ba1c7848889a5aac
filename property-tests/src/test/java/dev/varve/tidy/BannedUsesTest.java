package dev.varve.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BannedUsesTest {
  private static final String EXAMPLES = TidyTest.BAD_EXAMPLES + ".BannedCalls";

  @ParameterizedTest
  @CsvSource({
    "format,               formats in the locale",
    "formatted,            formats in the locale",
    "printf,               formats in the locale",
    "lowerCaseByReference, formats in the locale",
    "wallClock,            reads the clock",
    "nanoTimeByReference,  reads the clock",
    "now,                  reads the clock",
    "today,                reads the clock",
    "systemClock,          reads the clock",
    "sleep,                sleeps",
    "mapOld,               maps a file",
    "mapNew,               maps a file",
    "exit,                 ends the process",
    "thread,               starts a thread",
    "pool,                 starts a thread",
  })
  void findsTheCallAndNamesTheCure(String method, String complaint) {
    assertThat(findIn("log-core", false, EXAMPLES))
        .anySatisfy(finding ->
            assertThat(finding)
                .contains("BannedCalls." + method + "(", complaint, "BannedCalls.java:", "Cure: "));
  }

  @Test
  void letsTheGoodWayPass() {
    assertThat(findIn("log-core", false, EXAMPLES))
        .noneMatch(finding -> finding.contains("BannedCalls.fine("));
  }

  @Test
  void theEdgesHaveTheRealClockAndThreadsButNoDefaultLocale() {
    assertThat(findIn("cli", false, EXAMPLES))
        .noneMatch(finding -> finding.contains("clock") || finding.contains("thread."))
        .anyMatch(finding -> finding.contains("locale"));
  }

  @Test
  void testsMayStartThreadsButNotSleep() {
    assertThat(findIn("log-core", true, EXAMPLES))
        .noneMatch(finding -> finding.contains("starts a thread"))
        .anyMatch(finding -> finding.contains("sleeps"));
  }

  @Test
  void mappedByteBufferIsFoundAsAType() {
    assertThat(findIn("log-core", false, EXAMPLES))
        .anyMatch(finding -> finding.contains("java.nio.MappedByteBuffer"));
  }

  /** Libraries that live dangerously, for the compiler lets us write no such example. */
  @ParameterizedTest
  @ValueSource(strings = {"net.jpountz.util.UnsafeUtils", "org.agrona.UnsafeApi"})
  void unsafeIsFoundAsAType(String dangerous) {
    assertThat(findIn("log-core", false, dangerous))
        .anyMatch(finding -> finding.contains("misc.Unsafe") && finding.contains("Cure: "));
  }

  private static List<String> findIn(String module, boolean test, String className) {
    try {
      Class<?> example = Class.forName(className, false, BannedUsesTest.class.getClassLoader());
      return BannedUses.findIn(module, test, new ClassFileImporter().importClasses(example));
    } catch (ClassNotFoundException e) {
      throw new AssertionError("the example is gone", e);
    }
  }
}
