package dev.varve.log.producer;

import dev.varve.index.AbortedTransaction;
import dev.varve.log.error.InvalidTransactionStateException;
import dev.varve.log.record.BatchFault;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.EndTransactionMarker.Outcome;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.TransactionVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.EpochClock;
import org.jspecify.annotations.Nullable;

/**
 * The producers of a log and their open transactions, as the batches up to some offset have left
 * them.
 *
 * <p>Fed with every batch of the log in order, on append and on replay alike: markers to {@link
 * #onMarker}, all others to {@link #onBatch}. It follows what it is told and refuses nothing:
 * whether a batch may be appended is decided before, by {@link #admit}. What another log has
 * decided already, a leader's for its follower, is not decided again.
 *
 * <p>Batches without a producer id, and further batches of a known producer, make no garbage.
 *
 * <p>Thread safety: none; it belongs to whoever holds the log's write lock.
 */
public final class ProducerStates {
  /** The answer of {@link #admit} about a batch that the log does not have. */
  public static final long NEW = -1;

  private final Long2ObjectHashMap<ProducerState> producers = new Long2ObjectHashMap<>();

  /** All of them in a chain, the newest first, so that they can be looked at in parts. */
  private @Nullable ProducerState first;

  /** The last that the expiry has looked at and kept; null before the first. */
  private @Nullable ProducerState visited;

  /**
   * The producers with an open transaction, by its first offset: the base offset of one batch, so
   * it never stands for two. Ordered, as what counts is the earliest.
   */
  private final TreeMap<Long, ProducerState> openTransactions = new TreeMap<>();

  private final UnreplicatedTransactions unreplicated = new UnreplicatedTransactions();

  /** Tells when a transaction begins; null during replay, when batches tell. */
  private @Nullable EpochClock clock;

  /** Starts without producers: at the start of a log, or before {@link #load}. */
  public ProducerStates() {}

  /** The producers that are known. */
  public int producerCount() {
    return producers.size();
  }

  /**
   * Decides whether a batch may be appended, and changes nothing. A producer that is not known, be
   * it new or forgotten, may begin with any sequence: nobody can tell what went before.
   *
   * @param batch of a producer; its header
   * @return the base offset of the same batch in the log, if it is one of the producer's last five;
   *     {@link #NEW} if it may be appended
   * @throws dev.varve.log.error.OutOfOrderSequenceException if it is none of them and does not
   *     follow the last; a new epoch begins with sequence 0
   * @throws dev.varve.log.error.ProducerFencedException if the producer has a newer epoch
   * @throws InvalidBatchException if it names no epoch, or is of data and has no sequence
   */
  public long admit(RecordBatch batch) {
    if (batch.producerEpoch() < 0 || (!batch.isControl() && batch.baseSequence() < 0)) {
      throw nameless(batch);
    }
    ProducerState producer = producers.get(batch.producerId());
    if (producer == null) {
      return NEW;
    }
    if (batch.isControl()) {
      producer.checkEpoch(batch.producerEpoch());
      return NEW;
    }
    return producer.admit(batch);
  }

  private static InvalidBatchException nameless(RecordBatch batch) {
    return new InvalidBatchException(
        new BatchFault(
            BatchFault.Kind.HEADER,
            batch.position(),
            "epoch "
                + batch.producerEpoch()
                + " and sequence "
                + batch.baseSequence()
                + " of producer "
                + batch.producerId(),
            "both 0 or more"));
  }

  /**
   * Takes note of a batch that is not a marker: data, or what compaction left of it.
   *
   * <p>A data batch without records counts: it was kept for its sequence. A control batch changes
   * nothing here: compaction has taken its marker, or it never was one.
   *
   * @param batch its header; not kept
   */
  public void onBatch(RecordBatch batch) {
    if (batch.hasProducerId()) {
      onProducerBatch(batch);
    }
  }

  private void onProducerBatch(RecordBatch batch) {
    if (batch.isControl()) {
      return;
    }
    ProducerState producer = producer(batch);
    producer.onDataBatch(batch);
    if (batch.isTransactional() && !producer.hasOpenTransaction()) {
      long sinceMillis = clock == null ? batch.maxTimestamp() : clock.time();
      producer.beginTransaction(batch.baseOffset(), sinceMillis);
      openTransactions.put(batch.baseOffset(), producer);
    }
  }

