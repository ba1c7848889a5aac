package dev.varve.log.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.storage.StorageFile.Access;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link Storage} does. */
@Timeout(60)
abstract class StorageContract {
  private Storage storage;

  /** An empty one. */
  abstract Storage newStorage() throws IOException;

  @BeforeEach
  void open() throws IOException {
    storage = newStorage();
  }

  @AfterEach
  void close() throws IOException {
    assertThat(Thread.interrupted()).as("an interrupt was left").isFalse();
    storage.close();
  }

  private static MemorySegment bytes(String text) {
    return MemorySegment.ofArray(text.getBytes(UTF_8));
  }

  private void write(String name, String text) throws IOException {
    try (StorageFile file = storage.create(name)) {
      file.write(0, bytes(text));
    }
  }

  private String read(String name) throws IOException {
    try (StorageFile file = storage.open(name)) {
      MemorySegment target = MemorySegment.ofArray(new byte[(int) file.size()]);
      assertThat(file.read(0, target)).isEqualTo(target.byteSize());
      return new String(target.toArray(ValueLayout.JAVA_BYTE), UTF_8);
    }
  }

  @Test
  void filesAreCreatedListedRenamedAndDeleted() throws IOException {
    assertThat(storage.list()).isEmpty();
    write("b", "bee");
    write("a", "ay");
    assertThat(storage.list()).containsExactly("a", "b");
    assertThat(storage.exists("a")).isTrue();
    assertThat(storage.size("b")).isEqualTo(3);
    storage.rename("b", "c");
    storage.rename("a", "c");
    assertThat(storage.list()).containsExactly("c");
    assertThat(read("c")).isEqualTo("ay");
    write("c", "");
    assertThat(storage.size("c")).isZero();
    storage.delete("c");
    storage.delete("c");
    assertThat(storage.exists("c")).isFalse();
    assertThat(storage.list()).isEmpty();
    storage.forceDirectory();
  }

  @Test
  void aFileThatIsNotThereIsAnError() {
    assertThatThrownBy(() -> storage.open("none")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> storage.size("none")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> storage.rename("none", "a")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> storage.lastModifiedMillis("none")).isInstanceOf(IOException.class);
  }

