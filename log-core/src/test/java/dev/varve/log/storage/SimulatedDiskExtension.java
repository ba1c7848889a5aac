package dev.varve.log.storage;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test a {@link SimulatedDisk} of its own, for tests of what embeds a log:
 *
 * {@snippet :
 * @ExtendWith(SimulatedDiskExtension.class)
 * class OrdersTest {
 *   @Test
 *   void anOrderThatWasConfirmedSurvivesAPowerLoss(SimulatedDisk disk) {
 *     try (Orders orders = new Orders(CommitLog.open(disk, LogOptions.defaults()))) {
 *       orders.confirm(order);
 *       try (Orders found =
 *           new Orders(CommitLog.open(disk.afterPowerLoss(), LogOptions.defaults()))) {
 *         assertTrue(found.has(order));
 *       }
 *     }
 *   }
 * }
 * }
 *
 * <p>After a test that passed, and its {@code @AfterEach} methods, nothing may hold the disk any
 * more: no log may be open, no file, and no reader that has memory of it mapped. After a test that
 * failed, the seed of its disk is printed. The system property {@value #SEED_PROPERTY} gives that
 * seed to the next run, so that {@link SimulatedDisk#afterPowerLoss()} loses the same again.
 *
 * <p>Thread safety: as JUnit asks for; tests may run at the same time.
 */
public final class SimulatedDiskExtension implements ParameterResolver, AfterEachCallback {
  /** The system property that sets the seed of all disks. */
  public static final String SEED_PROPERTY = "varve.disk.seed";

  private static final Namespace NAMESPACE = Namespace.create(SimulatedDiskExtension.class);

  /** For JUnit. */
  public SimulatedDiskExtension() {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == SimulatedDisk.class;
  }

  @Override
  public SimulatedDisk resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return test.getStore(NAMESPACE)
        .computeIfAbsent(SimulatedDisk.class, _ -> newDisk(), SimulatedDisk.class);
  }

  private static SimulatedDisk newDisk() {
    Long seed = Long.getLong(SEED_PROPERTY);
    return new SimulatedDisk(
        Path.of("simulated"), seed == null ? ThreadLocalRandom.current().nextLong() : seed);
  }

  @Override
  public void afterEach(ExtensionContext test) {
    SimulatedDisk disk = test.getStore(NAMESPACE).get(SimulatedDisk.class, SimulatedDisk.class);
    if (disk == null) {
      return;
    }
    if (test.getExecutionException().isPresent()) {
      System.err.println(
          test.getDisplayName() + " failed; replay with -D" + SEED_PROPERTY + "=" + disk.seed());
      return;
    }
    assertAll(
        "what holds the simulated disk after " + test.getDisplayName(),
        () -> assertFalse(disk.isLocked(), "a log is still open"),
        () -> assertEquals(0, disk.openFiles(), "open files"),
        () -> assertEquals(0, disk.mappings(), "mappings"));
  }
}
