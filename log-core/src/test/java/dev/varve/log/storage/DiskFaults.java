package dev.varve.log.storage;

import dev.varve.log.storage.SimulatedDisk.Operation;
import java.io.IOException;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong on a {@link SimulatedDisk}, and at which operation. Operations are counted from
 * 1.
 *
 * <p>Thread safety: calls of the disk are made under its lock; set faults before the workload runs.
 */
public final class DiskFaults {
  private long operations;
  private long powerCutAt = Long.MAX_VALUE;
  private boolean powerIsOut;
  private long faultAt = Long.MAX_VALUE;
  private @Nullable Fault fault;
  private BiPredicate<Operation, String> ignored = (_, _) -> false;
  private boolean full;
  private long millis;

  DiskFaults() {}

  /** A way to fail. Each is met by the operations of one kind. */
  public enum Fault {
    EIO_ON_READ(Operation.READ, "Input/output error"),
    EIO_ON_WRITE(Operation.WRITE, "Input/output error"),
    SHORT_WRITE(Operation.WRITE, "Input/output error"),
    EIO_ON_FORCE(Operation.FORCE, "Input/output error"),
    EROFS_ON_CREATE(Operation.CREATE, "Read-only file system"),
    EMFILE_ON_OPEN(Operation.OPEN, "Too many open files"),
    FAILED_RENAME(Operation.RENAME, "Input/output error"),
    FAILED_DELETE(Operation.DELETE, "Input/output error"),
    ENOSPC_ON_WRITE(Operation.WRITE, "No space left on device"),
    ENOSPC_ON_CREATE(Operation.CREATE, "No space left on device"),
    ENOSPC_ON_RESERVE(Operation.RESERVE, "No space left on device");

    private final Operation operation;
    private final String message;

    Fault(Operation operation, String message) {
      this.operation = operation;
      this.message = message;
    }
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

  /** Fails once: at the first operation of the fault's kind, from this one on. */
  public void failAt(long operation, Fault kind) {
    faultAt = operation;
    fault = kind;
  }

  /**
   * Has some operations succeed and do nothing, by their kind and the name of their file: defects
   * that a test must notice.
   */
  public void ignore(BiPredicate<Operation, String> which) {
    ignored = which;
  }

  /** Fills the disk up, or makes space. */
  public void setFull(boolean isFull) {
    full = isFull;
  }

  /** Time goes on with each change, so that no two look alike. */
  long nextMillis() {
    return ++millis;
  }

  /**
   * Counts an operation.
   *
   * @return whether it is to have its effect
   */
  boolean operation(Operation operation, String name) throws IOException {
    operations++;
    if (operations >= powerCutAt) {
      powerIsOut = true;
      throw new PowerCutException(operation + " " + name + ": the power is out");
    }
    Fault due = fault;
    if (due != null && operations >= faultAt && due.operation == operation) {
      fault = null;
      String message = operation + " " + name + ": " + due.message;
      throw switch (due) {
        case SHORT_WRITE -> new ShortWriteException(message);
        case EIO_ON_FORCE -> new PagesDroppedException(message);
        default -> new IOException(message);
      };
    }
    if (full && (operation == Operation.RESERVE || operation == Operation.WRITE)) {
      throw new IOException(operation + " " + name + ": No space left on device");
    }
    return !ignored.test(operation, name);
  }

  /** The power is out: nothing works any more. */
  public static final class PowerCutException extends IOException {
    private static final long serialVersionUID = 1L;

    PowerCutException(String message) {
      super(message);
    }
  }

  /** Half of the bytes were written. */
  static final class ShortWriteException extends IOException {
    private static final long serialVersionUID = 1L;

    ShortWriteException(String message) {
      super(message);
    }
  }

  /** The pages that were to be forced are gone. */
  static final class PagesDroppedException extends IOException {
    private static final long serialVersionUID = 1L;

    PagesDroppedException(String message) {
      super(message);
    }
  }
}
