package dev.varve.tidy;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Packages in layers: one may use those of lower layers and itself. Without arrows upward or
 * sideways there can be no cycle.
 */
final class Layers {
  /** Inside log-core, from the bottom to the top. */
  static final Layers LOG_CORE =
      new Layers(
          List.of(
              List.of("dev.varve.log.error"),
              List.of("dev.varve.log.record", "dev.varve.log.storage"),
              List.of("dev.varve.log.producer"),
              List.of("dev.varve.log.segment"),
              List.of("dev.varve.log.inspect", "dev.varve.log.maintenance"),
              List.of("dev.varve.log"),
              List.of("dev.varve.log.store")),
          false);

  /** The modules, by their packages; retention and compaction stand side by side. */
  static final Layers MODULES =
      new Layers(
          List.of(
              List.of("dev.varve.index"),
              List.of("dev.varve.log"),
              List.of("dev.varve.retention", "dev.varve.compaction"),
              List.of("dev.varve.cli")),
          true);

  private final List<List<String>> layers;
  private final boolean withSubpackages;

  /**
   * @param layers from the bottom to the top, each with its packages
   * @param withSubpackages whether a name stands for the packages below it too
   */
  Layers(List<List<String>> layers, boolean withSubpackages) {
    this.layers = layers;
    this.withSubpackages = withSubpackages;
  }

  /** Arrows that point up or sideways, and packages without a place, in order. */
  List<String> findIn(Iterable<JavaClass> classes) {
    List<String> findings = new ArrayList<>();
    for (JavaClass type : classes) {
      Optional<Home> home = homeOf(type.getPackageName());
      if (home.isEmpty()) {
        findings.add(
            "package "
                + type.getPackageName()
                + " has no layer. Cure: give it a place in docs/ARCHITECTURE.md, then in Layers");
        continue;
      }
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        homeOf(dependency.getTargetClass().getBaseComponentType().getPackageName())
            .filter(target -> !home.get().mayUse(target))
            .map(target -> complaint(dependency, home.get(), target))
            .ifPresent(findings::add);
      }
    }
    return findings.stream().distinct().sorted().toList();
  }

  private static String complaint(Dependency dependency, Home from, Home to) {
    return dependency.getDescription()
        + ": "
        + from.name
        + (from.height == to.height ? " does not know " : " stands below ")
        + to.name
        + ". Cure: move what is shared to a lower layer, or hand it in from above";
  }

  private Optional<Home> homeOf(String packageName) {
    for (int height = 0; height < layers.size(); height++) {
      for (String name : layers.get(height)) {
        if (packageName.equals(name) || (withSubpackages && packageName.startsWith(name + "."))) {
          return Optional.of(new Home(name, height));
        }
      }
    }
    return Optional.empty();
  }

  private record Home(String name, int height) {
    boolean mayUse(Home other) {
      return name.equals(other.name) || other.height < height;
    }
  }
}
