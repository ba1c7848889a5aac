package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.interop.KafkaLog.OffsetAtTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** Lookups by time, against a walk over all records and against Kafka. */
final class TimeLookups {
  private TimeLookups() {}

  /** Asks at, before and after the timestamp of every record. */
  static void assertFindsFirstRecords(VarveLog log, List<KafkaRecord> records) {
    for (long timestamp : momentsAround(records)) {
      assertThat(log.offsetForTimestamp(timestamp))
          .as("offset for timestamp %d", timestamp)
          .isEqualTo(firstAtOrAfter(timestamp, records));
    }
  }

  /** The same of Kafka, where it can see all times: see {@link #kafkaSeesAllTimes}. */
  static void assertFindsFirstRecords(KafkaLog log, List<KafkaRecord> records) {
    for (long timestamp : momentsAround(records)) {
      assertThat(offsetOf(log.offsetForTimestamp(timestamp)))
          .as("Kafka's offset for timestamp %d", timestamp)
          .isEqualTo(firstAtOrAfter(timestamp, records));
    }
  }

  /**
   * Whether Kafka's lookups find what there is. For a segment without timestamps it takes the time
   * at which the file was modified; and where records were deleted from the first segment that
   * matches, it does not look into the next.
   */
  static boolean kafkaSeesAllTimes(LogDirectory directory, long startOffset) throws IOException {
    boolean anyTimes = false;
    for (Path file : directory.files()) {
      if (file.toString().endsWith(".timeindex")) {
        if (Files.size(file) == 0) {
          return false;
        }
        anyTimes = true;
      }
    }
    return anyTimes && startOffset == 0;
  }

  private static Set<Long> momentsAround(List<KafkaRecord> records) {
    Set<Long> moments = new TreeSet<>();
    for (KafkaRecord record : records) {
      for (long moment = record.timestamp() - 1; moment <= record.timestamp() + 1; moment++) {
        // Kafka has other meanings for negative ones.
        if (moment >= 0) {
          moments.add(moment);
        }
      }
    }
    return moments;
  }

  private static OptionalLong firstAtOrAfter(long timestamp, List<KafkaRecord> records) {
    return records.stream()
        .filter(record -> record.timestamp() >= timestamp)
        .mapToLong(KafkaRecord::offset)
        .findFirst();
  }

  private static OptionalLong offsetOf(Optional<OffsetAtTime> found) {
    return found.map(at -> OptionalLong.of(at.offset())).orElse(OptionalLong.empty());
  }
}
