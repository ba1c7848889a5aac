package dev.varve.log.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.AgentTerminationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a round does, on a clock of the test's. */
class MaintenanceTest {
  private long nowMillis = 1_000_000;
  private long nowNanos;
  private final Maintenance maintenance = Maintenance.byCaller(() -> nowMillis, () -> nowNanos);

  /** When a task was asked, in milliseconds since the beginning. */
  private final List<Long> asked = new ArrayList<>();

  private final TestTask task = new TestTask("task");

  /** Asks for a round each millisecond. */
  private void run(long millis) {
    for (long end = nowMillis + millis; nowMillis < end; nowMillis++) {
      maintenance.runOnce();
    }
  }

  private final class TestTask implements MaintenanceTask {
    private final String name;
    private final List<Throwable> heard = new ArrayList<>();
    private Work work = () -> 0;
    private long idleMillisMax = IDLE_MILLIS_MAX_DEFAULT;
    private long backlog;
    private int steps;

    TestTask(String name) {
      this.name = name;
    }

    @Override
    public int doWork() throws Exception {
      steps++;
      asked.add(nowMillis - 1_000_000);
      return work.step();
    }

    @Override
    public String roleName() {
      return name;
    }

    @Override
    public String subject() {
      return "orders-0";
    }

    @Override
    public long backlog() {
      return backlog;
    }

    @Override
    public long idleMillisMax() {
      return idleMillisMax;
    }

    @Override
    public void onFailure(Throwable failure) {
      heard.add(failure);
      throw new IllegalStateException("a listener that throws");
    }
  }

  private interface Work {
    int step() throws Exception;
  }

  private static Work failing(String how) {
    return switch (how) {
      case "disk" ->
          () -> {
            throw new IOException("failed");
          };
      case "bug" ->
          () -> {
            throw new IllegalStateException("failed");
          };
      default ->
          () -> {
            throw new OutOfMemoryError("failed");
          };
    };
  }

  @Test
  void aTaskWithoutWorkIsAskedLessAndLessOftenUpToWhatItAllows() {
    task.idleMillisMax = 10;
    maintenance.add(task);
    run(60);
    assertThat(asked).startsWith(0L, 1L, 3L, 7L, 15L, 25L, 35L, 45L);
  }

  @Test
  void aTaskWhoseTimeCannotBeToldIsAskedAgainLater() {
    boolean[] broken = new boolean[1];
    Maintenance fragile =
        Maintenance.byCaller(
            () -> nowMillis,
            () -> {
              if (broken[0]) {
                throw new IllegalStateException("no clock");
              }
              return nowNanos;
            });
    fragile.add(task);
    broken[0] = true;
    assertThatThrownBy(fragile::runOnce).hasMessage("no clock");
    broken[0] = false;
    assertThat(task.steps).isZero();
    nowMillis += ScheduledTask.BACK_OFF_MILLIS_MAX - 1;
    fragile.runOnce();
    assertThat(task.steps).isZero();
    nowMillis++;
    fragile.runOnce();
    assertThat(task.steps).isEqualTo(1);
  }

  @Test
  void aTaskThatIsToBeAskedAlwaysIsAskedInEachRound() {
    task.idleMillisMax = 0;
    maintenance.add(task);
    run(5);
    assertThat(asked).containsExactly(0L, 1L, 2L, 3L, 4L);
  }

  @Test
  void aTaskWithWorkIsAskedInEachRoundAndOnceOnly() {
    task.work = () -> 3;
    maintenance.add(task);
    assertThat(maintenance.runOnce()).isEqualTo(3);
    assertThat(maintenance.runOnce()).isEqualTo(3);
    assertThat(task.steps).isEqualTo(2);
  }

  @Test
  void workEndsThePausesAndTheyBeginShortAgain() {
    maintenance.add(task);
    run(50);
    task.work = () -> 1;
    run(20);
    task.work = () -> 0;
    asked.clear();
    long since = nowMillis - 1_000_000;
    run(10);
    assertThat(asked).startsWith(since, since + 1, since + 3, since + 7);
  }

  @Test
  void aWakeEndsAPauseWithoutWorkAndOneAfterAFailure() {
    ScheduledTask scheduled = maintenance.add(task);
    run(200);
    int before = task.steps;
    scheduled.wake();
    scheduled.wake();
    maintenance.runOnce();
    maintenance.runOnce();
    assertThat(task.steps).isEqualTo(before + 1);

    task.work = failing("bug");
    run(100);
    before = task.steps;
    scheduled.wake();
    maintenance.runOnce();
    assertThat(task.steps).isEqualTo(before + 1);
  }

