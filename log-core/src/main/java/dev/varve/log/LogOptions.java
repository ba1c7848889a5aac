package dev.varve.log;

import dev.varve.log.maintenance.Maintenance;
import dev.varve.log.record.Compression;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.record.TimestampType;
import dev.varve.log.segment.SegmentOptions;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemEpochClock;
import org.jspecify.annotations.Nullable;

/**
 * How a log behaves. Immutable; made by a {@link Builder} or from Kafka's topic configuration. What
 * is not set has Kafka's default, unless its setter says otherwise.
 */
public final class LogOptions {
  /** The longest time-out that does not overflow beside a time: 100 million years. */
  private static final Duration FOREVER = Duration.ofMillis(Long.MAX_VALUE / 3);

  private static final LogOptions DEFAULTS = builder().build();

  private final SegmentOptions segments;
  private final Compression compression;
  private final TimestampType timestampType;
  private final Durability durability;
  private final int decompressedBytesMax;
  private final EpochClock clock;
  private final Supplier<IdleStrategy> idleStrategy;
  private final LogListener listener;
  private final @Nullable Maintenance maintenance;
  private final boolean ownMaintenanceThreads;
  private final long scrubBytesPerSecondMax;
  private final long transactionTimeoutMillis;
  private final boolean replicated;
  private final long producerExpirationMillis;
  private final long timestampBeforeMaxMillis;
  private final long timestampAfterMaxMillis;
  private final boolean compacted;
  private final long fileDeleteDelayMillis;
  private final long startOffsetMin;
  private final long recoveryPoint;

  private LogOptions(Builder builder) {
    this.segments =
        new SegmentOptions(
            builder.segmentBytesMax,
            builder.segmentMillisMax,
            builder.segmentJitterMillisMax,
            builder.indexIntervalBytes,
            builder.indexBytesMax,
            builder.batchBytesMax);
    this.compression = builder.compression;
    this.timestampType = builder.timestampType;
    this.durability = builder.durability;
    this.decompressedBytesMax = builder.decompressedBytesMax;
    this.clock = builder.clock;
    this.idleStrategy = builder.idleStrategy;
    this.listener = builder.listener;
    this.maintenance = builder.maintenance;
    this.ownMaintenanceThreads = builder.ownMaintenanceThreads;
    this.scrubBytesPerSecondMax = builder.scrubBytesPerSecondMax;
    this.transactionTimeoutMillis = builder.transactionTimeoutMillis;
    this.replicated = builder.replicated;
    this.producerExpirationMillis = builder.producerExpirationMillis;
    this.timestampBeforeMaxMillis = builder.timestampBeforeMaxMillis;
    this.timestampAfterMaxMillis = builder.timestampAfterMaxMillis;
    this.compacted = builder.compacted;
    this.fileDeleteDelayMillis = builder.fileDeleteDelayMillis;
    this.startOffsetMin = builder.startOffsetMin;
    this.recoveryPoint = builder.recoveryPoint;
  }

  /** Kafka's defaults. */
  public static LogOptions defaults() {
    return DEFAULTS;
  }

  /** A builder that begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Options from Kafka's names for the configuration of a topic, for example {@code segment.bytes}
   * or {@code compression.type}. Names that concern other parts of Kafka's partition, such as
   * {@code retention.ms}, are lawful and change nothing here; {@link #concernsLog} tells them
   * apart. Two that are absent have another default than Kafka's, none: {@code
   * message.timestamp.after.max.ms} and {@code file.delete.delay.ms}.
   *
   * @throws IllegalArgumentException if Kafka does not have the name, or the value is out of range
   */
  public static LogOptions fromTopicConfig(Map<String, String> config) {
    return builder().topicConfig(config).build();
  }

  /**
   * Whether a name of Kafka's topic configuration changes anything in {@link #fromTopicConfig}.
   *
   * @throws IllegalArgumentException if Kafka does not have the name
   */
  public static boolean concernsLog(String name) {
    return TopicConfig.concernsLog(name);
  }

  SegmentOptions segments() {
    return segments;
  }

  /** The largest batch that an append takes, in bytes. */
  public int batchBytesMax() {
    return segments.batchBytesMax();
  }

  /** The size at which a segment is rolled, in bytes. */
  public int segmentBytesMax() {
    return segments.segmentBytesMax();
  }

