package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.OutOfOrderSequenceException;
import dev.varve.log.error.ProducerFencedException;
import dev.varve.log.record.EncodedBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/**
 * Each record of a producer is in the log once, in its order, whatever is tried again, whoever
 * takes the producer's name over, and however the log is closed, killed, and robbed of its
 * snapshots.
 */
class ProducerModelProperties {
  enum What {
    CLAIM,
    RELEASE,
    APPEND,
    RETRY,
    SKIP,
    BY_AN_OLDER,
    ROLL,
    MAINTAIN,
    KILL,
    REOPEN,
    ROB
  }

  record Move(What what, int name, int number) {}

  @Provide
  Arbitrary<List<Move>> moves() {
    return Combinators.combine(
            Arbitraries.frequency(
                Tuple.of(2, What.CLAIM),
                Tuple.of(1, What.RELEASE),
                Tuple.of(12, What.APPEND),
                Tuple.of(8, What.RETRY),
                Tuple.of(2, What.SKIP),
                Tuple.of(2, What.BY_AN_OLDER),
                Tuple.of(2, What.ROLL),
                Tuple.of(1, What.MAINTAIN),
                Tuple.of(1, What.KILL),
                Tuple.of(1, What.REOPEN),
                Tuple.of(1, What.ROB)),
            Arbitraries.integers().between(0, 2),
            Arbitraries.integers().between(0, 6))
        .as(Move::new)
        .list()
        .ofMinSize(10)
        .ofMaxSize(60);
  }

  @Property(tries = 100)
  void eachRecordIsThereOnce(@ForAll("moves") List<Move> moves) throws IOException {
    Path root = Files.createTempDirectory("varve-producers");
    try (Machine machine = new Machine(root)) {
      for (Move move : moves) {
        machine.make(move);
      }
      machine.fixture.assertReads(machine.keys.toArray(String[]::new));
      machine.reopen();
      machine.fixture.assertReads(machine.keys.toArray(String[]::new));
    } finally {
      LogFixture.deleteTree(root);
    }
  }

  /** A batch that was appended, in memory of its own. */
  record Sent(EncodedBatch batch, long offset, int epoch) {}

  /** The log, and what it must have. */
  private static final class Machine implements AutoCloseable {
    private static final int KEPT_BATCHES = 5;

    private final LogFixture fixture;
    private final List<String> keys = new ArrayList<>();
    private final Map<Integer, List<Producer>> owners = new HashMap<>();
    private final Map<Integer, List<Sent>> sent = new HashMap<>();

    /** How many of a producer's last batches the log knows for sure. */
    private final Map<Integer, Integer> knownForSure = new HashMap<>();

    Machine(Path root) {
      fixture = LogFixture.open(root, options -> options.segmentBytesMax(900).batchBytesMax(900));
    }

    void make(Move move) {
      List<Producer> all = owners.computeIfAbsent(move.name, name -> new ArrayList<>());
      switch (move.what) {
        case CLAIM -> claim(move.name);
        case RELEASE -> {
          // The oldest, or all: who stays is not fenced by one who went.
          for (int left = move.number % 2 == 0 ? 1 : all.size();
              left > 0 && !all.isEmpty();
              left--) {
            all.removeFirst().close();
          }
        }
        case APPEND -> append(move.name, 1 + move.number % 3);
        case RETRY -> retry(move.name, move.number);
        case SKIP -> skip(move.name, 1 + move.number);
        case BY_AN_OLDER -> byAnOlder(all, move.number);
        case ROLL -> fixture.roll();
        case MAINTAIN -> fixture.maintain();
        case KILL -> {
          fixture.kill();
          reopen();
        }
        case REOPEN -> reopen();
        case ROB -> {
          fixture.shut();
          fixture.names().stream()
              .filter(file -> file.endsWith(".snapshot"))
              .skip(move.number % 3)
              .forEach(file -> {
                if (move.number % 2 == 0) {
                  fixture.deleteFile(file);
                } else {
                  fixture.truncate(file, 9);
                }
              });
          reopen();
        }
      }
    }

