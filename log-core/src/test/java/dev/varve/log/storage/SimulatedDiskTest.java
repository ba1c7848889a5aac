package dev.varve.log.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.DiskFaults.PowerCutException;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the disk that all crash tests lean on does and does not keep. */
class SimulatedDiskTest {
  private static final int SEEDS = 64;

  private final SimulatedDisk disk = new SimulatedDisk(Path.of("simulated"));

  private StorageFile create(String name, String text) throws IOException {
    StorageFile file = disk.create(name);
    file.write(0, MemorySegment.ofArray(text.getBytes(US_ASCII)));
    return file;
  }

  private Set<String> survivals(String name) {
    Set<String> survivals = new HashSet<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      byte[] bytes = disk.afterPowerLoss(seed).contents().get(name);
      survivals.add(bytes == null ? "no file" : new String(bytes, US_ASCII));
    }
    return survivals;
  }

  @Test
  void whatWasForcedIsKeptByEverySeed() throws IOException {
    create("a", "text").force();
    disk.forceDirectory();
    assertThat(survivals("a")).containsExactly("text");
  }

  @Test
  void aNameIsLostOrKeptUntilTheDirectoryIsForced() throws IOException {
    create("a", "text").force();
    assertThat(survivals("a")).containsExactlyInAnyOrder("text", "no file");
  }

  @Test
  void bytesAreLostOrKeptUntilTheFileIsForced() throws IOException {
    StorageFile file = create("a", "old");
    file.force();
    disk.forceDirectory();
    file.write(0, MemorySegment.ofArray("new".getBytes(US_ASCII)));
    assertThat(survivals("a")).containsExactlyInAnyOrder("old", "new");
  }

  @Test
  void aStoreIntoAMappingIsAWriteThatWasNotForced() throws IOException {
    StorageFile file = create("a", "old");
    file.force();
    disk.forceDirectory();
    try (Arena arena = Arena.ofConfined()) {
      file.map(Access.READ_WRITE, 3, arena).set(ValueLayout.JAVA_BYTE, 0, (byte) 'c');
      assertThat(disk.mappings()).isEqualTo(1);
      assertThat(survivals("a")).containsExactlyInAnyOrder("old", "cld");
      file.force();
      assertThat(survivals("a")).containsExactly("cld");
    }
    assertThat(disk.mappings()).isZero();
  }

  @Test
  void aLargeWriteIsTornBetweenSectors() throws IOException {
    StorageFile file = create("a", "o".repeat(8192));
    file.force();
    disk.forceDirectory();
    file.write(0, MemorySegment.ofArray("n".repeat(8192).getBytes(US_ASCII)));
    assertThat(survivals("a"))
        .hasSizeGreaterThan(10)
        .allSatisfy(SimulatedDiskTest::hasWholeSectors);
  }

  private static void hasWholeSectors(String content) {
    for (int at = 0; at < content.length(); at += 512) {
      assertThat(content.substring(at, at + 512).chars().distinct().count()).isOne();
    }
  }

  @Test
  void aFileThatGrewMayHaveZerosOrNoise() throws IOException {
    StorageFile file = create("a", "");
    disk.forceDirectory();
    file.reserve(0, 512, 512);
    byte[] zeros = new byte[512];
    boolean zero = false;
    boolean noise = false;
    for (long seed = 0; seed < SEEDS; seed++) {
      byte[] bytes = disk.afterPowerLoss(seed).contents().getOrDefault("a", new byte[0]);
      if (bytes.length == 512) {
        zero |= Arrays.equals(bytes, zeros);
        noise |= !Arrays.equals(bytes, zeros);
      }
    }
    assertThat(zero).isTrue();
    assertThat(noise).isTrue();
  }

  @Test
  void aRenameIsKeptWholeOrNotAtAll() throws IOException {
    create("a", "new").force();
    create("b", "old").force();
    disk.forceDirectory();
    disk.rename("a", "b");
    for (long seed = 0; seed < SEEDS; seed++) {
      var contents = disk.afterPowerLoss(seed).contents();
      String b = new String(contents.getOrDefault("b", new byte[0]), US_ASCII);
      assertThat(b).isEqualTo(contents.containsKey("a") ? "old" : "new");
    }
  }

  @Test
  void aKillLosesNothing() throws IOException {
    create("a", "text");
    assertThat(disk.afterKill().contents().get("a")).asString(US_ASCII).isEqualTo("text");
  }

  @Test
  void afterThePowerIsCutNothingWorks() throws IOException {
    StorageFile file = create("a", "text");
    disk.faults().cutPowerAt(disk.faults().operations() + 2);
    file.force();
    assertThatThrownBy(file::force).isInstanceOf(PowerCutException.class);
    assertThatThrownBy(() -> disk.create("b")).isInstanceOf(PowerCutException.class);
    assertThat(disk.contents()).containsOnlyKeys("a");
  }

  @Test
  void aForceThatFailsHasLostThePagesThoughTheNextSucceeds() throws IOException {
    StorageFile file = create("a", "old");
    file.force();
    disk.forceDirectory();
    file.write(0, MemorySegment.ofArray("new".getBytes(US_ASCII)));
    disk.faults().failAt(0, Fault.EIO_ON_FORCE);
    assertThatThrownBy(file::force).hasMessageContaining("Input/output error");
    file.force();
    assertThat(survivals("a")).containsExactly("old");
  }

  @Test
  void aFaultIsMetOnceByAnOperationOfItsKind() throws IOException {
    disk.faults().failAt(0, Fault.FAILED_RENAME);
    create("a", "text").force();
    assertThatThrownBy(() -> disk.rename("a", "b")).hasMessageContaining("RENAME a");
    disk.rename("a", "b");
    assertThat(disk.list()).containsExactly("b");
  }
}
