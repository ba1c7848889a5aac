package dev.varve.log.producer;

import static dev.varve.log.producer.BatchHeader.data;
import static dev.varve.log.producer.BatchHeader.transactional;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.ProducerFencedException;
import org.junit.jupiter.api.Test;

class ProducerOwnersTest {
  private static final short LAST_EPOCH = Short.MAX_VALUE - 1;
  private static final ProducerName NAME = ProducerName.of("importer");
  private static final long ID = NAME.id(0);

  private final ProducerStates states = new ProducerStates();
  private final ProducerOwners owners = new ProducerOwners(states);

  @Test
  void aNewNameBeginsAtNothing() {
    assertThat(owners.claim(NAME)).isEqualTo(new ProducerClaim(ID, (short) 0, 0));
    assertThat(ID).isPositive();
  }

  @Test
  void aNameGoesOnWhereTheLogHasIt() {
    states.onBatch(data(100, ID, 3, 20).wrap());

    assertThat(owners.claim(NAME)).isEqualTo(new ProducerClaim(ID, (short) 3, 30));
  }

  @Test
  void sequencesGoOnAtZeroBehindTheGreatest() {
    states.onBatch(data(0, ID, 0, Integer.MAX_VALUE - 9).wrap());

    assertThat(owners.claim(NAME).nextSequence()).isZero();
  }

  @Test
  void theOlderOfTwoOwnersIsFencedBeforeTheNewerAppends() {
    states.onBatch(data(100, ID, 3, 20).wrap());
    owners.claim(NAME);
    owners.check(ID, (short) 3);

    assertThat(owners.claim(NAME)).isEqualTo(new ProducerClaim(ID, (short) 4, 0));

    assertThatThrownBy(() -> owners.check(ID, (short) 3))
        .isInstanceOfSatisfying(
            ProducerFencedException.class,
            fenced -> {
              assertThat(fenced.producerId()).isEqualTo(ID);
              assertThat(fenced.epoch()).isEqualTo(3);
              assertThat(fenced.currentEpoch()).isEqualTo(4);
            })
        .hasMessageContainingAll("epoch 3", "at least 4");
    owners.check(ID, (short) 4);
  }

  @Test
  void theOlderStaysFencedWhenTheNewerIsReleased() {
    owners.claim(NAME);
    owners.claim(NAME);

    owners.release(NAME);

    assertThatThrownBy(() -> owners.check(ID, (short) 0))
        .isInstanceOf(ProducerFencedException.class);
    assertThat(owners.claim(NAME).epoch()).isEqualTo((short) 2);
  }

  @Test
  void anEpochInWhichNothingWasAppendedIsForgottenWithItsOwners() {
    owners.claim(NAME);
    owners.claim(NAME);

    owners.release(NAME);
    owners.release(NAME);
    owners.release(NAME); // one too many is harmless

    owners.check(ID, (short) 0);
    assertThat(owners.claim(NAME).epoch()).isZero();
  }

  @Test
  void anOpenTransactionIsTakenOverWithTheNextEpoch() {
    states.onBatch(transactional(0, ID, 3, 0).wrap());

    assertThat(owners.claim(NAME)).isEqualTo(new ProducerClaim(ID, (short) 4, 0));
  }

  @Test
  void theOwnersEpochCountsAlsoWhenTheLogIsAheadOfIt() {
    owners.claim(NAME);
    states.onBatch(data(0, ID, 7, 0).wrap());

    assertThat(owners.claim(NAME).epoch()).isEqualTo((short) 8);
  }

  @Test
  void aNameWhoseEpochsAreUsedUpGoesOnWithItsNextId() {
    states.onBatch(data(0, ID, LAST_EPOCH, 0).wrap());
    assertThat(owners.claim(NAME)).isEqualTo(new ProducerClaim(ID, LAST_EPOCH, 10));

    assertThat(owners.claim(NAME)).isEqualTo(new ProducerClaim(NAME.id(1), (short) 0, 0));

    assertThatThrownBy(() -> owners.check(ID, LAST_EPOCH))
        .isInstanceOf(ProducerFencedException.class);
    owners.check(ID, Short.MAX_VALUE); // what a marker has that ends what was left open
    owners.check(NAME.id(1), (short) 0);
    owners.release(NAME);
    owners.release(NAME);
    assertThat(owners.claim(NAME))
        .as("nothing was appended")
        .isEqualTo(new ProducerClaim(ID, LAST_EPOCH, 10));
  }

  @Test
  void theNewestIdOfANameIsFoundAgain() {
    states.onBatch(data(0, ID, LAST_EPOCH, 0).wrap());
    states.onBatch(data(10, NAME.id(1), 2, 0).wrap());

    assertThat(owners.claim(NAME)).isEqualTo(new ProducerClaim(NAME.id(1), (short) 2, 10));
  }

  @Test
  void theGreatestEpochIsLeftToMarkers() {
    states.onBatch(data(0, ID, Short.MAX_VALUE, 0).wrap());

    assertThat(owners.claim(NAME)).isEqualTo(new ProducerClaim(NAME.id(1), (short) 0, 0));
  }

  @Test
  void othersAreNotFenced() {
    owners.claim(NAME);
    owners.claim(NAME);

    owners.check(7, (short) 0);
    owners.check(ProducerName.of("exporter").id(0), (short) 0);
  }
}
