package dev.varve.log;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;

/**
 * Those who wait for the durable end against those who move it, or give up. Nobody is forgotten.
 */
public class DurableEndRaces {
  private static final int REACHED = 1;
  private static final int FAILED = 2;

  private DurableEndRaces() {}

  private static int outcomeOf(CompletableFuture<Void> future) {
    try {
      future.join();
      return REACHED;
    } catch (CompletionException e) {
      return FAILED;
    }
  }

  /** A waiter for 1 and a waiter for 2, while the end moves to 1 and then all is given up. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "the first was reached, the second given up")
  @State
  public static class WaitersAgainstMoveThenFail {
    private final DurableEnd end = new DurableEnd(0);
    private final CompletableFuture<Void> early = end.whenReached(1);
    private CompletableFuture<Void> late = new CompletableFuture<>();

    public WaitersAgainstMoveThenFail() {}

    @Actor
    public void keeper() {
      end.moveTo(1);
      end.fail(new IllegalStateException("given up"));
    }

    @Actor
    public void waiter() {
      late = end.whenReached(2);
    }

    @Arbiter
    public void afterwards(II_Result result) {
      result.r1 = outcomeOf(early);
      result.r2 = outcomeOf(late);
    }
  }

  /** A waiter against a move and a failure that come from two threads. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = ACCEPTABLE,
      desc = "the move came before the failure or the waiter")
  @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "the failure found the waiter")
  @State
  public static class WaiterAgainstMoveAgainstFail {
    private final DurableEnd end = new DurableEnd(0);
    private CompletableFuture<Void> future = new CompletableFuture<>();

    public WaiterAgainstMoveAgainstFail() {}

    @Actor
    public void waiter() {
      future = end.whenReached(1);
    }

    @Actor
    public void forcer() {
      end.moveTo(1);
    }

    @Actor
    public void closer() {
      end.fail(new IllegalStateException("given up"));
    }

    @Arbiter
    public void afterwards(II_Result result) {
      result.r1 = outcomeOf(future);
      result.r2 = (int) end.get();
    }
  }

  /** Two that move it: it never goes back. */
  @JCStressTest
  @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "whoever is first, the larger end stays")
  @State
  public static class MoveAgainstMove {
    private final DurableEnd end = new DurableEnd(0);

    public MoveAgainstMove() {}

    @Actor
    public void settle() {
      end.moveTo(1);
    }

    @Actor
    public void force(JJ_Result result) {
      end.moveTo(2);
      result.r1 = end.get();
    }

    @Arbiter
    public void afterwards(JJ_Result result) {
      result.r2 = end.get();
    }
  }
}
