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

  @Test
  void aFaultThatGoesOnIsMetByEachOperationOfItsKindUntilItIsHealed() throws IOException {
    StorageFile file = create("a", "text");
    disk.faults().failFrom(0, Fault.EMFILE);
    assertThatThrownBy(() -> disk.create("b")).hasMessageContaining("Too many open files");
    assertThatThrownBy(() -> disk.open("a")).hasMessageContaining("Too many open files");
    file.force();
    disk.faults().heal();
    disk.open("a").close();
    assertThat(disk.faults().metAt()).isPositive();
  }

  @Test
  void aDirectoryForceThatFailsHasLostTheNamesThoughTheNextSucceeds() throws IOException {
    create("a", "text").force();
    disk.forceDirectory();
    create("b", "text").force();
    disk.faults().failAt(0, Fault.EIO_ON_FORCE_DIRECTORY);
    assertThatThrownBy(disk::forceDirectory).hasMessageContaining("Input/output error");
    disk.forceDirectory();
    assertThat(survivals("b")).containsExactly("no file");
    assertThat(disk.list()).containsExactly("a");
  }

  @Test
  void aShortWriteWritesHalf() throws IOException {
    StorageFile file = create("a", "");
    disk.faults().failAt(0, Fault.SHORT_WRITE);
    assertThatThrownBy(() -> file.write(0, MemorySegment.ofArray("text".getBytes(US_ASCII))))
        .hasMessageContaining("Input/output error");
    assertThat(disk.contents().get("a")).asString(US_ASCII).isEqualTo("te");
  }

  @Test
  void aDiskHasRoomAgainWhenAFileIsDeletedAndNobodyHoldsIt() throws IOException {
    disk.setCapacityBytes(8192);
    StorageFile a = create("a", "x".repeat(4097));
    assertThat(disk.usedBytes()).isEqualTo(8192);
    StorageFile b = disk.create("b");
    assertThatThrownBy(() -> b.reserve(0, 1, 4096)).hasMessageContaining("No space left on device");
    assertThatThrownBy(() -> a.write(8000, MemorySegment.ofArray(new byte[200])))
        .hasMessageContaining("No space left on device");
    assertThat(a.size()).isEqualTo(8192);
    a.write(0, MemorySegment.ofArray(new byte[8192]));

    disk.delete("a");
    assertThatThrownBy(() -> b.reserve(0, 1, 4096)).hasMessageContaining("No space left on device");
    try (Arena arena = Arena.ofConfined()) {
      a.map(Access.READ, 1, arena);
      a.close();
      assertThatThrownBy(() -> b.reserve(0, 1, 4096))
          .hasMessageContaining("No space left on device");
    }
    b.reserve(0, 8192, 4096);
    b.truncate(0);
    create("c", "text");
  }

  @Test
  void aReadMayBeStaleOrHaveAFlippedBitOnce() throws IOException {
    StorageFile file = create("a", "old");
    file.force();
    file.write(0, MemorySegment.ofArray("new".getBytes(US_ASCII)));
    file.force();
    disk.faults().failAt(0, Fault.STALE_READ);
    assertThat(read(file)).isEqualTo("old");
    disk.faults().failAt(0, Fault.BIT_FLIP_ON_READ);
    assertThat(read(file)).isEqualTo("ndw");
    assertThat(read(file)).isEqualTo("new");
  }

  private static String read(StorageFile file) throws IOException {
    MemorySegment target = MemorySegment.ofArray(new byte[3]);
    file.read(0, target);
    return new String(target.toArray(ValueLayout.JAVA_BYTE), US_ASCII);
  }

  @Test
  void damageIsThereForGood() throws IOException {
    StorageFile file = create("a", "o".repeat(5000));
    file.force();
    file.write(0, MemorySegment.ofArray("n".repeat(5000).getBytes(US_ASCII)));
    file.force();
    disk.forceDirectory();
    disk.makeStale("a", 4999);
    disk.flipBit("a", 0, 3);
    assertThat(survivals("a")).containsExactly("f" + "n".repeat(4095) + "o".repeat(904));
    disk.lose("a");
    assertThat(survivals("a")).containsExactly("no file");
    disk.put("a", "else".getBytes(US_ASCII));
    assertThat(survivals("a")).containsExactly("else");
  }

  @Test
  void withoutPowerNothingIsChangedAndNothingCounted() throws IOException {
    StorageFile file = create("a", "text");
    long operations = disk.faults().operations();
    disk.faults()
        .withoutPower(
            () -> assertThatThrownBy(() -> file.truncate(0)).isInstanceOf(PowerCutException.class));
    assertThat(disk.faults().operations()).isEqualTo(operations);
    assertThat(disk.faults().powerIsOut()).isFalse();
    assertThat(file.size()).isEqualTo(4);
  }

  @Test
  void whoHoldsTheDiskIsCounted() throws IOException {
    assertThat(disk.isLocked()).isFalse();
    StorageFile file = create("a", "text");
    disk.delete("a");
    assertThat(disk.isLocked()).isTrue();
    assertThat(disk.openFiles()).isEqualTo(1);
    file.close();
    file.close();
    disk.close();
    assertThat(disk.openFiles()).isZero();
    assertThat(disk.isLocked()).isFalse();
  }

  @Test
  void theSameSeedLosesTheSame() throws IOException {
    SimulatedDisk one = new SimulatedDisk(Path.of("simulated"), 7);
    SimulatedDisk two = new SimulatedDisk(Path.of("simulated"), one.seed());
    for (SimulatedDisk each : new SimulatedDisk[] {one, two}) {
      each.create("a").write(0, MemorySegment.ofArray("n".repeat(8192).getBytes(US_ASCII)));
    }
    Set<Integer> survivals = new HashSet<>();
    for (int i = 0; i < SEEDS; i++) {
      byte[] left = one.afterPowerLoss().contents().getOrDefault("a", new byte[0]);
      assertThat(two.afterPowerLoss().contents().getOrDefault("a", new byte[0])).isEqualTo(left);
      survivals.add(Arrays.hashCode(left));
    }
    assertThat(survivals).hasSizeGreaterThan(5);
  }
}
