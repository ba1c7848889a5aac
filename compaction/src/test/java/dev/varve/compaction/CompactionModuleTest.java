package dev.varve.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CompactionModuleTest {
  @Test
  void requiresTheLogAndNoOtherModuleOfTheHouse() {
    ModuleDescriptor module =
        ModuleFinder.of(Path.of("target", "classes"))
            .find("dev.varve.compaction")
            .orElseThrow()
            .descriptor();

    assertThat(
            module.requires().stream()
                .map(ModuleDescriptor.Requires::name)
                .filter(name -> name.startsWith("dev.varve"))
                .collect(Collectors.toSet()))
        .containsExactly("dev.varve.log");
  }
}
