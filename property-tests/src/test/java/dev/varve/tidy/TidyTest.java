package dev.varve.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The house rules, held against the whole checkout. A failure names the place and the cure. */
class TidyTest {
  /** Examples of how not to do it, for the tests of the checkers. */
  static final String BAD_EXAMPLES = "dev.varve.tidy.bad";

  /** The rules and their tests spell out what they look for. */
  private static final String RULES_THEMSELVES = "property-tests/src/test/java/dev/varve/tidy/";

  private final Checkout checkout = Checkout.here();

  @Test
  void nobodyUsesWhatIsBanned() throws IOException {
    List<String> findings = new ArrayList<>();
    for (Checkout.Module module : checkout.modules()) {
      findings.addAll(BannedUses.findIn(module.name(), false, module.shippedClasses()));
      findings.addAll(BannedUses.findIn(module.name(), true, module.testClasses()));
    }
    assertThat(findings).isEmpty();
  }

  @Test
  void noPackageOfLogCoreUsesAHigherOne() throws IOException {
    for (Checkout.Module module : checkout.modules()) {
      if (module.name().equals("log-core")) {
        assertThat(Layers.LOG_CORE.findIn(inPackages(module.shippedClasses()))).isEmpty();
      }
    }
  }

  @Test
  void noModuleUsesAHigherOne() throws IOException {
    for (Checkout.Module module : checkout.modules()) {
      if (!module.name().equals("jmh")) {
        assertThat(Layers.MODULES.findIn(inPackages(module.shippedClasses()))).isEmpty();
      }
    }
  }

  @Test
  void noShippedModuleLeansOnKafka() throws IOException {
    for (Checkout.Module module : checkout.modules()) {
      assertThat(module.shippedClasses())
          .filteredOn(type -> !module.name().equals("jmh"))
          .flatExtracting(JavaClass::getDirectDependenciesFromSelf)
          .extracting(dependency -> dependency.getTargetClass().getPackageName())
          .as("Kafka's classes in %s. Cure: they are the oracle of the tests only", module.name())
          .noneMatch(name -> name.startsWith("org.apache.kafka"));
    }
  }

  @Test
  void everySourceIsShortAndLeavesNothingBehind() throws IOException {
    List<SourceText> texts = checkout.texts();
    assertThat(texts).extracting(SourceText::path).contains("pom.xml", "varve");

    List<String> findings = new ArrayList<>();
    for (SourceText text : texts) {
      if (!text.path().startsWith(RULES_THEMSELVES)) {
        findings.addAll(SourceRules.findIn(text));
      }
    }
    assertThat(findings).isEmpty();
  }

  /** Leaves out module descriptors, which stand in no package. */
  private static List<JavaClass> inPackages(List<JavaClass> classes) {
    return classes.stream().filter(type -> !type.getPackageName().isEmpty()).toList();
  }
}
