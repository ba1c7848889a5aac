package dev.varve.log.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.store.DirectoryName.Stage;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicPartitionTest {
  @ParameterizedTest
  @CsvSource({
    "orders-0, orders, 0",
    "a-2147483647, a, 2147483647",
    "order.events_2-x-17, order.events_2-x, 17",
    "--0, -, 0",
    "...-0, ..., 0",
    "a-1-2, a-1, 2",
  })
  void theNameOfADirectoryIsThatOfALog(String directory, String topic, int partition) {
    assertThat(TopicPartition.ofDirectoryName(directory))
        .hasValue(new TopicPartition(topic, partition));
    assertThat(new TopicPartition(topic, partition).directoryName()).isEqualTo(directory);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "orders",
        "orders-",
        "-0",
        "orders-x",
        "orders-00",
        "orders-+1",
        "orders--1x",
        "orders-2147483648",
        "orders-99999999999",
        ".-0",
        "..-0",
        "or ders-0",
        "orders\u00e9-0",
        "orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-delete",
        "orders-\u0660"
      })
  void otherNamesAreNotThoseOfLogs(String directory) {
    assertThat(TopicPartition.ofDirectoryName(directory)).isEmpty();
  }

  @Property(tries = 300)
  void aTopicIsTakenIfKafkaTakesIt(
      @ForAll @StringLength(max = 251) @CharRange(from = '+', to = '|') String topic) {
    boolean lawful = true;
    try {
      Topic.validate(topic);
    } catch (InvalidTopicException e) {
      lawful = false;
    }
    assertThat(isTaken(topic)).isEqualTo(lawful);
  }

  @Property(tries = 300)
  void aNameOfLegalCharactersMakesTheRoundTrip(
      @ForAll @StringLength(min = 1, max = 249) @CharRange(from = 'a', to = 'z') String topic,
      @ForAll @IntRange(min = 0) int partition) {
    TopicPartition log = new TopicPartition(topic, partition);
    assertThat(TopicPartition.ofDirectoryName(log.directoryName())).hasValue(log);
  }

  private static boolean isTaken(String topic) {
    try {
      var _ = new TopicPartition(topic, 0);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Test
  void theLongestNameHas249Characters() {
    assertThat(isTaken("x".repeat(249))).isTrue();
    assertThatThrownBy(() -> new TopicPartition("x".repeat(250), 0))
        .hasMessageEndingWith("has 250 characters, expected at most 249");
    assertThatThrownBy(() -> new TopicPartition("x", -1))
        .hasMessage("partition -1 of x, expected 0 or more");
  }

  @Test
  void logsAreOrderedByTopicAndThenByNumber() {
    assertThat(
            new TreeSet<>(
                List.of(
                    new TopicPartition("b", 0),
                    new TopicPartition("a", 10),
                    new TopicPartition("a", 9))))
        .extracting(TopicPartition::toString)
        .containsExactly("a-9", "a-10", "b-0");
  }

  @ParameterizedTest
  @CsvSource({
    "orders-0, LOG",
    "orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-delete, DELETED",
    "orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-future, FUTURE",
    "orders-0.5F0C9B3E8A6D4C7F9E1B2A3C4D5E6F70-stray, STRAY",
    "__cluster_metadata-0, BROKER",
    "remote-log-index-cache, BROKER",
    "__consumer_offsets-49, LOG",
  })
  void aSuffixSaysWhatADirectoryIs(String name, Stage stage) {
    assertThat(DirectoryName.parse(name)).map(DirectoryName::stage).hasValue(stage);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lost+found",
        "orders-0-delete",
        "orders-0.-delete",
        "orders-0.5f0c-delete",
        "orders.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-delete",
        "orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-deleted"
      })
  void whatMeansNothingIsSo(String name) {
    assertThat(DirectoryName.parse(name)).isEmpty();
  }

  @Test
  void theNameOfADeletedLogFitsInAFileName() {
    TopicPartition longest = new TopicPartition("x".repeat(249), Integer.MAX_VALUE);
    String name = DirectoryName.deleted(longest, UUID.randomUUID());
    assertThat(name).hasSize(255);
    assertThat(DirectoryName.parse(name)).map(DirectoryName::stage).hasValue(Stage.DELETED);
    assertThat(
            DirectoryName.deleted(
                new TopicPartition("orders", 0),
                UUID.fromString("5f0c9b3e-8a6d-4c7f-9e1b-2a3c4d5e6f70")))
        .isEqualTo("orders-0.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-delete");
  }
}
