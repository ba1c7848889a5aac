package dev.varve.compaction;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.record.Compression;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LatestTest {
  private static CompactedLog open() {
    return new CompactedLog(Compression.NONE, 1000, CompactorOptions.defaults())
        .with("delete.retention.ms", "0");
  }

  /** The records up to where the view is caught up: {@code offset key=value}. */
  private static List<String> rest(LatestView latest) {
    List<String> found = new ArrayList<>();
    while (latest.next()) {
      byte[] value = latest.record().copyValue();
      String key = new String(latest.record().copyKey(), UTF_8);
      found.add(latest.record().offset() + " " + key + (value == null ? "" : "=" + text(value)));
    }
    return found;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  @Test
  void theLastValuesComeFirstAndThenWhatFollows() {
    try (CompactedLog log = open()) {
      log.append("a=1", "b=1", "c=1").roll().append("a=2", "c");
      try (LatestView latest = LatestView.of(log.log, 4096)) {
        log.append("d=1");
        assertThat(rest(latest)).containsExactly("1 b=1", "3 a=2");
        assertThat(latest.isCaughtUp()).isTrue();
        assertThat(latest.asOf()).isEqualTo(5);
        assertThat(rest(latest)).containsExactly("5 d=1");
        log.append("b", "d=2");
        assertThat(rest(latest)).containsExactly("6 b", "7 d=2");
      }
    }
  }

  @Test
  void aLogThatIsEmptyOrWasGivenUpHasNoKeys() {
    try (CompactedLog log = open()) {
      try (LatestView latest = LatestView.of(log.log, 4096)) {
        assertThat(rest(latest)).isEmpty();
        log.append("a=1").roll();
        assertThat(rest(latest)).containsExactly("0 a=1");
      }
      log.log.advanceStartOffset(1);
      try (LatestView latest = LatestView.of(log.log, 4096)) {
        assertThat(rest(latest)).isEmpty();
        assertThat(rest(latest)).isEmpty();
      }
    }
  }

  @Test
  void moreKeysThanTheMemoryHoldsComeInParts() {
    try (CompactedLog log = open()) {
      Random random = new Random(7);
      for (int i = 0; i < 2000; i++) {
        log.append("key-" + random.nextInt(500) + "=" + i);
      }
      try (LatestView latest = LatestView.of(log.log, 512)) {
        List<String> expected =
            log.model.entrySet().stream()
                .map(last ->
                    last.getValue().offset() + " " + last.getKey() + "=" + last.getValue().value())
                .toList();
        assertThat(rest(latest)).containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  @Test
  void aKeyIsLookedUpInTheLogAsItIsNow() {
    try (CompactedLog log = open()) {
      log.append("a=1", "b=1", "=empty").roll();
      try (LatestByKey latest = LatestByKey.of(log.log, 4096)) {
        assertThat(latest.get("a".getBytes(UTF_8))).asString(UTF_8).isEqualTo("1");
        assertThat(latest.get("".getBytes(UTF_8))).asString(UTF_8).isEqualTo("empty");
        assertThat(latest.get("c".getBytes(UTF_8))).isNull();
        log.append("a=2", "b").roll();
        for (int pass = 0; pass < 3; pass++) {
          assertThat(latest.get("a".getBytes(UTF_8))).asString(UTF_8).isEqualTo("2");
          assertThat(latest.get("b".getBytes(UTF_8))).isNull();
          log.compaction.run();
          log.nowMillis++;
          log.append("c=" + pass).roll();
          assertThat(latest.get("c".getBytes(UTF_8))).asString(UTF_8).isEqualTo("" + pass);
        }
        assertThat(log.last()).doesNotContainKey("b");
        assertThat(latest.size()).isEqualTo(4);
        log.log.advanceStartOffset(log.log.offsets().endOffset());
        assertThat(latest.get("a".getBytes(UTF_8))).isNull();
      }
    }
  }

  @Test
  void tooLittleMemoryIsSaid() {
    try (CompactedLog log = open()) {
      for (int i = 0; i < 100; i++) {
        log.append("key-" + i + "=" + i);
      }
      assertThatThrownBy(() -> LatestByKey.of(log.log, 300))
          .hasMessageContaining("no memory for the key at offset");
      assertThatThrownBy(() -> LatestByKey.of(log.log, 10))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(log.log.segments()).isNotEmpty();
    }
  }
}
