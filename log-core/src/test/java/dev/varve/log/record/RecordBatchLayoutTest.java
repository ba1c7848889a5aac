package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecordBatchLayoutTest {

  @Test
  void theHeaderIsLaidOutAsKafkaLaysItOut() {
    assertThat(RecordBatchLayout.HEADER)
        .hasToString(
            "["
                + "1%J8(baseOffset)"
                + "1%I4(batchLength)"
                + "1%I4(partitionLeaderEpoch)"
                + "b1(magic)"
                + "1%I4(checksum)"
                + "1%S2(attributes)"
                + "1%I4(lastOffsetDelta)"
                + "1%J8(baseTimestamp)"
                + "1%J8(maxTimestamp)"
                + "1%J8(producerId)"
                + "1%S2(producerEpoch)"
                + "1%I4(baseSequence)"
                + "1%I4(recordCount)"
                + "](RecordBatch)");
  }

  @Test
  void theRecordsBeginAtByte61AndTheChecksumCoversFromByte21() {
    assertThat(RecordBatchLayout.HEADER_BYTES).isEqualTo(61);
    assertThat(RecordBatchLayout.CHECKSUMMED_FROM).isEqualTo(21);
    assertThat(RecordBatchLayout.LENGTH_EXCLUDED_BYTES).isEqualTo(12);
  }
}
