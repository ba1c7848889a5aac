package dev.varve.log.producer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.EpochEnd;
import dev.varve.log.record.LeaderEpoch;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class LeaderEpochsProperties {
  /** Batches of an epoch: as many offsets as {@code length} says. */
  record Term(int epochsLater, int length) {}

  @Property(tries = 500)
  void parseIsTheInverseOfFormat(@ForAll("terms") List<Term> terms) throws Exception {
    LeaderEpochs epochs = assignAll(terms);

    assertThat(LeaderEpochs.parse(epochs.format())).isEqualTo(epochs);
  }

  /** Follows a log by writing down the epoch of every single offset. */
  @Property(tries = 500)
  void endOffsetsAreThoseOfTheOffsetsThemselves(@ForAll("terms") List<Term> terms) {
    int[] epochOfOffset = new int[terms.stream().mapToInt(Term::length).sum()];
    int epoch = -1;
    int offset = 0;
    for (Term term : terms) {
      epoch += term.epochsLater();
      Arrays.fill(epochOfOffset, offset, offset + term.length(), epoch);
      offset += term.length();
    }
    LeaderEpochs epochs = assignAll(terms);

    int latest = epochs.latestEpoch();
    for (int asked = 0; asked <= latest; asked++) {
      int end = 0;
      while (end < epochOfOffset.length && epochOfOffset[end] <= asked) {
        end++;
      }
      EpochEnd answer = epochs.endOffsetFor(asked, epochOfOffset.length);
      assertThat(answer.endOffset()).isEqualTo(end);
      assertThat(answer.epoch()).isEqualTo(end == 0 ? asked : epochOfOffset[end - 1]);
    }
    assertThat(epochs.endOffsetFor(latest + 1, epochOfOffset.length)).isEqualTo(EpochEnd.UNKNOWN);
  }

  @Property(tries = 500)
  void whateverIsAssignedLastIsTheNewestAndTheRestKeepsItsOrder(
      @ForAll("terms") List<Term> terms,
      @ForAll("epochNumbers") int epoch,
      @ForAll("offsets") long offset) {
    LeaderEpochs before = assignAll(terms);

    LeaderEpochs after = before.assign(epoch, offset);

    assertThat(after.latestEpoch()).isEqualTo(epoch);
    assertThat(after.entries().getLast().startOffset()).isLessThanOrEqualTo(offset);
    List<LeaderEpoch> kept = after.entries().subList(0, after.entries().size() - 1);
    assertThat(before.entries().subList(0, kept.size()))
        .as("what is kept is the head of what there was")
        .isEqualTo(kept);
    assertThat(after.assign(epoch, offset)).isSameAs(after);
  }

  private static LeaderEpochs assignAll(List<Term> terms) {
    LeaderEpochs epochs = LeaderEpochs.NONE;
    int epoch = -1;
    long offset = 0;
    for (Term term : terms) {
      epoch += term.epochsLater();
      for (int batch = 0; batch < term.length(); batch++) {
        epochs = epochs.assign(epoch, offset++);
      }
    }
    return epochs;
  }

  @Provide
  Arbitrary<Integer> epochNumbers() {
    return Arbitraries.integers().between(0, 60);
  }

  @Provide
  Arbitrary<Long> offsets() {
    return Arbitraries.longs().between(0, 100);
  }

  @Provide
  Arbitrary<List<Term>> terms() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 4), Arbitraries.integers().between(1, 5))
        .as(Term::new)
        .list()
        .ofMaxSize(15);
  }
}
