package dev.varve.log.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.storage.DiskFaults.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** That the tree of the explorations is no kinder than a directory of directories. */
class SimulatedTreeTest extends StorageTreeContract {
  private final SimulatedTree disk = new SimulatedTree(Path.of("simulated"), 3);

  @Override
  StorageTree newTree() {
    return new SimulatedTree(Path.of("simulated"), 1);
  }

  /** All that may be found after a power loss. */
  private Set<List<String>> survivors() throws IOException {
    Set<List<String>> found = new HashSet<>();
    for (long seed = 0; seed < 200; seed++) {
      found.add(disk.afterPowerLoss(seed).directories());
    }
    return found;
  }

  @Test
  void aNameThatWasForcedIsThere() throws IOException {
    disk.openDirectory("a-0").close();
    assertThat(survivors()).containsExactly(List.of("a-0"));
  }

  @Test
  void aRenameIsDoneOrNotUntilItIsForced() throws IOException {
    disk.openDirectory("a-0").close();
    disk.renameDirectory("a-0", "b-0");
    assertThat(survivors()).containsExactlyInAnyOrder(List.of("a-0"), List.of("b-0"));
    disk.forceDirectory();
    assertThat(survivors()).containsExactly(List.of("b-0"));
  }

  @Test
  void aDeletionIsDoneOrNotUntilItIsForced() throws IOException {
    try (Storage made = disk.openDirectory("a-0")) {
      made.create("file").close();
      made.forceDirectory();
    }
    disk.deleteDirectory("a-0", 9);
    assertThat(survivors()).containsExactlyInAnyOrder(List.of("a-0"), List.of());
  }

  @Test
  void aForceThatFailsLosesTheNames() throws IOException {
    disk.openDirectory("a-0").close();
    disk.renameDirectory("a-0", "b-0");
    disk.faults().failAt(1, Fault.EIO_ON_FORCE_DIRECTORY);
    assertThatThrownBy(disk::forceDirectory).isInstanceOf(IOException.class);
    assertThat(disk.directories()).containsExactly("a-0");
    disk.forceDirectory();
    assertThat(survivors()).containsExactly(List.of("a-0"));
  }

  @Test
  void whatGoesWrongGoesWrongInAllDirectories() throws IOException {
    try (Storage made = disk.openDirectory("a-0")) {
      long before = disk.faults().operations();
      made.create("file").close();
      assertThat(disk.faults().operations()).isEqualTo(before + 1);
      disk.faults().failAt(1, Fault.EIO);
      assertThatThrownBy(() -> made.create("other")).isInstanceOf(IOException.class);
      disk.faults().cutPowerAt(1);
      assertThatThrownBy(() -> made.exists("file")).isInstanceOf(IOException.class);
      assertThatThrownBy(disk::directories).isInstanceOf(IOException.class);
    }
  }

  @Test
  void whatAKillLeavesIsAllThatWasWritten() throws IOException {
    disk.openDirectory("a-0").close();
    disk.renameDirectory("a-0", "b-0");
    SimulatedTree left = disk.afterKill();
    assertThat(left.directories()).containsExactly("b-0");
    assertThat(left.directory("b-0").directory()).isEqualTo(Path.of("simulated", "b-0"));
    assertThat(left.locks()).isEqualTo(1);
  }
}