  /** How batches are compressed that the log builds itself. */
  public Compression compression() {
    return compression;
  }

  /** Whose clock timestamps come from. */
  public TimestampType timestampType() {
    return timestampType;
  }

  /** When what was appended is forced without being asked. */
  public Durability durability() {
    return durability;
  }

  /** How many bytes the records of one batch may inflate to. */
  public int decompressedBytesMax() {
    return decompressedBytesMax;
  }

  EpochClock clock() {
    return clock;
  }

  Supplier<IdleStrategy> idleStrategy() {
    return idleStrategy;
  }

  LogListener listener() {
    return listener;
  }

  /** What does the background work of this log and others; null if none is shared. */
  @Nullable Maintenance maintenance() {
    return maintenance;
  }

  boolean ownMaintenanceThreads() {
    return ownMaintenanceThreads;
  }

  /** How fast sealed segments are read again in the background; 0 if they are not. */
  public long scrubBytesPerSecondMax() {
    return scrubBytesPerSecondMax;
  }

  /** How long a transaction may be open, in milliseconds; 0 for as long as it likes. */
  long transactionTimeoutMillis() {
    return transactionTimeoutMillis;
  }

  /** Whether the log is one of several replicas. */
  public boolean replicated() {
    return replicated;
  }

  /** The offset below which the log does not begin. */
  long startOffsetMin() {
    return startOffsetMin;
  }

  /** The offset below which a log that Kafka wrote last is durable; 0 if nothing is known. */
  long recoveryPoint() {
    return recoveryPoint;
  }

  /** After how long without a batch a producer is forgotten, in milliseconds. */
  public long producerExpirationMillis() {
    return producerExpirationMillis;
  }

  /** How far in the past a record's timestamp may be, in milliseconds. */
  public long timestampBeforeMaxMillis() {
    return timestampBeforeMaxMillis;
  }

  /** How far in the future a record's timestamp may be, in milliseconds. */
  public long timestampAfterMaxMillis() {
    return timestampAfterMaxMillis;
  }

  /** Whether the log is compacted by key, so that each record has to have one. */
  public boolean compacted() {
    return compacted;
  }

  /** How long files stay that were given up, in milliseconds. */
  public long fileDeleteDelayMillis() {
    return fileDeleteDelayMillis;
  }

  /** Collects options. Not safe for use by several threads at once. */
  public static final class Builder {
    private int segmentBytesMax = 1 << 30;
    private long segmentMillisMax = Duration.ofDays(7).toMillis();
    private long segmentJitterMillisMax;
    private int indexIntervalBytes = 4096;
    private int indexBytesMax = 10 << 20;
    private int batchBytesMax = 1_048_588;
    private Compression compression = Compression.NONE;
    private TimestampType timestampType = TimestampType.CREATE_TIME;
    private Durability durability = Durability.EXPLICIT;
    private int decompressedBytesMax = RecordCursor.DECOMPRESSED_BYTES_MAX_DEFAULT;
    private EpochClock clock = SystemEpochClock.INSTANCE;
    private Supplier<IdleStrategy> idleStrategy = BackoffIdleStrategy::new;
    private LogListener listener = LogListener.NONE;
    private @Nullable Maintenance maintenance;
    private boolean ownMaintenanceThreads = true;
    private long scrubBytesPerSecondMax;
    private long transactionTimeoutMillis = Duration.ofMinutes(1).toMillis();
    private boolean replicated;
    private long producerExpirationMillis = Duration.ofDays(1).toMillis();
    private long timestampBeforeMaxMillis = AppendTime.NO_BOUND;
    private long timestampAfterMaxMillis = AppendTime.NO_BOUND;
    private boolean compacted;
    private long fileDeleteDelayMillis;
    private long startOffsetMin;
    private long recoveryPoint;

    private Builder() {}

    /** The size at which a segment is rolled, from 64 bytes to 2^31-1 (Kafka: 1 GiB). */
    public Builder segmentBytesMax(int bytes) {
      segmentBytesMax = (int) checkRange("segmentBytesMax", bytes, 64, Integer.MAX_VALUE);
      return this;
    }

