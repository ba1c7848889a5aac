package dev.varve.log.storage;

import dev.varve.log.storage.SimulatedDisk.Operation;
import java.io.IOException;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong on a {@link SimulatedDisk}, and at which operation. Operations are counted from
 * 1, in the order in which they come; those that meet a power cut are not counted.
 *
 * <pre>
 *   failAt(7, EIO_ON_WRITE)     the first write from operation 7 on fails, and none after it
 *   failFrom(7, ENOSPC)         whatever needs room from operation 7 on fails, until heal()
 *   cutPowerAt(7)               operation 7 and all after it fail, until the power is restored
 * </pre>
 *
 * <p>Thread safety: operations are counted one at a time; set faults before the workload runs, or
 * between its calls.
 */
public final class DiskFaults {
  private long operations;
  private long powerCutAt = Long.MAX_VALUE;
  private boolean powerIsOut;
  private long faultAt = Long.MAX_VALUE;
  private @Nullable Fault fault;
  private boolean persistent;
  private long metAt;
  private BiPredicate<Operation, String> ignored = (_, _) -> false;
  private boolean full;
  private long millis;

  DiskFaults() {}

  /** A way to fail, and the kinds of operations that meet it. */
  public enum Fault {
    /** Every call fails, as if the disk was pulled out; forces lose their pages. */
    EIO("Input/output error", Operation.values()),
    /** Reading a file fails. */
    EIO_ON_READ("Input/output error", Operation.READ),
    /** A bit of what is read is not what was written, this once. */
    BIT_FLIP_ON_READ("", Operation.READ),
    /** What is read is what the file held before it was last forced, this once. */
    STALE_READ("", Operation.READ),
    /** Writing to a file fails, and nothing is written. */
    EIO_ON_WRITE("Input/output error", Operation.WRITE, Operation.RESERVE, Operation.TRUNCATE),
    /** Writing to a file fails when half of it is done. */
    SHORT_WRITE("Input/output error", Operation.WRITE),
    /** Forcing a file fails and loses its unforced pages; the next force will succeed. */
    EIO_ON_FORCE("Input/output error", Operation.FORCE),
    /** Forcing the directory fails and loses the changes of names; the next force will succeed. */
    EIO_ON_FORCE_DIRECTORY("Input/output error", Operation.FORCE_DIRECTORY),
    /** Mapping a file fails. */
    ENOMEM_ON_MAP("Cannot allocate memory", Operation.MAP),
    /** There is no room to make a file, or one larger. */
    ENOSPC("No space left on device", Operation.CREATE, Operation.WRITE, Operation.RESERVE),
    /** The file system has become read-only. Files are opened for writing, so that fails, too. */
    EROFS(
        "Read-only file system",
        Operation.CREATE,
        Operation.OPEN,
        Operation.RENAME,
        Operation.DELETE,
        Operation.WRITE,
        Operation.RESERVE,
        Operation.TRUNCATE),
    /** The process has no file descriptor left. */
    EMFILE("Too many open files", Operation.CREATE, Operation.OPEN),
    /** A rename fails and changes nothing. */
    FAILED_RENAME("Input/output error", Operation.RENAME),
    /** A delete fails and changes nothing. */
    FAILED_DELETE("Input/output error", Operation.DELETE);

    private final String message;

    @SuppressWarnings("ImmutableEnumChecker") // Set.of makes sets that do not change
    private final Set<Operation> operations;

    Fault(String message, Operation... operations) {
      this.message = message;
      this.operations = Set.of(operations);
    }

    private boolean isMetBy(Operation operation) {
      return operations.contains(operation);
    }

    /** Whether the call succeeds and lies, so that only checksums can tell. */
    public boolean isSilent() {
      return message.isEmpty();
    }
  }

  /** What an operation is to do. */
  enum Effect {
    /** What it says. */
    WHOLE,
    /** Nothing, and succeed. */
    NONE,
    /** Half of it, and fail. */
    HALF,
    /** Lose what was to be forced, and fail. */
    LOSE,
    /** Change a bit of the result. */
    FLIP,
    /** Give the older content as the result. */
    STALE
  }

  /** The operations so far. */
  public long operations() {
    return operations;
  }

