package dev.varve.log.error;

/** A leader's epoch is older than one that the log has heard of: another leader has taken over. */
public final class FencedLeaderEpochException extends LogException {
  private static final long serialVersionUID = 1L;

  /** Says what happened and where. */
  public FencedLeaderEpochException(String message) {
    super(message);
  }
}
