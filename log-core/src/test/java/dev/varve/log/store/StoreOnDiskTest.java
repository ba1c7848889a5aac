package dev.varve.log.store;

import static dev.varve.log.store.StoreFixture.ORDERS;
import static dev.varve.log.store.StoreFixture.append;
import static dev.varve.log.store.StoreFixture.valuesIn;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.error.LogLockedException;
import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.store.ProcessLimit.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores in real directories, with threads of their own. */
class StoreOnDiskTest {
  @TempDir private Path parent;

  private Path data() {
    return parent.resolve("data");
  }

  /** Those of this test: others may run at the same time. */
  private long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(this::leadsHere).count();
    }
  }

  private boolean leadsHere(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).startsWith(parent.toRealPath());
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  private long mappings() throws IOException {
    String here = parent.toRealPath().toString();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"), ISO_8859_1)) {
      return lines.filter(line -> line.contains(here)).count();
    }
  }

  private long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().contains(data().toString()))
        .count();
  }

  @Test
  void nothingIsLeftAfterTheClose() throws IOException {
    assumeTrue(Files.exists(Path.of("/proc/self/maps")));
    Maintenance idle = Maintenance.byCaller(() -> 0); // a thread opens files for a moment
    LogStoreOptions options = LogStoreOptions.builder().threads(4).maintenance(idle).build();
    LogStore store = LogStore.open(data(), options);
    for (int i = 0; i < 20; i++) {
      append(store.create(new TopicPartition("topic", i)), "a", "b");
    }
    assertThat(descriptors()).isEqualTo(20 * LimitGuard.DESCRIPTORS_PER_LOG + 1);
    assertThat(mappings()).as("more once space is prepared").isBetween(20L, 40L);
    store.delete(new TopicPartition("topic", 3));
    store.close();
    assertThat(descriptors()).isZero();
    assertThat(mappings()).isZero();

    try (LogStore again = LogStore.open(data(), options)) {
      assertThat(again.openReport().opened()).isEqualTo(19);
      assertThat(again.openReport().closedInOrder()).isTrue();
      for (TopicPartition partition : again.partitions()) {
        assertThat(valuesIn(again.log(partition))).containsExactly("a", "b");
      }
    }
    assertThat(descriptors() + mappings()).isZero();
  }

  @Test
  void allLogsHaveOneThreadWhichEndsAtTheClose() {
    LogStore store = LogStore.open(data());
    for (int i = 0; i < 3; i++) {
      append(store.create(new TopicPartition("topic", i)), "a");
    }
    assertThat(threads()).isEqualTo(1);
    store.close();
    assertThat(threads()).isZero();
  }

  @Test
  void filesOfADeletedLogGo() throws IOException {
    try (Maintenance maintenance = Maintenance.byCaller(() -> 0);
        LogStore store =
            LogStore.open(data(), LogStoreOptions.builder().maintenance(maintenance).build())) {
      append(store.create(ORDERS), "a");
      Files.createDirectory(data().resolve("orders-0/set-aside-1"));
      Files.writeString(data().resolve("orders-0/set-aside-1/file"), "x");
      store.delete(ORDERS);
      for (int i = 0; i < 10; i++) {
        maintenance.runOnce();
      }
      assertThat(directories()).isEmpty();
    }
  }

  private List<Path> directories() throws IOException {
    try (Stream<Path> entries = Files.list(data())) {
      return entries.filter(Files::isDirectory).toList();
    }
  }

  @Test
  void oneStoreForADirectory() throws IOException {
    LogStore store = LogStore.open(data());
    assertThatThrownBy(() -> LogStore.open(data())).isInstanceOf(LogLockedException.class);
    store.close();
    LogStore.open(data()).close();
    assertThat(data().resolve(".lock")).as("as Kafka leaves it").exists();

    Path file = Files.writeString(parent.resolve("file"), "");
    assertThatThrownBy(() -> LogStore.open(file)).isInstanceOf(LogDirectoryException.class);
    assertThat(threads()).isZero();
  }

  @Test
  void theNamesInADataDirectoryAreSeenFromOutside() throws IOException {
    assertThat(StoreListing.of(data())).isEmpty();
    try (LogStore store = LogStore.open(data())) {
      store.create(ORDERS);
      Files.createDirectory(data().resolve("lost+found"));
      StoreListing listing = StoreListing.of(data()).orElseThrow();
      assertThat(listing.logs()).containsExactly(ORDERS);
      assertThat(listing.others()).containsExactly("lost+found");
      assertThat(StoreListing.of(listing.directory(ORDERS))).as("a log is no store").isEmpty();
    }
    assertThat(StoreListing.of(parent)).as("neither is any other directory").isEmpty();
  }

  @Test
  void theSystemTellsItsLimits() throws IOException {
    Path proc = Files.createDirectories(parent.resolve("proc"));
    List<ProcessLimit> unknown = new ProcFileSystem(proc).limits();
    assertThat(unknown).extracting(ProcessLimit::max).containsOnly(Long.MAX_VALUE);
    assertThat(unknown).noneMatch(ProcessLimit::isNear);

    Files.createDirectories(proc.resolve("self/fd/0"));
    Files.createDirectories(proc.resolve("sys/vm"));
    Files.writeString(
        proc.resolve("self/limits"),
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             63467                63467                processes
        Max open files            1024                 524288               files
        """);
    Files.write(proc.resolve("self/maps"), "1 /a\u00ff\n2 /b\n".getBytes(ISO_8859_1));
    Files.writeString(proc.resolve("sys/vm/max_map_count"), "65530\n");
    assertThat(new ProcFileSystem(proc).limits())
        .containsExactly(
            new ProcessLimit(Resource.FILE_DESCRIPTORS, 1, 0, 1024),
            new ProcessLimit(Resource.MAPPINGS, 2, 0, 65530));
  }

  @Test
  void theLimitsOfThisProcessAreKnownOnLinux() {
    assumeTrue(Files.exists(Path.of("/proc/self/limits")));
    assertThat(ProcFileSystem.ofThisProcess().limits())
        .allMatch(limit -> limit.used() > 0 && limit.max() < Long.MAX_VALUE);
  }
}
