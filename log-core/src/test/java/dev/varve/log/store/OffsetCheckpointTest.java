package dev.varve.log.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.producer.InvalidStateFileException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OffsetCheckpointTest {
  private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
  private static final TopicPartition PAYMENTS = new TopicPartition("payments", 12);

  @Test
  void entriesMakeTheRoundTrip() throws InvalidStateFileException {
    Map<TopicPartition, Long> offsets = new TreeMap<>(Map.of(ORDERS, 1234L, PAYMENTS, 0L));
    byte[] file = OffsetCheckpoint.format(offsets);
    assertThat(new String(file, UTF_8)).isEqualTo("0\n2\norders 0 1234\npayments 12 0\n");
    assertThat(OffsetCheckpoint.parse(file)).isEqualTo(offsets);
  }

  @Test
  void whatKafkaReadsIsRead() throws InvalidStateFileException {
    assertThat(parse("")).isEmpty();
    assertThat(parse("0\n0\n")).isEmpty();
    assertThat(parse("0\n0")).isEmpty();
    assertThat(parse("0\n1\norders  0\t7")).isEqualTo(Map.of(ORDERS, 7L));
    assertThat(parse("0\r\n1\r\norders 0 7\r\n")).isEqualTo(Map.of(ORDERS, 7L));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          1|0|                         , line 1, version 0
          0                            , line 2, 0 or more
          0|                           , line 2, 0 or more
          0|x|                         , line 2, 0 or more
          0|1|                         , line 2, entries that follow
          0|2|orders 0 7|              , line 2, entries that follow
          0|1|orders 0 7|payments 1 1| , line 2, entries that follow
          0|1|orders 0|                , line 3, topic
          0|1|orders 0 7 8|            , line 3, topic
          0|1|orders 0 -7|             , line 3, 0 or more
          0|1|orders 0 99999999999999999999| , line 3, 0 or more
          0|1|orders x 7|              , line 3, as Kafka allows
          0|1|or/ders 0 7|             , line 3, as Kafka allows
          0|2|orders 0 7|orders 0 8|   , line 4, one entry
          """)
  void whatIsCutOrMadeUpIsRefusedWithItsPlace(String file, String place, String expected) {
    assertThatThrownBy(() -> parse(file.replace('|', '\n')))
        .isInstanceOf(InvalidStateFileException.class)
        .hasMessageStartingWith(place)
        .hasMessageContaining(expected);
  }

  /** A count is no checksum, but no cut goes unnoticed that loses a line. */
  @Test
  void aCutIsNoticedUnlessItIsInTheLastNumber() throws InvalidStateFileException {
    String whole = "0\n2\norders 0 1234\npayments 12 5678\n";
    for (int length = 1; length < whole.indexOf("5678"); length++) {
      String cut = whole.substring(0, length);
      assertThatThrownBy(() -> parse(cut)).isInstanceOf(InvalidStateFileException.class);
    }
  }

  private static Map<TopicPartition, Long> parse(String file) throws InvalidStateFileException {
    return OffsetCheckpoint.parse(file.getBytes(UTF_8));
  }
}
