package dev.varve.log.record;

import java.io.Serial;

/** A batch that cannot be read: its bytes contradict its checksum, its header or the format. */
public final class InvalidBatchException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final transient BatchFault fault;

  /** Reports {@code fault}. */
  public InvalidBatchException(BatchFault fault) {
    super("invalid batch at " + fault);
    this.fault = fault;
  }

  InvalidBatchException(BatchFault fault, Throwable cause) {
    super("invalid batch at " + fault, cause);
    this.fault = fault;
  }

  /** Returns what is wrong and where, for whoever knows the file to add its path. */
  public BatchFault fault() {
    return fault;
  }
}