  /**
   * Takes note of a marker, which ends the transaction of its producer if one is open.
   *
   * @param batch the header of the control batch; not kept
   * @param marker its one record
   * @return what the transaction index has to hold, if the transaction was aborted and had data
   *     here; else null
   */
  public @Nullable AbortedTransaction onMarker(RecordBatch batch, EndTransactionMarker marker) {
    assert batch.isControl() && batch.hasProducerId() : "only producers have transactions";
    ProducerState producer = producer(batch);
    AbortedTransaction aborted = null;
    if (producer.hasOpenTransaction()) {
      long firstOffset = producer.currentTxnFirstOffset();
      long lastOffset = batch.lastOffset();
      openTransactions.remove(firstOffset);
      unreplicated.ended(firstOffset, lastOffset);
      if (marker.outcome() == Outcome.ABORT) {
        // With this producer's own transaction gone, what is open is open beside it.
        aborted =
            new AbortedTransaction(
                batch.producerId(), firstOffset, lastOffset, lastStableOffset(lastOffset + 1));
      }
    }
    producer.onMarker(batch, marker.coordinatorEpoch());
    return aborted;
  }

  /** What is known of a producer; null if nothing is. */
  @Nullable ProducerState find(long producerId) {
    return producers.get(producerId);
  }

  private ProducerState producer(RecordBatch batch) {
    ProducerState producer = producers.get(batch.producerId());
    if (producer == null) {
      producer = new ProducerState(batch.producerId(), batch.producerEpoch());
      add(producer);
    }
    return producer;
  }

  private void add(ProducerState producer) {
    producers.put(producer.producerId(), producer);
    producer.setNext(first);
    first = producer;
  }

  /**
   * The offset below which every transaction is decided: the first offset of the earliest that is
   * open.
   *
   * @param end the end of the batches that were fed in, which it is if no transaction is open
   */
  public long lastStableOffset(long end) {
    return openTransactions.isEmpty() ? end : openTransactions.firstKey();
  }

  /**
   * From now on a clock tells when a transaction begins. Of those that are open the batches have
   * told; one without a timestamp, or with one of the future, counts from now.
   */
  public void timeTransactionsBy(EpochClock appendClock) {
    clock = appendClock;
    long nowMillis = appendClock.time();
    openTransactions.values().forEach(producer -> producer.limitTransactionAge(nowMillis));
  }

  /** The open transaction of a producer; null if it has none. */
  public @Nullable OpenTransaction openTransaction(long producerId) {
    ProducerState producer = producers.get(producerId);
    return producer != null && producer.hasOpenTransaction() ? producer.openTransaction() : null;
  }

  /** The open transactions, by first offset. */
  public List<OpenTransaction> openTransactions() {
    return openTransactions.values().stream().map(ProducerState::openTransaction).toList();
  }

  /** The open transaction that began first on the clock; null if none is open. */
  public @Nullable OpenTransaction oldestTransaction() {
    ProducerState oldest = null;
    for (ProducerState producer : openTransactions.values()) {
      if (oldest == null || producer.transactionSinceMillis() < oldest.transactionSinceMillis()) {
        oldest = producer;
      }
    }
    return oldest == null ? null : oldest.openTransaction();
  }

  /**
   * Where the earliest transaction begins that is open, or whose marker may still be truncated;
   * {@code Long.MAX_VALUE} if there is none.
   */
  public long firstUndecidedOffset() {
    return Math.min(lastStableOffset(Long.MAX_VALUE), unreplicated.firstOffset());
  }

  /**
   * Says how far the log is replicated: markers at or above that may still be truncated. Without it
   * none can.
   */
  public void replicatedTo(long highWatermark) {
    unreplicated.replicatedTo(highWatermark);
  }

  /**
   * Takes over from another state of the same log which transactions are ended by markers below an
   * offset that may still be truncated, and how far the log is replicated.
   */
  public void takeUnreplicated(ProducerStates other, long endOffset) {
    unreplicated.takeOver(other.unreplicated, endOffset);
  }

  /**
   * Decides whether a transaction may be ended.
   *
   * @param batch the control batch that would end it
   * @param marker its one record
   * @param version whether the epoch has to be a new one
   * @throws dev.varve.log.error.ProducerFencedException if its epoch is too old
   * @throws dev.varve.log.error.TransactionCoordinatorFencedException if the coordinator's is
   */
  public void checkMarker(
      RecordBatch batch, EndTransactionMarker marker, TransactionVersion version) {
    ProducerState producer = producers.get(batch.producerId());
    if (producer != null) {
      producer.checkMarker(batch.producerEpoch(), marker.coordinatorEpoch(), version);
    }
  }

