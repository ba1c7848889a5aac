package dev.varve.log.store;

import dev.varve.log.LogOptions;
import dev.varve.log.maintenance.Maintenance;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.SystemEpochClock;
import org.jspecify.annotations.Nullable;

/** How a store behaves. Immutable; made by a {@link Builder}. */
public final class LogStoreOptions {
  private static final LogStoreOptions DEFAULTS = builder().build();

  private final BiFunction<TopicPartition, LogOptions.Builder, LogOptions.Builder> logs;
  private final LogStoreListener listener;
  private final @Nullable Maintenance maintenance;
  private final EpochClock clock;
  private final int threads;
  private final int nodeId;
  private final Supplier<List<ProcessLimit>> limits;

  private LogStoreOptions(Builder builder) {
    this.logs = builder.logs;
    this.listener = builder.listener;
    this.maintenance = builder.maintenance;
    this.clock = builder.clock;
    this.threads = builder.threads;
    this.nodeId = builder.nodeId;
    this.limits = builder.limits;
  }

  /** What is not set. */
  public static LogStoreOptions defaults() {
    return DEFAULTS;
  }

  /** A builder that begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  LogOptions.Builder log(TopicPartition partition) {
    return logs.apply(partition, LogOptions.builder());
  }

  LogStoreListener listener() {
    return listener;
  }

  @Nullable Maintenance maintenance() {
    return maintenance;
  }

  EpochClock clock() {
    return clock;
  }

  int threads() {
    return threads;
  }

  int nodeId() {
    return nodeId;
  }

  Supplier<List<ProcessLimit>> limits() {
    return limits;
  }

  /** Collects options. Not safe for use by several threads at once. */
  public static final class Builder {
    private BiFunction<TopicPartition, LogOptions.Builder, LogOptions.Builder> logs =
        (_, builder) -> builder;
    private LogStoreListener listener = LogStoreListener.NONE;
    private @Nullable Maintenance maintenance;
    private EpochClock clock = SystemEpochClock.INSTANCE;
    private int threads = Runtime.getRuntime().availableProcessors();
    private int nodeId = 1;
    private Supplier<List<ProcessLimit>> limits = ProcFileSystem.ofThisProcess()::limits;

    private Builder() {}

    /**
     * What a log has that Kafka's names for the configuration of a topic do not say: its listener,
     * clock, durability, whether it is replicated. Asked whenever a log is opened or its topic
     * configured, on any thread; what the topic is configured by comes on top, and the store sets
     * what does the background work.
     */
    public Builder logs(BiFunction<TopicPartition, LogOptions.Builder, LogOptions.Builder> value) {
      logs = value;
      return this;
    }

    /** Who is told what happens. */
    public Builder listener(LogStoreListener value) {
      listener = value;
      return this;
    }

    /**
     * What does the background work of the store and its logs: the caller, perhaps, or what other
     * stores have too. It is to be closed after the store. The default is a daemon thread of the
     * store's own.
     */
    public Builder maintenance(Maintenance value) {
      maintenance = value;
      return this;
    }

    /** The clock for the store's own work. (Those of logs are set by {@link #logs}.) */
    public Builder clock(EpochClock value) {
      clock = value;
      return this;
    }

    /** How many logs are opened and closed at a time, at least 1 (the number of processors). */
    public Builder threads(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("threads is " + value + ", expected 1 or more");
      }
      threads = value;
      return this;
    }

    /** The {@code node.id} of a data directory that has no {@code meta.properties} yet (1). */
    public Builder nodeId(int value) {
      if (value < 0) {
        throw new IllegalArgumentException("nodeId is " + value + ", expected 0 or more");
      }
      nodeId = value;
      return this;
    }

    /** How near the process is to its limits. */
    Builder limits(Supplier<List<ProcessLimit>> value) {
      limits = value;
      return this;
    }

    /** The options. */
    public LogStoreOptions build() {
      return new LogStoreOptions(this);
    }
  }
}