    private Producer claim(int name) {
      List<Producer> all = owners.computeIfAbsent(name, any -> new ArrayList<>());
      boolean contested = !all.isEmpty();
      Producer producer = fixture.log().producer("producer " + name);
      Sent last = last(name);
      int epoch = last == null ? 0 : last.epoch;
      if (contested) {
        assertThat((int) producer.epoch()).isGreaterThan(all.getLast().epoch());
        assertThat(producer.nextSequence()).isZero();
      } else {
        assertThat((int) producer.epoch()).isEqualTo(epoch);
        assertThat(producer.nextSequence())
            .isEqualTo(last == null ? 0 : last.batch.batch().nextSequence());
      }
      all.add(producer);
      return producer;
    }

    private Producer owner(int name) {
      List<Producer> all = owners.computeIfAbsent(name, any -> new ArrayList<>());
      return all.isEmpty() ? claim(name) : all.getLast();
    }

    private @Nullable Sent last(int name) {
      List<Sent> batches = sent.getOrDefault(name, List.of());
      return batches.isEmpty() ? null : batches.getLast();
    }

    private void append(int name, int records) {
      Producer producer = owner(name);
      String[] fresh = new String[records];
      for (int i = 0; i < records; i++) {
        fresh[i] = "k" + (keys.size() + i);
      }
      EncodedBatch lent = fixture.batch(fresh);
      EncodedBatch batch = EncodedBatch.copyOf(lent.memory().asSlice(0, lent.sizeBytes()));
      long offset = producer.append(batch);
      assertThat(offset).isEqualTo(keys.size());
      keys.addAll(List.of(fresh));
      sent.computeIfAbsent(name, any -> new ArrayList<>())
          .add(new Sent(batch, offset, producer.epoch()));
      knownForSure.merge(name, 1, Integer::sum);
    }

    /** One of the last is answered with its offset; one that is not known is refused. */
    private void retry(int name, int back) {
      List<Sent> batches = sent.getOrDefault(name, List.of());
      if (back >= batches.size()) {
        return;
      }
      Producer producer = owner(name);
      Sent again = batches.get(batches.size() - 1 - back);
      boolean sameEpoch = again.epoch == producer.epoch();
      boolean known = back < Math.min(KEPT_BATCHES, knownForSure.getOrDefault(name, 0));
      try {
        assertThat(producer.append(again.batch)).isEqualTo(again.offset);
        assertThat(sameEpoch && back < KEPT_BATCHES).isTrue();
      } catch (ProducerFencedException e) {
        assertThat(sameEpoch).as("%s", e).isFalse();
      } catch (OutOfOrderSequenceException e) {
        assertThat(known).as("%s", e).isFalse();
      }
      fixture.assertOffsets(0, keys.size());
    }

    private void skip(int name, int gap) {
      Producer producer = owner(name);
      Sent last = last(name);
      if (last == null) {
        return; // of a producer that is not known nobody can tell
      }
      int sequence = producer.nextSequence() + gap;
      assertThatThrownBy(() -> producer.appendAs(sequence, 0, "gap".getBytes(UTF_8), null))
          .isInstanceOf(OutOfOrderSequenceException.class)
          .hasMessageContaining("expected " + producer.nextSequence());
    }

    private static void byAnOlder(List<Producer> all, int number) {
      if (all.size() > 1) {
        Producer older = all.get(number % (all.size() - 1));
        assertThatThrownBy(() -> older.append("fenced".getBytes(UTF_8), null))
            .isInstanceOf(ProducerFencedException.class);
      }
    }

    private void reopen() {
      owners.values().forEach(all -> all.forEach(Producer::close));
      owners.clear();
      knownForSure.replaceAll((name, batches) -> Math.min(1, batches));
      fixture.reopen();
    }

    @Override
    public void close() {
      fixture.close();
    }
  }
}