  /**
   * Decides whether a batch of data fits the state of its producer's transaction.
   *
   * @param owners who knows whether the transaction is one of an earlier owner's: a truncation that
   *     takes a marker away opens it again
   * @throws InvalidTransactionStateException if one is open to which the batch does not belong
   */
  void checkData(RecordBatch batch, ProducerOwners owners) {
    ProducerState producer = producers.get(batch.producerId());
    if (producer == null || !producer.hasOpenTransaction()) {
      return;
    }
    boolean foreign = producer.epoch() < owners.epochMin(batch.producerId());
    if (foreign || !batch.isTransactional()) {
      throw new InvalidTransactionStateException(
          "producer "
              + batch.producerId()
              + ": found a batch of epoch "
              + batch.producerEpoch()
              + (batch.isTransactional() ? "" : " without a transaction")
              + ", expected one of the transaction of epoch "
              + producer.epoch()
              + " that is open from offset "
              + producer.currentTxnFirstOffset());
    }
  }

  /**
   * Forgets the producers whose last sign of life is {@code expirationMillis} old or older, unless
   * they have a transaction open.
   *
   * @param nowMillis the time, on the clock that timestamps are from
   * @param expirationMillis Kafka's {@code producer.id.expiration.ms}
   */
  public void expire(long nowMillis, long expirationMillis) {
    visited = null;
    while (!expireSome(nowMillis, expirationMillis, Integer.MAX_VALUE)) {
      // until all have been looked at
    }
  }

  /**
   * Does a part of {@link #expire}, and goes on where the last part ended: who holds the write lock
   * must not be long about it.
   *
   * @param producersMax how many to look at
   * @return whether that was the last part
   */
  public boolean expireSome(long nowMillis, long expirationMillis, int producersMax) {
    for (int i = 0; i < producersMax; i++) {
      ProducerState candidate = visited == null ? first : visited.next();
      if (candidate == null) {
        visited = null;
        return true;
      }
      if (!candidate.isExpired(nowMillis, expirationMillis)) {
        visited = candidate;
        continue;
      }
      producers.remove(candidate.producerId());
      if (visited == null) {
        first = candidate.next();
      } else {
        visited.setNext(candidate.next());
      }
    }
    return false;
  }

  /** The state as a snapshot keeps it. */
  public ProducerSnapshot snapshot() {
    List<ProducerEntry> entries = new ArrayList<>(producers.size());
    for (ProducerState producer = first; producer != null; producer = producer.next()) {
      entries.add(producer.toEntry());
    }
    return new ProducerSnapshot(entries);
  }

  /** Forgets everything and goes on from a snapshot, with the batches from its offset on. */
  public void load(ProducerSnapshot snapshot) {
    clear();
    for (ProducerEntry entry : snapshot.producers()) {
      ProducerState producer = ProducerState.of(entry);
      add(producer);
      if (entry.hasOpenTransaction()) {
        openTransactions.put(entry.currentTxnFirstOffset(), producer);
      }
    }
  }

  /** Forgets everything and takes over what another has, which is not used any more. */
  void replaceBy(ProducerStates other) {
    clear();
    producers.putAll(other.producers);
    openTransactions.putAll(other.openTransactions);
    first = other.first;
    takeUnreplicated(other, Long.MAX_VALUE);
  }

  /**
   * Takes over from a snapshot of this moment what the batches that were fed in cannot show: it was
   * in batches before them, which are gone, or which compaction emptied.
   *
   * @param unseenBelow the offset below which batches may have been that were not fed in
   * @return what the snapshot says that cannot be, if so with what was expected; nothing is taken
   *     over then
   */
  public Optional<InvalidStateFileException> adopt(ProducerSnapshot snapshot, long unseenBelow) {
    for (ProducerEntry entry : snapshot.producers()) {
      ProducerState known = producers.get(entry.producerId());
      boolean possible =
          known == null ? entry.lastOffset() < unseenBelow : known.mayBe(entry, unseenBelow);
      if (!possible) {
        return Optional.of(
            new InvalidStateFileException(
                "producer " + entry.producerId(),
                entry.toString(),
                known == null ? "none that is not in the log" : known.toEntry().toString()));
      }
    }
    for (ProducerEntry entry : snapshot.producers()) {
      adopt(entry);
    }
    return Optional.empty();
  }

  private void adopt(ProducerEntry entry) {
    ProducerState known = producers.get(entry.producerId());
    if (known == null) {
      known = ProducerState.of(entry);
      add(known);
    } else {
      openTransactions.remove(known.currentTxnFirstOffset());
      known.take(entry);
    }
    if (entry.hasOpenTransaction()) {
      openTransactions.put(entry.currentTxnFirstOffset(), known);
    }
  }

  /** Forgets everything. */
  public void clear() {
    producers.clear();
    first = null;
    visited = null;
    openTransactions.clear();
  }

  @Override
  public String toString() {
    return "ProducerStates["
        + producers.size()
        + " producers, "
        + openTransactions.size()
        + " open transactions"
        + (openTransactions.isEmpty() ? "]" : ", from offset " + openTransactions.firstKey() + "]");
  }
}
