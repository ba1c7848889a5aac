package dev.varve.log.storage;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A data directory of the file system.
 *
 * <p>Thread safety: as {@link StorageTree} says.
 */
final class DirectoryTree extends ForwardingStorage implements StorageTree {
  DirectoryTree(DirectoryStorage directory) {
    super(directory);
  }

  @Override
  public List<String> directories() throws IOException {
    try (Stream<Path> entries = Files.list(directory())) {
      return entries
          .filter(entry -> Files.isDirectory(entry))
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Override
  public Storage openDirectory(String name) {
    return DirectoryStorage.open(directory().resolve(name));
  }

  @Override
  public void renameDirectory(String from, String to) throws IOException {
    Files.move(directory().resolve(from), directory().resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public boolean deleteDirectory(String name, int filesMax) throws IOException {
    Path doomed = directory().resolve(name);
    if (Files.exists(doomed)) {
      Files.walkFileTree(doomed, new Deletion(filesMax));
    }
    return !Files.exists(doomed);
  }

  /** Follows no link: what one leads to is somebody else's. */
  private static final class Deletion extends SimpleFileVisitor<Path> {
    private int left;

    Deletion(int filesMax) {
      this.left = filesMax;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (left == 0) {
        return FileVisitResult.TERMINATE;
      }
      left--;
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.deleteIfExists(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
