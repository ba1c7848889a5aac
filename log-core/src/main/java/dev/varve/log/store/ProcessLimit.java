package dev.varve.log.store;

/**
 * How near the process is to a limit of the system.
 *
 * @param resource what is limited
 * @param used how much of it the process has
 * @param needed how much more is about to be needed
 * @param max how much it may have; {@link Long#MAX_VALUE} if that is not known
 */
public record ProcessLimit(Resource resource, long used, long needed, long max) {
  /** From here on it is told. */
  private static final double NEAR = 0.8;

  /** What is left is for readers and for the rest of the process. */
  private static final double REACHED = 0.95;

  /** What a process may have no more of than the system allows. */
  public enum Resource {
    /** Open files. */
    FILE_DESCRIPTORS("file descriptors", "ulimit -n"),
    /** Mappings of files. */
    MAPPINGS("memory mappings", "sysctl vm.max_map_count");

    private final String words;
    private final String setting;

    Resource(String words, String setting) {
      this.words = words;
      this.setting = setting;
    }
  }

  /** Whether it is worth telling somebody who could raise the limit. */
  public boolean isNear() {
    return used + needed > max * NEAR;
  }

  /** Whether what is needed is no longer to be had. */
  public boolean isReached() {
    return used + needed > max * REACHED;
  }

  ProcessLimit needing(long more) {
    return new ProcessLimit(resource, used, more, max);
  }

  /** What is used, needed and allowed, and where the limit is set. */
  @Override
  public String toString() {
    return used
        + " "
        + resource.words
        + " are used and "
        + needed
        + " more needed, of "
        + max
        + " ("
        + resource.setting
        + ")";
  }
}