    /** The age at which a segment is rolled, at least 1 ms (Kafka: 7 days). */
    public Builder segmentMillisMax(long millis) {
      segmentMillisMax = checkRange("segmentMillisMax", millis, 1, Long.MAX_VALUE);
      return this;
    }

    void segmentMillisAtMost(long millis) {
      segmentMillisMax = Math.min(segmentMillisMax, millis);
    }

    /** How much earlier than its age a segment may be rolled, in milliseconds (Kafka: 0). */
    public Builder segmentJitterMillisMax(long millis) {
      segmentJitterMillisMax = checkRange("segmentJitterMillisMax", millis, 0, Long.MAX_VALUE - 1);
      return this;
    }

    /** The bytes between two index entries (Kafka: 4096). */
    public Builder indexIntervalBytes(int bytes) {
      indexIntervalBytes = (int) checkRange("indexIntervalBytes", bytes, 0, Integer.MAX_VALUE);
      return this;
    }

    /** The size at which an index is full and its segment is rolled (Kafka: 10 MiB). */
    public Builder indexBytesMax(int bytes) {
      indexBytesMax = (int) checkRange("indexBytesMax", bytes, 24, Integer.MAX_VALUE);
      return this;
    }

    /** The largest batch that an append takes, in bytes (Kafka: 1,048,588). */
    public Builder batchBytesMax(int bytes) {
      batchBytesMax = (int) checkRange("batchBytesMax", bytes, 0, Integer.MAX_VALUE);
      return this;
    }

    /**
     * How batches are compressed that the log builds itself (Kafka: not at all). A batch that comes
     * ready made keeps its codec, as under Kafka's {@code compression.type=producer}.
     */
    public Builder compression(Compression value) {
      compression = value;
      return this;
    }

    /** Whose clock timestamps come from (Kafka: the caller's). */
    public Builder timestampType(TimestampType value) {
      timestampType = value;
      return this;
    }

    /** When what was appended is forced without being asked (Kafka: never). */
    public Builder durability(Durability value) {
      durability = value;
      return this;
    }

    /** How many bytes the records of one batch may inflate to when read. */
    public Builder decompressedBytesMax(int bytes) {
      decompressedBytesMax =
          (int) checkRange("decompressedBytesMax", bytes, 0, RecordCursor.DECOMPRESSED_BYTES_MAX);
      return this;
    }

    /** The clock for timestamps and ages. */
    public Builder clock(EpochClock value) {
      clock = value;
      return this;
    }

    /** How a reader waits for records, one strategy for each reader. */
    public Builder idleStrategy(Supplier<IdleStrategy> value) {
      idleStrategy = value;
      return this;
    }

    /** Who is told what happens. */
    public Builder listener(LogListener value) {
      listener = value;
      return this;
    }

    /**
     * Has the background work of the log done by what other logs share, in place of threads of its
     * own. It is to be closed after the logs.
     */
    public Builder maintenance(Maintenance value) {
      maintenance = value;
      return this;
    }

    /**
     * Whether the log runs its background work on daemon threads of its own. If not, the embedder
     * calls {@link CommitLog#maintenance} from time to time.
     */
    public Builder ownMaintenanceThreads(boolean value) {
      ownMaintenanceThreads = value;
      return this;
    }

    /**
     * How many bytes a second the background reads of sealed segments, round and round, to find
     * damage of the disk before a reader does; 0, the default, for none. Damage is told to {@link
     * LogListener#damageFound}.
     */
    public Builder scrubBytesPerSecondMax(long bytes) {
      scrubBytesPerSecondMax = checkRange("scrubBytesPerSecondMax", bytes, 0, Long.MAX_VALUE);
      return this;
    }

    /**
     * How long a transaction may be open before the background aborts it, so that it holds readers
     * of committed records no longer; its producer is then fenced (Kafka's {@code
     * transaction.timeout.ms}: a minute). {@link Duration#ZERO} for as long as it likes. A
     * {@linkplain #replicated replicated} log does so only from {@link Replica#beginEpoch} until it
     * follows a leader again.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Builder transactionTimeout(Duration value) {
      long millis = value.isPositive() ? Math.max(1, millisOf(value)) : millisOf(value);
      transactionTimeoutMillis = checkRange("transactionTimeout", millis, 0, Long.MAX_VALUE);
      return this;
    }

    private static long millisOf(Duration value) {
      return value.compareTo(FOREVER) < 0 ? value.toMillis() : FOREVER.toMillis();
    }

    /**
     * Whether the log is one of several replicas (the default: it is not). The high watermark of a
     * replicated log is what {@link Replica#advanceHighWatermark} says, and records above it may be
     * truncated; that of any other log is its end.
     */
    public Builder replicated(boolean value) {
      replicated = value;
      return this;
    }

