package dev.varve.log.producer;

import dev.varve.log.error.ProducerFencedException;
import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Who appends as which producer in this process. Of two owners of one name the later has the
 * greater epoch and the earlier is fenced, from the claim on and not only from its first batch on,
 * which is why the batches of the log alone cannot tell.
 *
 * <pre>
 *   the log knows         claim by A    claim by B        A and B close   claim by C
 *   epoch 3, sequence 9   (3, 10)       (4, 0): A is      if B appended:  (4, its next)
 *                                       fenced            else:           (3, 10)
 * </pre>
 *
 * <p>An owner that died with its process has nobody left to be fenced, so that the next process
 * goes on in its epoch and recognizes what it repeats.
 *
 * <p>Thread safety: none; it belongs to whoever holds the log's write lock.
 */
public final class ProducerOwners {
  /**
   * The greatest epoch is left to the marker that fences the owner before: nobody appends data with
   * it.
   */
  private static final int EXHAUSTED = Short.MAX_VALUE;

  private static final int NOT_CLAIMED = -1;

  private final ProducerStates producers;
  private final Map<ProducerName, Owner> owners = new HashMap<>();

  /** The lowest epoch that may append, by the ids that were claimed. */
  private final Long2LongHashMap epochsMin = new Long2LongHashMap(NOT_CLAIMED);

  ProducerOwners(ProducerStates producers) {
    this.producers = producers;
  }

  /** Who claimed a name last. */
  private static final class Owner {
    private final LongArrayList ids = new LongArrayList();
    private int generation;
    private int epoch;

    /** How many have claimed the name and not released it. */
    private int claims;
  }

  /**
   * Makes the caller the owner of a producer, until somebody else claims it.
   *
   * @return in which epoch and with which sequence it goes on
   */
  public ProducerClaim claim(ProducerName name) {
    Owner owner = owners.get(name);
    boolean claimed = owner != null;
    if (owner == null) {
      owner = new Owner();
      owner.generation = newestGeneration(name);
      owners.put(name, owner);
    }
    long id = name.id(owner.generation);
    ProducerState known = producers.find(id);
    owner.epoch = Math.max(owner.epoch, known == null ? 0 : known.epoch());
    if (claimed || (known != null && known.hasOpenTransaction())) {
      owner.epoch++;
    }
    if (owner.epoch >= EXHAUSTED) {
      admitFrom(EXHAUSTED, id, owner);
      owner.generation++;
      owner.epoch = 0;
      id = name.id(owner.generation);
      known = null;
    }
    admitFrom(owner.epoch, id, owner);
    owner.claims++;
    return goOn(id, (short) owner.epoch, known);
  }

  /** The open transaction that somebody has left under a name; null if there is none. */
  public @Nullable OpenTransaction openTransaction(ProducerName name) {
    Owner owner = owners.get(name);
    int generation = owner == null ? newestGeneration(name) : owner.generation;
    return producers.openTransaction(name.id(generation));
  }

  private void admitFrom(int epoch, long id, Owner owner) {
    if (epochsMin.put(id, epoch) == NOT_CLAIMED) {
      owner.ids.addLong(id);
    }
  }

  private static ProducerClaim goOn(long id, short epoch, @Nullable ProducerState known) {
    return known == null || known.epoch() != epoch
        ? new ProducerClaim(id, epoch, 0)
        : new ProducerClaim(id, epoch, known.nextSequence());
  }

  private int newestGeneration(ProducerName name) {
    int generation = 0;
    while (producers.find(name.id(generation + 1)) != null) {
      generation++;
    }
    return generation;
  }

  /** Takes back one claim of a name. With the last one it is forgotten who was fenced. */
  public void release(ProducerName name) {
    Owner owner = owners.get(name);
    if (owner != null && --owner.claims == 0) {
      owners.remove(name);
      for (int i = 0; i < owner.ids.size(); i++) {
        epochsMin.remove(owner.ids.getLong(i));
      }
    }
  }

  /** The lowest epoch that may append as a producer; -1 if nobody has claimed it. */
  public int epochMin(long producerId) {
    return (int) epochsMin.get(producerId);
  }

  /**
   * Refuses the batches of owners that were fenced.
   *
   * @throws ProducerFencedException if the producer was claimed with a greater epoch
   */
  void check(long producerId, short epoch) {
    int epochMin = epochMin(producerId);
    if (epoch < epochMin) {
      throw new ProducerFencedException(producerId, epoch, epochMin);
    }
  }
}
