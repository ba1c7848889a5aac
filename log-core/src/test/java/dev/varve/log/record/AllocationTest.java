package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Garbage of the paths that every record takes, as the JVM counts it. */
class AllocationTest {

  private static final int RECORDS_PER_BATCH = 100;
  private static final int BATCHES_WARM = 3000;
  private static final int BATCHES = 1000;

  private final byte[] key = new byte[12];
  private final byte[] value = RecordArbitraries.noise(100);
  private final List<Header> headers = List.of(new Header("trace", key));
  private final RecordCursor cursor = new RecordCursor();
  private long sum;

  @ParameterizedTest
  @EnumSource(names = {"NONE", "ZSTD", "SNAPPY"})
  void buildingAndReadingLeavesNoGarbagePerRecord(Codec codec) {
    RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.of(codec));
    for (int i = 0; i < BATCHES_WARM; i++) {
      buildAndRead(builder, RECORDS_PER_BATCH);
    }
    long before = allocatedBytes();
    for (int i = 0; i < BATCHES; i++) {
      buildAndRead(builder, RECORDS_PER_BATCH);
    }
    long allocatedBytes = allocatedBytes() - before;

    // One small object per record would be 16 bytes of each; snappy-java leaves some per batch.
    assertThat(allocatedBytes).isLessThan(8L * BATCHES * RECORDS_PER_BATCH);
    assertThat(sum).isPositive();
  }

  @Test
  void anUncompressedBatchLeavesNoGarbageEither() {
    RecordBatchBuilder builder = RecordBatchBuilder.of(Compression.NONE);
    int batches = BATCHES * RECORDS_PER_BATCH;
    for (int i = 0; i < batches; i++) {
      buildAndRead(builder, 1);
    }
    long before = allocatedBytes();
    for (int i = 0; i < batches; i++) {
      buildAndRead(builder, 1);
    }
    long allocatedBytes = allocatedBytes() - before;
    assertThat(allocatedBytes).isLessThan(batches);
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  private void buildAndRead(RecordBatchBuilder builder, int recordCount) {
    builder.clear();
    for (int i = 0; i < recordCount; i++) {
      builder.append(1_700_000_000_000L + i, key, value, headers);
    }
    cursor.open(builder.build().batch());
    while (cursor.next()) {
      sum += cursor.record().valueBytes();
    }
  }
}