  @Test
  void readsEndWithTheFileAndWritesExtendIt() throws IOException {
    try (StorageFile file = storage.create("a")) {
      assertThat(file.name()).isEqualTo("a");
      file.write(3, bytes("def"));
      MemorySegment target = MemorySegment.ofArray(new byte[10]);
      assertThat(file.read(0, target)).isEqualTo(6);
      assertThat(target.asSlice(0, 6).toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(new byte[] {0, 0, 0, 'd', 'e', 'f'});
      assertThat(file.read(4, target)).isEqualTo(2);
      assertThat(file.read(6, target)).isZero();
      assertThat(file.read(600, target)).isZero();
      assertThat(file.size()).isEqualTo(6);
    }
  }

  @Test
  void reservedSpaceIsZerosBehindWhatWasThere() throws IOException {
    try (StorageFile file = storage.create("a")) {
      file.write(0, bytes("abc"));
      file.reserve(3, 10_000, 4096);
      assertThat(file.size()).isEqualTo(10_000);
      byte[] expected = Arrays.copyOf("abc".getBytes(UTF_8), 10_000);
      MemorySegment target = MemorySegment.ofArray(new byte[10_000]);
      file.read(0, target);
      assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
      file.write(9_000, bytes("x"));
      file.reserve(8_000, 9_500, 1 << 20);
      file.read(0, target);
      assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
      assertThat(file.size()).isEqualTo(10_000);
      file.truncate(3);
      file.truncate(3);
      assertThat(file.size()).isEqualTo(3);
    }
    assertThat(read("a")).isEqualTo("abc");
  }

  @Test
  void aMappingAndTheFileShowTheSameBytesAndItOutlivesTheFileObject() throws IOException {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment mapped;
      try (StorageFile file = storage.create("a")) {
        assertThat(file.map(Access.READ, 0, arena).byteSize()).isZero();
        mapped = file.map(Access.READ_WRITE, 100, arena);
        assertThat(file.size()).isEqualTo(100);
        file.reserve(0, 100, 4096);
        mapped.set(ValueLayout.JAVA_BYTE, 50, (byte) 7);
        file.force();
        MemorySegment target = MemorySegment.ofArray(new byte[1]);
        file.read(50, target);
        assertThat(target.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
        file.write(50, MemorySegment.ofArray(new byte[] {8}));
      }
      assertThat(mapped.get(ValueLayout.JAVA_BYTE, 50)).isEqualTo((byte) 8);
      mapped.set(ValueLayout.JAVA_BYTE, 51, (byte) 9);
    }
    assertThat(read("a").charAt(51)).isEqualTo((char) 9);
  }

  @Test
  void aFileObjectGoesOnWithItsFileWhenThatIsRenamedOrDeleted() throws IOException {
    try (StorageFile file = storage.create("a")) {
      file.write(0, bytes("abc"));
      storage.rename("a", "b");
      file.write(3, bytes("d"));
      assertThat(read("b")).isEqualTo("abcd");
      storage.delete("b");
      assertThat(file.size()).isEqualTo(4);
    }
  }

  @Test
  void aCreateEmptiesTheFileThatIsThereUnderAllItsOpenObjects() throws IOException {
    try (StorageFile first = storage.create("a")) {
      first.write(0, bytes("abc"));
      try (StorageFile second = storage.create("a")) {
        assertThat(first.size()).isZero();
        second.write(0, bytes("de"));
      }
      assertThat(first.size()).isEqualTo(2);
    }
    assertThat(read("a")).isEqualTo("de");
  }

  @Test
  void theBytesOfACutFileAreZerosWhenItGrowsAgain() throws IOException {
    try (StorageFile file = storage.create("a")) {
      file.write(0, bytes("abcdef"));
      file.truncate(2);
      file.reserve(2, 4, 4096);
      file.write(5, bytes("x"));
      file.truncate(100);
      assertThat(file.size()).isEqualTo(6);
    }
    assertThat(read("a")).isEqualTo("ab\0\0\0x");
  }

  @Test
  void filesAndStoragesCanBeClosedTwice() throws IOException {
    StorageFile file = storage.create("a");
    file.close();
    file.close();
    storage.close();
    storage.close();
  }

  @Test
  void aMappingOutlivesTheNameAndTheFileThatTookIt() throws IOException {
    try (Arena arena = Arena.ofShared()) {
      write("a", "old");
      MemorySegment mapped;
      try (StorageFile file = storage.open("a")) {
        mapped = file.map(Access.READ, 3, arena);
      }
      write("b", "new");
      storage.rename("b", "a");
      storage.delete("a");
      assertThat(mapped.toArray(ValueLayout.JAVA_BYTE)).isEqualTo("old".getBytes(UTF_8));
      assertThat(mapped.isReadOnly()).isTrue();
    }
  }

  @Test
  void theTimeOfAFileCanBeSet() throws IOException {
    write("a", "abc");
    storage.setLastModifiedMillis("a", 1_234_567_000L);
    assertThat(storage.lastModifiedMillis("a")).isEqualTo(1_234_567_000L);
  }

  @Test
  void bytesAreTransferred() throws IOException {
    write("a", "abcdef");
    try (StorageFile file = storage.open("a")) {
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      assertThat(file.transferTo(1, 3, Channels.newChannel(sent))).isEqualTo(3);
      assertThat(sent.toString(UTF_8)).isEqualTo("bcd");
    }
  }

  /** All calls, with the interrupt status asserted after each. */
  private void doEverything(String name, Runnable after) throws IOException {
    try (Arena arena = Arena.ofShared();
        StorageFile file = storage.create(name)) {
      after.run();
      file.write(0, bytes("abc"));
      after.run();
      file.reserve(3, 8192, 4096);
      after.run();
      file.map(Access.READ_WRITE, 8192, arena).set(ValueLayout.JAVA_BYTE, 3, (byte) 'd');
      after.run();
      file.force();
      after.run();
      MemorySegment target = MemorySegment.ofArray(new byte[4]);
      assertThat(file.read(0, target)).isEqualTo(4);
      assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo("abcd".getBytes(UTF_8));
      after.run();
      assertThat(file.size()).isEqualTo(8192);
      after.run();
    }
    try (StorageFile file = storage.open(name)) {
      file.truncate(4);
      after.run();
    }
    storage.rename(name, name + "2");
    after.run();
    assertThat(storage.list()).contains(name + "2");
    assertThat(storage.size(name + "2")).isEqualTo(4);
    after.run();
    storage.forceDirectory();
    after.run();
    storage.delete(name + "2");
    after.run();
  }

  @Test
  void anInterruptedThreadsCallsCompleteAndKeepTheStatus() throws IOException {
    Thread.currentThread().interrupt();
    doEverything("a", () -> assertThat(Thread.currentThread().isInterrupted()).isTrue());
    assertThat(Thread.interrupted()).isTrue();
    doEverything("a", () -> assertThat(Thread.currentThread().isInterrupted()).isFalse());
  }

  @Test
  void interruptsInTheMidstOfCallsDisturbNone() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Thread victim = Thread.currentThread();
    Thread disturber =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.get()) {
                victim.interrupt();
                LockSupport.parkNanos(50_000);
              }
            });
    try (StorageFile shared = storage.create("shared")) {
      Thread other =
          Thread.ofPlatform()
              .start(() -> {
                while (!done.get()) {
                  try {
                    shared.write(0, bytes("other"));
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }
              });
      for (int i = 0; i < 30; i++) {
        doEverything("a", () -> {});
        shared.write(5, bytes("victim"));
        assertThat(shared.size()).isEqualTo(11);
      }
      done.set(true);
      while (disturber.isAlive() || other.isAlive()) {
        Thread.onSpinWait(); // a join would end with the interrupt
      }
      assertThat(Thread.interrupted()).isTrue();
      assertThat(read("shared")).isEqualTo("othervictim");
    } finally {
      done.set(true);
      Thread.interrupted();
    }
  }
}
