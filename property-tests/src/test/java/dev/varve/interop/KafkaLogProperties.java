package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.record.internal.CompressionType;

/** That the oracles agree with each other on whatever the generators make. */
class KafkaLogProperties {
  private static final int BATCHES_PER_SEGMENT = 3;

  @Provide
  Arbitrary<List<NewBatch>> batchLists() {
    return BatchArbitraries.batchLists();
  }

  @Property(tries = 15)
  void whatWasAppendedIsReadAfterAnyReopening(@ForAll("batchLists") List<NewBatch> batches)
      throws IOException {
    try (LogDirectory directory = LogDirectory.create()) {
      List<KafkaRecord> written = write(directory, batches);

      assertThat(written.stream().map(KafkaRecord::asNew))
          .containsExactlyElementsOf(
              batches.stream().flatMap(batch -> batch.records().stream()).toList());
      assertThat(written).extracting(KafkaRecord::codec).isEqualTo(codecs(batches));
      assertThat(KafkaDump.complaints(directory.path())).isEmpty();
      try (LogDirectory copy = directory.copy();
          KafkaLog log = opening(copy).open()) {
        assertThat(log.readAll()).isEqualTo(written);
      }
      try (LogDirectory copy = directory.copy();
          KafkaLog log = opening(copy).afterUncleanStop().open()) {
        assertThat(log.readAll()).isEqualTo(written);
      }
    }
  }

  private static List<KafkaRecord> write(LogDirectory directory, List<NewBatch> batches)
      throws IOException {
    try (KafkaLog log = opening(directory).open()) {
      for (int i = 0; i < batches.size(); i++) {
        if (i > 0 && i % BATCHES_PER_SEGMENT == 0) {
          log.roll();
        }
        log.append(batches.get(i));
      }
      return log.readAll();
    }
  }

  private static KafkaLog.Opening opening(LogDirectory directory) {
    return KafkaLog.at(directory.path()).config("max.message.bytes", "10000000");
  }

  /** The codec of every record, for a batch has no other trace once it was read. */
  private static List<CompressionType> codecs(List<NewBatch> batches) {
    return batches.stream()
        .flatMap(batch -> batch.records().stream().map(record -> batch.codec()))
        .toList();
  }
}
