package dev.varve.log.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class ProducerSnapshotProperties {
  @Property(tries = 300)
  void parseIsTheInverseOfFormat(@ForAll("snapshots") ProducerSnapshot snapshot) throws Exception {
    byte[] file = snapshot.format();

    assertThat(ProducerSnapshot.parse(file).producers())
        .containsExactlyInAnyOrderElementsOf(snapshot.producers())
        .isSortedAccordingTo(Comparator.comparingLong(ProducerEntry::producerId));
    assertThat(file).hasSize(10 + 46 * snapshot.producers().size());
  }

  @Property(tries = 300)
  void anyFlippedBitIsNoticed(
      @ForAll("snapshots") ProducerSnapshot snapshot, @ForAll @IntRange(max = 100_000) int pick) {
    byte[] file = snapshot.format();
    int bit = pick % (8 * file.length);
    file[bit / 8] ^= (byte) (1 << bit % 8);

    assertThatThrownBy(() -> ProducerSnapshot.parse(file))
        .isInstanceOf(InvalidStateFileException.class);
  }

  @Property(tries = 300)
  void anyOtherLengthIsNoticed(
      @ForAll("snapshots") ProducerSnapshot snapshot,
      @ForAll @IntRange(max = 2000) int lengthBytes) {
    byte[] file = snapshot.format();
    if (lengthBytes == file.length) {
      return;
    }

    assertThatThrownBy(() -> ProducerSnapshot.parse(Arrays.copyOf(file, lengthBytes)))
        .isInstanceOf(InvalidStateFileException.class);
  }

  @Property(tries = 300)
  void aStateThatIsLoadedGivesTheSnapshotBack(@ForAll("snapshots") ProducerSnapshot snapshot) {
    ProducerStates states = new ProducerStates();
    states.load(snapshot);

    List<ProducerEntry> given = states.snapshot().producers();

    assertThat(given).hasSameSizeAs(snapshot.producers());
    for (ProducerEntry entry : snapshot.producers()) {
      // Whoever has no batch has nothing of a batch, whatever the file said.
      ProducerEntry expected =
          entry.hasBatch()
              ? entry
              : new ProducerEntry(
                  entry.producerId(),
                  entry.epoch(),
                  -1,
                  -1,
                  0,
                  entry.timestamp(),
                  entry.coordinatorEpoch(),
                  entry.currentTxnFirstOffset());
      assertThat(given).contains(expected);
    }
  }

  @Provide
  Arbitrary<ProducerSnapshot> snapshots() {
    Arbitrary<Long> orNone = Arbitraries.longs().between(-1, Long.MAX_VALUE);
    return Combinators.combine(
            Arbitraries.longs().between(0, Long.MAX_VALUE),
            Arbitraries.shorts().between((short) 0, Short.MAX_VALUE),
            Arbitraries.integers().between(-1, Integer.MAX_VALUE),
            orNone,
            Arbitraries.integers().between(0, Integer.MAX_VALUE),
            orNone,
            Arbitraries.integers().between(-1, Integer.MAX_VALUE),
            orNone)
        .as(ProducerEntry::new)
        .list()
        .ofMaxSize(20)
        .uniqueElements(ProducerEntry::producerId)
        .map(ProducerSnapshot::new);
  }
}
