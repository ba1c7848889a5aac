package dev.varve.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.EpochEnd;
import dev.varve.log.record.LeaderEpoch;
import dev.varve.log.storage.SimulatedDisk;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/**
 * Replicas on disks of their own, of which one leads and the others follow as Kafka's do: they ask
 * where their latest epoch ended, cut what they have beyond, and append what the leader ships. The
 * power goes out under any of them, and any that has all that was committed may become the leader.
 *
 * <p>What was committed, which is what a majority has durably, is a list of keys that only grows:
 * every replica has these keys at these offsets, and readers at the high watermark see nothing
 * else.
 */
class ReplicationProperties {
  private static final int REPLICAS = 3;
  private static final int MAJORITY = 2;

  /** One thing that happens to the replicas, of which {@code replica} says to whom. */
  enum Event {
    APPEND,
    APPEND_LARGE,
    REPLICATE,
    REPLICATE_LITTLE,
    COMMIT,
    READ,
    LOSE_POWER,
    DIE,
    CLOSE,
    LEAD,
    MAINTAIN
  }

  record Happening(Event event, int replica) {}

  @Provide
  Arbitrary<Happening> happenings() {
    return Combinators.combine(
            Arbitraries.of(Event.class), Arbitraries.integers().between(0, REPLICAS - 1))
        .as(Happening::new);
  }

  @Property(tries = 500)
  void noOffsetBelowTheHighWatermarkEverDiffers(
      @ForAll long seed,
      @ForAll @Size(min = 5, max = 60) List<@From("happenings") Happening> history) {
    try (Cluster cluster = new Cluster(seed)) {
      for (Happening happening : history) {
        cluster.happens(happening);
        cluster.check();
      }
      cluster.settle();
    }
  }

  /** A replica: its disk, and its log on it. */
  private static final class Replica {
    private SimulatedDisk disk;
    private CommitLog log;
    private @Nullable LogReader reader;

    /** Whether it has cut its log to what the leader of this epoch has. */
    private int followedEpoch = -1;

    Replica(int id, long seed) {
      disk = new SimulatedDisk(Path.of("replica-" + id), seed + id);
      log = open(disk);
    }

    private static CommitLog open(SimulatedDisk disk) {
      return CommitLog.open(
          disk,
          LogOptions.builder()
              .replicated(true)
              .segmentBytesMax(700)
              .indexIntervalBytes(100)
              .ownMaintenanceThreads(false)
              .clock(() -> 0)
              .build());
    }

    /** Goes on with the disk as something left it. */
    void restart(SimulatedDisk left) {
      abandon();
      disk = left;
      log = open(left);
      followedEpoch = -1;
    }

    void abandon() {
      closeReader();
      log.close();
    }

    void closeReader() {
      if (reader != null) {
        reader.close();
        reader = null;
      }
    }

    /** Reads on at the high watermark, with the memory pinned from call to call. */
    void read(List<String> committed) {
      LogReader current = reader;
      if (current == null) {
        current = log.reader(0, Visibility.HIGH_WATERMARK);
        reader = current;
      }
      while (current.next()) {
        int offset = (int) current.record().offset();
        String key = new String(current.record().copyKey(), US_ASCII);
        assertThat(offset).as("offset of what is shown").isLessThan(committed.size());
        assertThat(key).as("at offset %s", offset).isEqualTo(committed.get(offset));
      }
    }

    List<String> keys() {
      List<String> keys = new ArrayList<>();
      try (LogReader all = log.reader(0)) {
        while (all.next()) {
          keys.add(new String(all.record().copyKey(), US_ASCII));
        }
      }
      return keys;
    }
  }

  /** The replicas and what they have committed. */
  private static final class Cluster implements AutoCloseable {
    private final List<Replica> replicas = new ArrayList<>();
    private final List<String> committed = new ArrayList<>();
    private int leader;
    private int epoch;
    private int records;

    Cluster(long seed) {
      for (int i = 0; i < REPLICAS; i++) {
        replicas.add(new Replica(i, seed));
      }
      lead(0);
    }

    private Replica leading() {
      return replicas.get(leader);
    }

    void happens(Happening happening) {
      Replica replica = replicas.get(happening.replica());
      switch (happening.event()) {
        case APPEND -> append(1 + happening.replica(), 10);
        case APPEND_LARGE -> append(1, 300);
        case REPLICATE -> replicate(replica, 1 << 20);
        case REPLICATE_LITTLE -> replicate(replica, 1);
        case COMMIT -> commit();
        case READ -> replica.read(committed);
        case LOSE_POWER -> replica.restart(replica.disk.afterPowerLoss());
        case DIE -> replica.restart(replica.disk.afterKill());
        case CLOSE -> {
          replica.abandon();
          replica.log = Replica.open(replica.disk);
          replica.followedEpoch = -1;
        }
        case LEAD -> lead(happening.replica());
        case MAINTAIN -> replica.log.maintenance();
      }
      if (leading().followedEpoch != epoch) {
        lead(electable()); // a leader that was restarted leads no more
      }
    }

    private void append(int count, int valueBytes) {
      var batch = leading().log.newBatch();
      for (int i = 0; i < count; i++) {
        byte[] key = ("k" + records++).getBytes(US_ASCII);
        batch.append(0, key, new byte[valueBytes]);
      }
      leading().log.append(batch.build());
    }

