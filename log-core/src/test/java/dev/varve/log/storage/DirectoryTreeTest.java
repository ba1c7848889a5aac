package dev.varve.log.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryTreeTest extends StorageTreeContract {
  @TempDir private Path parent;

  @Override
  StorageTree newTree() {
    return StorageTree.open(parent.resolve("data"));
  }

  /** What a link leads to is somebody else's. */
  @Test
  void aDeletionFollowsNoLink() throws IOException {
    Path other = Files.createDirectory(parent.resolve("other"));
    Files.writeString(other.resolve("file"), "x");
    try (StorageTree tree = StorageTree.open(parent.resolve("linking"))) {
      tree.openDirectory("a-0").close();
      Files.createSymbolicLink(parent.resolve("linking/a-0/link"), other);
      tree.deleteDirectory("a-0", 9);
      assertThat(tree.directories()).isEmpty();
    }
    assertThat(other.resolve("file")).exists();
  }
}
