package dev.varve.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.varve.tidy.bad.high.Roof;
import dev.varve.tidy.bad.low.Ground;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayersTest {
  private static final String LOW = Ground.class.getPackageName();
  private static final String HIGH = Roof.class.getPackageName();

  private final Iterable<JavaClass> classes =
      new ClassFileImporter().importClasses(Ground.class, Roof.class);

  @Test
  void anArrowUpwardIsFoundEvenInAnArrayAndOneDownwardIsNot() {
    Layers layers = new Layers(List.of(List.of(LOW), List.of(HIGH)), false);

    assertThat(layers.findIn(classes))
        .isNotEmpty()
        .allSatisfy(finding ->
            assertThat(finding).contains(LOW + " stands below " + HIGH, "Ground.java:", "Cure: "));
  }

  @Test
  void neighboursDoNotKnowEachOther() {
    Layers layers = new Layers(List.of(List.of(LOW, HIGH)), false);

    assertThat(layers.findIn(classes))
        .anyMatch(finding -> finding.contains(LOW + " does not know " + HIGH))
        .anyMatch(finding -> finding.contains(HIGH + " does not know " + LOW));
  }

  @Test
  void aPackageWithoutAPlaceIsFound() {
    Layers layers = new Layers(List.of(List.of(HIGH)), false);

    assertThat(layers.findIn(classes))
        .singleElement()
        .asString()
        .startsWith("package " + LOW + " has no layer. Cure: ");
  }

  @Test
  void aNameMayStandForItsSubpackages() {
    Layers layers = new Layers(List.of(List.of(TidyTest.BAD_EXAMPLES)), true);

    assertThat(layers.findIn(classes)).isEmpty();
  }
}
