package dev.varve.compaction;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * How a compactor works, whatever the topics are that it works on. Immutable; what is not set has
 * the default of Kafka's log cleaner.
 */
public final class CompactorOptions {
  /** The longest pause that does not overflow beside a time: 100 million years. */
  private static final Duration FOREVER = Duration.ofMillis(Long.MAX_VALUE / 3);

  private final long keyMapBytes;
  private final long ioBytesPerSecondMax;
  private final long backoffMillis;
  private final CompactionListener listener;
  private final Supplier<KeyHash> keyHash;

  private CompactorOptions(Builder builder) {
    this.keyMapBytes = builder.keyMapBytes;
    this.ioBytesPerSecondMax = builder.ioBytesPerSecondMax;
    this.backoffMillis = builder.backoffMillis;
    this.listener = builder.listener;
    this.keyHash = builder.keyHash;
  }

  /** A map of 128 MiB, no limit of I/O, 15 seconds between looks. */
  public static CompactorOptions defaults() {
    return builder().build();
  }

  /** Begins options that differ from the {@linkplain #defaults() defaults}. */
  public static Builder builder() {
    return new Builder();
  }

  /** The memory for the keys of a pass, in bytes. */
  public long keyMapBytes() {
    return keyMapBytes;
  }

  /** How many bytes are read and written in a second at most. */
  public long ioBytesPerSecondMax() {
    return ioBytesPerSecondMax;
  }

  /** Whether there is a limit of I/O. */
  public boolean isThrottled() {
    return ioBytesPerSecondMax < Long.MAX_VALUE;
  }

  /** How long to wait, in milliseconds, after no log was due. */
  public long backoffMillis() {
    return backoffMillis;
  }

  /** The hash for the keys of a pass. */
  KeyHash keyHash() {
    return keyHash.get();
  }

  /** Who is told what happens. */
  public CompactionListener listener() {
    return listener;
  }

  @Override
  public String toString() {
    return "CompactorOptions[key map "
        + keyMapBytes
        + " bytes, I/O "
        + (isThrottled() ? "at most " + ioBytesPerSecondMax + " bytes a second" : "unlimited")
        + ", backoff "
        + backoffMillis
        + " ms]";
  }

  /** Collects options. Not safe for use by several threads at once. */
  public static final class Builder {
    private long keyMapBytes = 128L << 20;
    private long ioBytesPerSecondMax = Long.MAX_VALUE;
    private long backoffMillis = Duration.ofSeconds(15).toMillis();
    private CompactionListener listener = CompactionListener.NONE;
    private Supplier<KeyHash> keyHash = KeyHash::random;

    private Builder() {}

    /**
     * The memory for the keys of a pass, in bytes (Kafka: {@code log.cleaner.dedupe.buffer.size}).
     */
    public Builder keyMapBytes(long bytes) {
      keyMapBytes = checkPositive("keyMapBytes", bytes);
      return this;
    }

    /**
     * How many bytes are read and written in a second at most (Kafka: {@code
     * log.cleaner.io.max.bytes.per.second}); {@code Long.MAX_VALUE} for no limit.
     */
    public Builder ioBytesPerSecondMax(long bytes) {
      ioBytesPerSecondMax = checkPositive("ioBytesPerSecondMax", bytes);
      return this;
    }

    /** How long to wait after no log was due (Kafka: {@code log.cleaner.backoff.ms}). */
    public Builder backoff(Duration pause) {
      if (pause.isNegative()) {
        throw new IllegalArgumentException("backoff is " + pause + ", expected 0 or more");
      }
      backoffMillis = pause.compareTo(FOREVER) < 0 ? pause.toMillis() : FOREVER.toMillis();
      return this;
    }

    /** Who is told what happens; nobody by default. */
    public Builder listener(CompactionListener toTell) {
      listener = toTell;
      return this;
    }

    /** Another hash than one that is random for each pass: one by which keys collide, say. */
    Builder keyHash(KeyHash hash) {
      keyHash = () -> hash;
      return this;
    }

    /** The options. */
    public CompactorOptions build() {
      return new CompactorOptions(this);
    }

    private static long checkPositive(String name, long value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " is " + value + ", expected 1 or more");
      }
      return value;
    }
  }
}
