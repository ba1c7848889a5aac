package dev.varve.log.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProducerNameTest {
  /** Ids are in logs, so they must stay; computed with {@code sha256sum}. */
  @Test
  void idsAreTheBeginningsOfHashes() {
    assertThat(ProducerName.of("importer").id(0)).isEqualTo(5_636_149_811_730_655_818L);
    assertThat(ProducerName.of("importer").id(1)).isEqualTo(6_418_135_153_156_689_988L);
    assertThat(ProducerName.of("über").id(0)).isEqualTo(7_018_260_716_037_901_286L);
  }

  @Test
  void aNameHasOneTo255Bytes() {
    assertThat(ProducerName.of("x".repeat(255)).id(0)).isPositive();
    assertThatThrownBy(() -> ProducerName.of(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name of a producer of 0 bytes, expected 1 to 255");
    assertThatThrownBy(() -> ProducerName.of("ü".repeat(128)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name of a producer of 256 bytes, expected 1 to 255");
  }

  /** Two such names would be encoded alike, and fence one another. */
  @Test
  void halfASurrogatePairIsNoName() {
    assertThatThrownBy(() -> ProducerName.of("a\ud800"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("surrogate");
  }
}