    /**
     * After how long without a batch a producer is forgotten, unless a transaction of it is open
     * (Kafka: 1 day). It is as old as the largest timestamp of its last batch. One that comes back
     * may begin with any sequence, and what it repeats is no longer recognized.
     */
    public Builder producerExpirationMillis(long millis) {
      producerExpirationMillis = checkRange("producerExpirationMillis", millis, 1, Long.MAX_VALUE);
      return this;
    }

    /**
     * How far in the past a record's timestamp may be that is appended, in milliseconds; {@code
     * Long.MAX_VALUE}, the default as in Kafka ({@code message.timestamp.before.max.ms}), for as
     * far as it likes. With a bound, each append reads the clock, and batches of several records
     * are read. Records without a timestamp, records that the log stamps itself and batches of a
     * leader are taken anyway.
     */
    public Builder timestampBeforeMaxMillis(long millis) {
      timestampBeforeMaxMillis = checkRange("timestampBeforeMaxMillis", millis, 0, Long.MAX_VALUE);
      return this;
    }

    /**
     * How far in the future a record's timestamp may be that is appended, in milliseconds; {@code
     * Long.MAX_VALUE}, the default, for as far as it likes. Kafka has an hour here ({@code
     * message.timestamp.after.max.ms}); it costs each append a look at the clock, so a log has it
     * only if it is asked for. See {@link #timestampBeforeMaxMillis}.
     */
    public Builder timestampAfterMaxMillis(long millis) {
      timestampAfterMaxMillis = checkRange("timestampAfterMaxMillis", millis, 0, Long.MAX_VALUE);
      return this;
    }

    /** Whether a record without a key is refused ({@code cleanup.policy} has {@code compact}). */
    public Builder compacted(boolean hasKeys) {
      compacted = hasKeys;
      return this;
    }

    /**
     * How long the files of segments that were given up stay, under names with {@code .deleted},
     * before the background removes them, in milliseconds; the next open removes what is left. 0,
     * the default, for not at all, so that giving up records makes room on a full disk. Kafka has a
     * minute here ({@code file.delete.delay.ms}), as its readers hold no pins; a delay is of use to
     * whoever copies files of an open log.
     */
    public Builder fileDeleteDelayMillis(long millis) {
      fileDeleteDelayMillis = checkRange("fileDeleteDelayMillis", millis, 0, Long.MAX_VALUE);
      return this;
    }

    /**
     * Says what a broker has noted of the log outside of its directory. A {@code LogStore} does it
     * by itself.
     *
     * @param startOffset what its {@code log-start-offset-checkpoint} says: the log begins there,
     *     or later; 0 if it says nothing
     * @param recoveryPoint what its {@code recovery-point-offset-checkpoint} says: if Kafka wrote
     *     the log last, it is scanned from the segment on that holds this offset; 0 if it says
     *     nothing
     */
    public Builder brokerCheckpoints(long startOffset, long recoveryPoint) {
      this.startOffsetMin = checkRange("startOffset", startOffset, 0, Long.MAX_VALUE);
      this.recoveryPoint = checkRange("recoveryPoint", recoveryPoint, 0, Long.MAX_VALUE);
      return this;
    }

    /**
     * Sets what Kafka's names for the configuration of a topic say, as {@link #fromTopicConfig}
     * does.
     *
     * @throws IllegalArgumentException if Kafka does not have a name, or a value is out of range
     */
    public Builder topicConfig(Map<String, String> config) {
      return TopicConfig.apply(config, this);
    }

    /** The options. */
    public LogOptions build() {
      return new LogOptions(this);
    }

    private static long checkRange(String name, long value, long min, long max) {
      if (value < min || value > max) {
        throw new IllegalArgumentException(
            name + " is " + value + ", expected " + min + " to " + max);
      }
      return value;
    }
  }
}
