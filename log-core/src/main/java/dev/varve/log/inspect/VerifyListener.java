package dev.varve.log.inspect;

/** Told what a {@link LogVerifier} finds and how far it is, on its thread. */
@FunctionalInterface
public interface VerifyListener {
  /** Something is not as the format has it. */
  void found(Finding finding);

  /** So many bytes of the logs are done, of so many. */
  default void progress(long doneBytes, long totalBytes) {}
}