    /** The replica with the most that is durable of those that know the latest epoch. */
    private int electable() {
      int best = 0;
      for (int i = 1; i < REPLICAS; i++) {
        CommitLog log = replicas.get(i).log;
        CommitLog other = replicas.get(best).log;
        boolean better =
            lastEpoch(log) > lastEpoch(other)
                || (lastEpoch(log) == lastEpoch(other)
                    && log.offsets().endOffset() > other.offsets().endOffset());
        best = better ? i : best;
      }
      return best;
    }

    /** The epoch of the last batch. */
    private static int lastEpoch(CommitLog log) {
      int last = -1;
      for (LeaderEpoch known : log.replica().leaderEpochs()) {
        last = known.startOffset() < log.offsets().endOffset() ? known.epoch() : last;
      }
      return last;
    }

    /** Only one that has all that was committed may lead. */
    private void lead(int candidate) {
      leader = hasAllCommitted(candidate) ? candidate : electable();
      assertThat(hasAllCommitted(leader)).as("the best replica has what was committed").isTrue();
      leading().log.replica().beginEpoch(++epoch);
      leading().followedEpoch = epoch;
    }

    private boolean hasAllCommitted(int replica) {
      List<String> keys = replicas.get(replica).keys();
      return keys.size() >= committed.size() && keys.subList(0, committed.size()).equals(committed);
    }

    /** As a follower does: cut what the leader does not have, then take what it has. */
    private void replicate(Replica follower, int bytesMax) {
      CommitLog from = leading().log;
      CommitLog to = follower.log;
      if (from == to) {
        return;
      }
      if (follower.followedEpoch != epoch) {
        cutToCommonPrefix(from, to);
        follower.followedEpoch = epoch;
      }
      try (PinnedBatches batches = from.read(to.offsets().endOffset(), bytesMax);
          Arena arena = Arena.ofConfined()) {
        MemorySegment run = arena.allocate(batches.remainingBytes());
        long at = 0;
        while (batches.next()) {
          int bytes = batches.batch().sizeBytes();
          MemorySegment.copy(batches.batch().memory(), batches.batch().position(), run, at, bytes);
          at += bytes;
        }
        to.replica().appendAsFollower(run);
      }
      to.replica()
          .advanceHighWatermark(Math.min(from.offsets().highWatermark(), to.offsets().endOffset()));
    }

    /** By epochs alone: until both name the same epoch for the end of the shorter history. */
    private static void cutToCommonPrefix(CommitLog from, CommitLog to) {
      while (to.replica().latestEpoch() >= 0) {
        int latest = to.replica().latestEpoch();
        EpochEnd end = from.replica().endOffsetForEpoch(latest);
        if (!end.isKnown()) {
          throw new AssertionError("the leader does not know of epoch " + latest);
        }
        long own = to.replica().endOffsetForEpoch(end.epoch()).endOffset();
        long target = Math.min(end.endOffset(), own < 0 ? end.endOffset() : own);
        to.replica().truncateTo(target);
        if (end.epoch() == latest || to.replica().latestEpoch() == latest) {
          return;
        }
      }
    }

    /** What a majority that follows the leader has durably is committed. */
    private void commit() {
      List<Long> ends = new ArrayList<>();
      for (Replica replica : replicas) {
        if (replica.followedEpoch == epoch) {
          replica.log.flush();
          ends.add(replica.log.offsets().endOffset());
        }
      }
      if (ends.size() < MAJORITY) {
        return;
      }
      ends.sort(null);
      long end = ends.get(ends.size() - MAJORITY);
      // A record of an earlier leader is committed by one of this leader that follows it.
      long epochStart = leading().log.replica().endOffsetForEpoch(epoch - 1).endOffset();
      if (end > epochStart || leading().log.replica().leaderEpochs().size() == 1) {
        leading()
            .log
            .replica()
            .advanceHighWatermark(Math.max(end, leading().log.offsets().highWatermark()));
        List<String> keys = leading().keys();
        for (int i = committed.size(); i < end; i++) {
          committed.add(keys.get(i));
        }
      }
    }

    /** No replica has another record below its high watermark than was committed. */
    void check() {
      for (Replica replica : replicas) {
        long highWatermark = replica.log.offsets().highWatermark();
        List<String> keys = replica.keys();
        assertThat(highWatermark).isLessThanOrEqualTo(committed.size());
        assertThat(keys.subList(0, (int) highWatermark))
            .isEqualTo(committed.subList(0, (int) highWatermark));
      }
      assertThat(leading().keys().subList(0, committed.size())).isEqualTo(committed);
    }

    /** In the end all replicas have the same. */
    void settle() {
      append(1, 10);
      for (Replica replica : replicas) {
        do {
          replicate(replica, 1 << 20);
        } while (replica.log.offsets().endOffset() < leading().log.offsets().endOffset());
      }
      commit();
      check();
      List<String> keys = leading().keys();
      assertThat(committed).isEqualTo(keys);
      for (Replica replica : replicas) {
        replicate(replica, 1);
        assertThat(replica.keys()).isEqualTo(keys);
        replica.read(committed);
        List<LeaderEpoch> epochs = replica.log.replica().leaderEpochs();
        assertThat(epochs).isEqualTo(leading().log.replica().leaderEpochs());
      }
    }

    @Override
    public void close() {
      for (Replica replica : replicas) {
        replica.abandon();
        assertThat(replica.disk.mappings()).isZero();
        assertThat(replica.disk.openFiles()).isZero();
      }
    }
  }
}
