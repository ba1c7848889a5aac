package dev.varve.jmh.peer;

import static dev.varve.jmh.peer.Operation.APPEND;
import static dev.varve.jmh.peer.Operation.APPEND_BATCH;
import static dev.varve.jmh.peer.Operation.APPEND_COMPRESSED;
import static dev.varve.jmh.peer.Operation.APPEND_DURABLE;
import static dev.varve.jmh.peer.Operation.FIND_BY_TIME;
import static dev.varve.jmh.peer.Operation.FOLLOW;
import static dev.varve.jmh.peer.Operation.READ;
import static dev.varve.jmh.peer.Operation.READ_BY_INDEX;
import static dev.varve.jmh.peer.Operation.REOPEN;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Everything that is measured. The order is the one of the report. */
@SuppressWarnings("ImmutableEnumChecker") // nobody changes the collections
public enum PeerKind {
  /** See {@link VarvePeer}. */
  VARVE("Varve", VarvePeer::new, EnumSet.allOf(Operation.class)),

  /** See {@link LimitPeer}. */
  LIMIT(
      "limit",
      LimitPeer::touched,
      EnumSet.of(
          APPEND,
          APPEND_BATCH,
          APPEND_COMPRESSED,
          APPEND_DURABLE,
          READ,
          READ_BY_INDEX,
          FIND_BY_TIME,
          FOLLOW,
          REOPEN)),

  /** See {@link LimitPeer}. */
  LIMIT_FRESH("limit, fresh mapping", LimitPeer::fresh, EnumSet.of(APPEND, APPEND_BATCH)),

  /** See {@link LimitPeer}. */
  LIMIT_NEW_FILE("limit, new file", LimitPeer::newFile, EnumSet.of(APPEND, APPEND_BATCH)),

  /** See {@link KafkaPeer}. */
  KAFKA("Kafka UnifiedLog", KafkaPeer::new, EnumSet.allOf(Operation.class)),

  /** See {@link ChroniclePeer}. */
  CHRONICLE(
      "Chronicle Queue",
      ChroniclePeer::new,
      EnumSet.of(APPEND, APPEND_BATCH, APPEND_DURABLE, READ, READ_BY_INDEX, FOLLOW, REOPEN),
      ChronicleFlags.FLAGS),

  /** See {@link ChronicleBytesPeer}. */
  CHRONICLE_BYTES(
      "chronicle-bytes",
      ChronicleBytesPeer::new,
      EnumSet.of(APPEND, APPEND_BATCH, APPEND_DURABLE, READ),
      ChronicleFlags.FLAGS),

  /** See {@link FileChannelPeer}. */
  FILE_CHANNEL(
      "FileChannel", FileChannelPeer::new, EnumSet.of(APPEND, APPEND_BATCH, APPEND_DURABLE, READ)),

  /** See {@link RocksDbPeer}. */
  ROCKSDB(
      "RocksDB",
      RocksDbPeer::new,
      EnumSet.of(APPEND, APPEND_BATCH, APPEND_DURABLE, READ, READ_BY_INDEX, REOPEN),
      List.of("--enable-native-access=ALL-UNNAMED")),

  /** See {@link ArtemisPeer}. */
  ARTEMIS(
      "Artemis journal",
      ArtemisPeer::new,
      EnumSet.of(APPEND, APPEND_BATCH, APPEND_DURABLE, REOPEN),
      List.of("--sun-misc-unsafe-memory-access=allow")),

  /** See {@link MvStorePeer}. */
  MVSTORE(
      "H2 MVStore",
      MvStorePeer::new,
      EnumSet.of(APPEND, APPEND_BATCH, APPEND_DURABLE, READ, READ_BY_INDEX, REOPEN));

  private final String label;
  private final Opening opening;
  private final Set<Operation> operations;
  private final List<String> jvmFlags;

  PeerKind(String label, Opening opening, Set<Operation> operations) {
    this(label, opening, operations, List.of());
  }

  PeerKind(String label, Opening opening, Set<Operation> operations, List<String> jvmFlags) {
    this.label = label;
    this.opening = opening;
    this.operations = operations;
    this.jvmFlags = jvmFlags;
  }

  /** What people call it. */
  public String label() {
    return label;
  }

  /** What it can do. */
  public Set<Operation> operations() {
    return Set.copyOf(operations);
  }

  /** The flags without which it does not run, or not without a warning. */
  public List<String> jvmFlags() {
    return jvmFlags;
  }

  /** Whether this is no log, but the bare work that logs are compared with. */
  public boolean isLimit() {
    return this == LIMIT || this == LIMIT_FRESH || this == LIMIT_NEW_FILE;
  }

  /** Whether quick runs measure it: of the limits, only the one that figures are compared with. */
  public boolean isInQuickRuns() {
    return this == LIMIT || !isLimit();
  }

  /** Opens it. */
  public Peer open(PeerSettings settings) throws IOException {
    return opening.open(settings);
  }

  private interface Opening {
    Peer open(PeerSettings settings) throws IOException;
  }
}