  @Test
  void aTaskThatIsWokenDuringItsStepHasAnotherInTheNextRound() {
    List<ScheduledTask> self = new ArrayList<>();
    task.work =
        () -> {
          self.forEach(ScheduledTask::wake);
          return 0;
        };
    self.add(maintenance.add(task));
    maintenance.runOnce();
    assertThat(task.steps).isEqualTo(1);
    maintenance.runOnce();
    assertThat(task.steps).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"disk", "bug", "error"})
  void aTaskThatFailsIsToldAndTriedLessOftenUntilItSucceeds(String how) {
    ScheduledTask scheduled = maintenance.add(task);
    task.work = failing(how);
    run(3000);
    assertThat(task.steps).isEqualTo(12);
    assertThat(asked).startsWith(0L, 1L, 3L, 7L, 15L).contains(1023L, 2047L);
    assertThat(task.heard).hasSize(12).allMatch(failure -> "failed".equals(failure.getMessage()));
    assertThat(scheduled.status().failuresInARow()).isEqualTo(12);

    task.work = () -> 7;
    run(1024);
    assertThat(scheduled.status().failuresInARow()).isZero();
    assertThat(scheduled.status().lastFailure()).hasMessage("failed");
    asked.clear();
    task.work = failing(how);
    run(4);
    assertThat(asked).as("the pauses are short again").hasSize(3);
  }

  @Test
  void aTaskThatFailsKeepsNoOtherFromItsWork() {
    TestTask other = new TestTask("other");
    other.work = () -> 1;
    task.work = failing("error");
    maintenance.add(task);
    maintenance.add(other);
    run(100);
    assertThat(other.steps).isEqualTo(100);
  }

  @Test
  void aTaskThatHasAlwaysWorkKeepsNoOtherFromIts() {
    TestTask other = new TestTask("other");
    other.work = () -> 1;
    task.work = () -> 1_000_000_000;
    maintenance.add(task);
    maintenance.add(other);
    for (int round = 0; round < 100; round++) {
      assertThat(maintenance.runOnce()).isEqualTo(1_000_000_001);
    }
    assertThat(other.steps).isEqualTo(100);
    assertThat(task.steps).isEqualTo(100);
  }

  @Test
  void aTaskThatSaysItIsOverIsAskedNoMoreAndTheOthersAre() {
    TestTask other = new TestTask("other");
    other.work = () -> 1;
    task.work =
        () -> {
          throw new AgentTerminationException("closed");
        };
    ScheduledTask ended = maintenance.add(task);
    maintenance.add(other);
    run(100);
    ended.wake();
    run(100);
    assertThat(task.steps).isEqualTo(1);
    assertThat(task.heard).isEmpty();
    assertThat(ended.status().ended()).isTrue();
    assertThat(other.steps).isEqualTo(200);
  }

  @Test
  void aTaskThatWasTakenOutIsAskedNoMore() {
    task.work = () -> 1;
    ScheduledTask scheduled = maintenance.add(task);
    run(3);
    scheduled.close();
    scheduled.close();
    scheduled.wake();
    run(3);
    assertThat(task.steps).isEqualTo(3);
    assertThat(maintenance.status()).isEmpty();
  }

  @Test
  void aTaskMayTakeItselfOut() {
    List<ScheduledTask> self = new ArrayList<>();
    task.work =
        () -> {
          self.forEach(ScheduledTask::close);
          return 1;
        };
    self.add(maintenance.add(task));
    run(3);
    assertThat(task.steps).isEqualTo(1);
    assertThat(maintenance.status()).isEmpty();
  }

  @Test
  void aTaskMayAddAnother() {
    TestTask other = new TestTask("other");
    task.work =
        () -> {
          if (other.steps == 0) {
            maintenance.add(other);
          }
          return 1;
        };
    maintenance.add(task);
    run(2);
    assertThat(other.steps).isPositive();
  }

  @Test
  void aClockThatIsSetBackKeepsNobodyWaiting() {
    maintenance.add(task);
    run(300);
    nowMillis -= 1_000_000;
    int before = task.steps;
    run(100);
    assertThat(task.steps).isGreaterThan(before);
  }

  @Test
  void theStatusTellsHowTasksFare() {
    task.work =
        () -> {
          nowNanos += 700;
          return 1;
        };
    task.backlog = 42;
    maintenance.add(task);
    maintenance.add(new TestTask("other"));
    assertThat(maintenance.status().getFirst())
        .isEqualTo(new TaskStatus("task", "orders-0", 0, -1, 42, 0, 0, null, false));
    maintenance.runOnce();
    task.work =
        () -> {
          nowNanos += 300;
          return 0;
        };
    nowMillis += 5;
    maintenance.runOnce();

    assertThat(maintenance.status().getFirst())
        .isEqualTo(new TaskStatus("task", "orders-0", 2, 1_000_005, 42, 700, 0, null, false));
    assertThat(maintenance.status().getLast().name()).isEqualTo("other");
  }

  /** A thousand logs with five tasks each: what a second of it costs is bounded. */
  @Test
  void idleTasksAreSeldomAsked() {
    List<TestTask> idle = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      TestTask another = new TestTask("idle " + i);
      maintenance.add(another);
      idle.add(another);
    }
    run(1000);
    int before = idle.stream().mapToInt(one -> one.steps).sum();
    run(1000);
    int inASecond = idle.stream().mapToInt(one -> one.steps).sum() - before;
    assertThat(inASecond).isBetween(5000 * 9, 5000 * 11);
  }

  @Test
  void afterTheCloseNothingIsDone() {
    task.work = () -> 1;
    maintenance.add(task);
    run(1);
    maintenance.close();
    maintenance.close();
    assertThat(maintenance.runOnce()).isZero();
    assertThat(task.steps).isEqualTo(1);
    assertThatThrownBy(() -> maintenance.add(task))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("maintenance was closed, so that task cannot be added");
  }
}
