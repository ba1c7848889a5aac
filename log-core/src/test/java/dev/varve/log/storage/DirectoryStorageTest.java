package dev.varve.log.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogLockedException;
import dev.varve.log.storage.StorageFile.Access;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStorageTest extends StorageContract {
  @TempDir Path root;

  private Path directory() {
    return root.resolve("log");
  }

  @Override
  Storage newStorage() {
    return DirectoryStorage.open(directory());
  }

  @Test
  void subdirectoriesAndTheLockAreNoFilesAndLinksToFilesAre() throws IOException {
    Path other = root.resolve("other");
    Files.createDirectories(other.resolve("sub"));
    Files.createSymbolicLink(other.resolve("a"), Files.writeString(root.resolve("b"), "abc"));
    try (Storage storage = DirectoryStorage.open(other)) {
      assertThat(other.resolve(DirectoryLock.FILE_NAME)).exists();
      assertThat(storage.list()).containsExactly("a");
      assertThat(storage.size("a")).isEqualTo(3);
    }
  }

  @Test
  void aSecondOpenerInThisProcessIsRefusedByAnyPath() throws IOException {
    Path link = Files.createSymbolicLink(root.resolve("alias"), directory());
    for (Path path : new Path[] {directory(), link, directory().resolve("../log")}) {
      assertThatThrownBy(() -> DirectoryStorage.open(path))
          .isInstanceOf(LogLockedException.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid());
    }
  }

  @Test
  void anotherProcessIsRefusedAlsoAfterASecondOpenerHereWas() throws Exception {
    assertThatThrownBy(() -> DirectoryStorage.open(directory()))
        .isInstanceOf(LogLockedException.class);
    Process child = child(directory());
    try (BufferedReader output = child.inputReader(UTF_8)) {
      assertThat(output.readLine())
          .isEqualTo(
              "LogLockedException "
                  + directory().toRealPath()
                  + " is open in process "
                  + ProcessHandle.current().pid());
    }
    assertThat(child.waitFor()).isZero();
  }

  @Test
  void theLockOfAnotherProcessIsHeldUntilThatIsKilled() throws Exception {
    Path other = root.resolve("other");
    Process child = child(other);
    try (BufferedReader output = child.inputReader(UTF_8)) {
      assertThat(output.readLine()).isEqualTo("open");
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> DirectoryStorage.open(other))
            .isInstanceOf(LogLockedException.class)
            .hasMessageContaining("process " + child.pid());
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
    try (Storage storage = DirectoryStorage.open(other)) {
      assertThat(storage.list()).isEmpty();
    }
    assertThat(other).isEmptyDirectory();
  }

  /** A JVM that opens a directory, says how that went, and holds it until it is killed. */
  private static Process child(Path directory) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Opener.class.getName(),
            directory.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** The child's main class. */
  public static final class Opener {
    private Opener() {}

    public static void main(String[] args) throws IOException {
      try {
        DirectoryStorage.open(Path.of(args[0]));
      } catch (LogLockedException e) {
        System.out.println(e.getClass().getSimpleName() + " " + e.getMessage());
        return;
      }
      System.out.println("open");
      System.in.read();
    }
  }

  @Test
  void aClosedStorageLetsTheNextOneIn() throws IOException {
    Path other = root.resolve("other");
    for (int i = 0; i < 3; i++) {
      Storage storage = DirectoryStorage.open(other);
      storage.close();
      try (Storage next = DirectoryStorage.open(other)) {
        storage.close();
        assertThatThrownBy(() -> DirectoryStorage.open(other))
            .isInstanceOf(LogLockedException.class);
        assertThat(next.list()).isEmpty();
      }
    }
  }

  /** The directories that opening one forces. */
  private List<Path> forcedBy(Path opened) {
    List<Path> forced = new ArrayList<>();
    DirectoryStorage.open(
            opened,
            parent -> {
              assertThat(opened).as("it is there before its name is forced").isDirectory();
              forced.add(root.toRealPath().relativize(parent.toRealPath()));
            })
        .close();
    return forced;
  }

  @Test
  void theNamesOfNewDirectoriesAreForcedOnEveryLevelAndThatOfAnEmptyOneAgain() throws IOException {
    Path above = Path.of("");
    assertThat(forcedBy(root.resolve("new"))).containsExactly(above);
    assertThat(forcedBy(root.resolve("new"))).containsExactly(above);
    assertThat(forcedBy(root.resolve("new/a/b/c")))
        .containsExactlyInAnyOrder(Path.of("new"), Path.of("new/a"), Path.of("new/a/b"));
    assertThat(forcedBy(root.resolve("new/../d/e"))).containsExactlyInAnyOrder(above, Path.of("d"));
    Files.createSymbolicLink(root.resolve("link"), Files.createDirectories(root.resolve("f/g")));
    assertThat(forcedBy(root.resolve("link"))).containsExactly(Path.of("f"));
    assertThat(forcedBy(root.resolve("link/h"))).containsExactly(Path.of("f/g"));
    assertThat(forcedBy(root.resolve("f"))).as("it holds something").isEmpty();
  }

  @Test
  void aDirectoryWhoseNameCannotBeForcedIsRefusedAndLeavesNoLock() {
    Path other = root.resolve("other");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() ->
              DirectoryStorage.open(
                  other,
                  _ -> {
                    throw new IOException("Input/output error");
                  }))
          .isInstanceOf(LogDirectoryException.class)
          .hasMessageContaining("Input/output error");
    }
    assertThat(other).isEmptyDirectory();
    DirectoryStorage.open(other).close();
  }

  @Test
  void aThreadThatIsInterruptedOpensAllTheSame() throws IOException {
    Thread.currentThread().interrupt();
    try (Storage storage = DirectoryStorage.open(root.resolve("other"))) {
      assertThat(storage.list()).isEmpty();
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  /** Interrupts a thread again and again while it does something. */
  private static void underInterrupts(StorageAction action) throws Exception {
    Thread victim = Thread.currentThread();
    AtomicBoolean done = new AtomicBoolean();
    Thread disturber =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.get()) {
                victim.interrupt();
                LockSupport.parkNanos(20_000);
              }
            });
    try {
      action.run();
    } finally {
      done.set(true);
      while (disturber.isAlive()) {
        Thread.onSpinWait(); // a join would end with the interrupt
      }
      assertThat(Thread.interrupted()).as("the status is kept").isTrue();
    }
  }

  /** What is done under interrupts. */
  @FunctionalInterface
  private interface StorageAction {
    void run() throws IOException;
  }

  @Test
  void noInterruptBreaksOffAForce() throws Exception {
    int bytes = 256 << 10;
    Path other = root.resolve("other");
    try (Storage storage = DirectoryStorage.open(other);
        StorageFile file = storage.create("a");
        Arena arena = Arena.ofShared()) {
      file.reserve(0, bytes, bytes);
      MemorySegment mapped = file.map(Access.READ_WRITE, bytes, arena);
      Files.delete(other.resolve("a")); // a force that was broken off could not be made again
      underInterrupts(() -> {
        for (int i = 1; i <= 50; i++) {
          mapped.fill((byte) i);
          file.force();
        }
      });
    }
  }

  @Test
  void aFileIsNoDirectory() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "x");
    assertThatThrownBy(() -> DirectoryStorage.open(file))
        .isInstanceOf(LogDirectoryException.class)
        .hasMessageContaining("expected a directory");
    assertThatThrownBy(() -> DirectoryStorage.open(file.resolve("below")))
        .isInstanceOf(LogDirectoryException.class);
    assertThat(Files.readString(file)).isEqualTo("x");
  }

  @Test
  void aDirectoryThatMayNotBeWrittenIsRefused() throws IOException {
    Path sealed = Files.createDirectories(root.resolve("sealed"));
    Files.setPosixFilePermissions(sealed, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeTrue(!Files.isWritable(sealed), "the superuser may write anywhere");
    assertThatThrownBy(() -> DirectoryStorage.open(sealed))
        .isInstanceOf(LogDirectoryException.class);
  }
}
