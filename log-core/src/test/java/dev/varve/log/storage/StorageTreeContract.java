package dev.varve.log.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.LogLockedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link StorageTree} does. */
abstract class StorageTreeContract {
  private StorageTree tree = new SimulatedTree(Path.of("none"), 0);

  abstract StorageTree newTree() throws IOException;

  @BeforeEach
  void open() throws IOException {
    tree = newTree();
  }

  @AfterEach
  void close() throws IOException {
    tree.close();
  }

  private void make(String directory, String file) throws IOException {
    try (Storage made = tree.openDirectory(directory)) {
      made.create(file).close();
      made.forceDirectory();
    }
  }

  @Test
  void directoriesAndFilesAreListedApart() throws IOException {
    make("b-0", "log");
    make("a-0", "log");
    tree.create("file").close();
    assertThat(tree.directories()).containsExactly("a-0", "b-0");
    assertThat(tree.list()).containsExactly("file");
    try (Storage directory = tree.openDirectory("a-0")) {
      assertThat(directory.list()).containsExactly("log");
      assertThat(directory.directory()).isEqualTo(tree.directory().resolve("a-0"));
    }
  }

  @Test
  void aDirectoryIsOpenOnceAtATime() throws IOException {
    try (Storage _ = tree.openDirectory("a-0")) {
      assertThatThrownBy(() -> tree.openDirectory("a-0")).isInstanceOf(LogLockedException.class);
      tree.openDirectory("b-0").close();
    }
    tree.openDirectory("a-0").close();
  }

  @Test
  void aDirectoryIsRenamedWithWhatItHolds() throws IOException {
    make("a-0", "log");
    tree.renameDirectory("a-0", "a-0-gone");
    tree.forceDirectory();
    assertThat(tree.directories()).containsExactly("a-0-gone");
    try (Storage renamed = tree.openDirectory("a-0-gone");
        Storage again = tree.openDirectory("a-0")) {
      assertThat(renamed.list()).containsExactly("log");
      assertThat(again.list()).isEmpty();
    }
    assertThatThrownBy(() -> tree.renameDirectory("c-0", "d-0")).isInstanceOf(IOException.class);
  }

  @Test
  void aDirectoryIsDeletedWithWhatItHolds() throws IOException {
    make("a-0", "log");
    assertThat(tree.deleteDirectory("a-0", 9)).isTrue();
    assertThat(tree.deleteDirectory("a-0", 9)).isTrue();
    assertThat(tree.directories()).isEmpty();
    try (Storage again = tree.openDirectory("a-0")) {
      assertThat(again.list()).isEmpty();
    }
  }

  @Test
  void aDirectoryIsDeletedAFewFilesAtATime() throws IOException {
    try (Storage made = tree.openDirectory("a-0")) {
      for (String file : List.of("1", "2", "3", "4")) {
        made.create(file).close();
      }
    }
    assertThat(tree.deleteDirectory("a-0", 3)).isFalse();
    try (Storage left = tree.openDirectory("a-0")) {
      assertThat(left.list()).hasSizeBetween(1, 2); // a lock is a file, too
    }
    assertThat(tree.deleteDirectory("a-0", 3)).isTrue();
    assertThat(tree.directories()).isEmpty();
  }
}