  /** Cuts the power at an operation: that one and all later ones fail and change nothing. */
  public void cutPowerAt(long operation) {
    powerCutAt = operation;
  }

  /** Whether the power was cut. */
  public boolean powerIsOut() {
    return powerIsOut;
  }

  /**
   * Runs something that can change nothing on the disk: the close of a log, for example, whose
   * process is meant to have died.
   */
  public void withoutPower(Runnable action) {
    long at = powerCutAt;
    boolean out = powerIsOut;
    powerCutAt = 0;
    try {
      action.run();
    } finally {
      powerCutAt = at;
      powerIsOut = out;
    }
  }

  /** Fails once: at the first operation that can meet the fault, from this one on. */
  public void failAt(long operation, Fault kind) {
    set(operation, kind, false);
  }

  /** Fails from an operation on, at each that can meet the fault, until {@link #heal}. */
  public void failFrom(long operation, Fault kind) {
    set(operation, kind, true);
  }

  private void set(long operation, Fault kind, boolean goesOn) {
    faultAt = operation;
    fault = kind;
    persistent = goesOn;
    metAt = 0;
  }

  /** Ends the fault, and makes space. */
  public void heal() {
    fault = null;
    full = false;
  }

  /** The operation that was first to meet the fault; 0 if none has met it yet. */
  public long metAt() {
    return metAt;
  }

  /**
   * Has some operations succeed and do nothing, by their kind and the name of their file: defects
   * that a test must notice.
   */
  public void ignore(BiPredicate<Operation, String> which) {
    ignored = which;
  }

  /**
   * Fills the disk up, or makes space. For a disk that gets room when files are deleted, see {@link
   * SimulatedDisk#setCapacityBytes}.
   */
  public void setFull(boolean isFull) {
    full = isFull;
  }

  /** Time goes on with each change, so that no two look alike. */
  long nextMillis() {
    return ++millis;
  }

  /** Counts an operation that needs no room. */
  Effect operation(Operation operation, String name) throws IOException {
    return operation(operation, name, false);
  }

  /**
   * Counts an operation.
   *
   * @param needsRoom whether the file gets larger by it
   * @return what it is to do; if that is not the whole, the caller fails with {@link #error}
   * @throws IOException if it is to do nothing but fail
   */
  synchronized Effect operation(Operation operation, String name, boolean needsRoom)
      throws IOException {
    if (operations + 1 >= powerCutAt) {
      powerIsOut = true;
      throw new PowerCutException(operation + " " + name + ": the power is out");
    }
    operations++;
    Fault due = fault;
    if (due != null && operations >= faultAt && meets(operation, due, needsRoom)) {
      metAt = metAt == 0 ? operations : metAt;
      fault = persistent ? due : null;
      return effect(operation, name, due);
    }
    if (full && needsRoom) {
      throw error(operation, name, Fault.ENOSPC);
    }
    return ignored.test(operation, name) ? Effect.NONE : Effect.WHOLE;
  }

  private static boolean meets(Operation operation, Fault due, boolean needsRoom) {
    boolean kind = due.isMetBy(operation);
    return due == Fault.ENOSPC ? kind && needsRoom : kind;
  }

  private static Effect effect(Operation operation, String name, Fault due) throws IOException {
    return switch (due) {
      case SHORT_WRITE -> Effect.HALF;
      case BIT_FLIP_ON_READ -> Effect.FLIP;
      case STALE_READ -> Effect.STALE;
      case EIO_ON_FORCE, EIO_ON_FORCE_DIRECTORY -> Effect.LOSE;
      case EIO -> {
        if (operation == Operation.FORCE || operation == Operation.FORCE_DIRECTORY) {
          yield Effect.LOSE;
        }
        throw error(operation, name, due);
      }
      default -> throw error(operation, name, due);
    };
  }

  /** What the system says. */
  static IOException error(Operation operation, String name, Fault fault) {
    return new IOException(operation + " " + name + ": " + fault.message);
  }

  /** The power is out: nothing works any more. */
  public static final class PowerCutException extends IOException {
    private static final long serialVersionUID = 1L;

    PowerCutException(String message) {
      super(message);
    }
  }
}
