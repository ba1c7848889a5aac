package dev.varve.log.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.LogReader;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** How those who embed a log test what they made of it, and what the extension notices. */
@ExtendWith(SimulatedDiskExtension.class)
class SimulatedDiskExtensionTest {
  private static final LogOptions OPTIONS =
      LogOptions.builder().ownMaintenanceThreads(false).build();

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  @Test
  void whatWasFlushedSurvivesAPowerLossAndWhatWasNotMay(SimulatedDisk disk) {
    try (CommitLog log = CommitLog.open(disk, OPTIONS)) {
      log.append(bytes("order 1"), bytes("confirmed"));
      log.flush();
      log.append(bytes("order 2"), bytes("not yet"));
      for (int i = 0; i < 20; i++) {
        try (CommitLog found = CommitLog.open(disk.afterPowerLoss(), OPTIONS);
            LogReader reader = found.reader(0)) {
          assertThat(reader.next()).isTrue();
          assertThat(reader.record().copyKey()).isEqualTo(bytes("order 1"));
          assertThat(found.offsets().endOffset()).isBetween(1L, 2L);
        }
      }
    }
  }

  @Test
  void aTestHasOneDiskOfItsOwn(SimulatedDisk disk, SimulatedDisk same) {
    assertThat(same).isSameAs(disk);
    assertThat(disk.contents()).isEmpty();
  }

  @Test
  void whatATestLeavesOpenIsNoticed() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(java.nio.file.Path.of("simulated"));
    StorageFile file = disk.create("a");
    ExtensionContext context = contextWith(disk);
    assertThatThrownBy(() -> new SimulatedDiskExtension().afterEach(context))
        .hasMessageContaining("a log is still open")
        .hasMessageContaining("open files");
    file.close();
    disk.close();
    new SimulatedDiskExtension().afterEach(context);
  }

  /** A context of a test that passed and had this disk. */
  private static ExtensionContext contextWith(SimulatedDisk disk) {
    ExtensionContext.Store store =
        proxy(ExtensionContext.Store.class, name -> name.equals("get") ? disk : null);
    return proxy(
        ExtensionContext.class,
        name ->
            switch (name) {
              case "getStore" -> store;
              case "getExecutionException" -> Optional.empty();
              case "getDisplayName" -> "a test";
              default -> null;
            });
  }

  private interface Answers {
    @Nullable Object to(String method);
  }

  private static <T> T proxy(Class<T> type, Answers answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, _) -> answers.to(method.getName())));
  }
}
