package dev.varve.log.segment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.BatchFault;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.SimulatedDisk;
import dev.varve.log.storage.StorageFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentScanTest {
  private static final int WINDOW = SegmentScan.WINDOW_BYTES;
  private static final int LENGTH_AT = 8;

  private final SimulatedDisk disk = new SimulatedDisk(Path.of("simulated"));
  private long largestReadBytes;

  /** A file that seems to go on with zeros, and tells how much was asked of it at once. */
  private final class Watched extends ForwardingFile {
    private final long sizeBytes;

    Watched(StorageFile file, long sizeBytes) {
      super(file);
      this.sizeBytes = sizeBytes;
    }

    @Override
    public long size() {
      return sizeBytes;
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
      largestReadBytes = Math.max(largestReadBytes, target.byteSize());
      long read = position < super.size() ? super.read(position, target) : 0;
      long bytes = Math.min(target.byteSize(), sizeBytes - position);
      target.asSlice(read, bytes - read).fill((byte) 0);
      return bytes;
    }
  }

  private SegmentScan scan(byte[] log, long sizeBytes) throws IOException {
    disk.put("log", log);
    return new SegmentScan(new Watched(disk.open("log"), sizeBytes), ScanBounds.from(0));
  }

  private static byte[] value(int bytes) {
    byte[] value = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      value[i] = (byte) (i * 31 + (i >> 10));
    }
    return value;
  }

  /** A batch of one record. */
  private static byte[] batch(long offset, byte[] value) {
    EncodedBatch batch = RecordBatchBuilder.of(Compression.NONE).append(1, null, value).build();
    batch.stamp(offset, 0);
    return batch.memory().asSlice(0, batch.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
  }

  private static byte[] join(byte[]... batches) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    for (byte[] batch : batches) {
      log.writeBytes(batch);
    }
    return log.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW, 3 * WINDOW + 5})
  void batchesAroundTheSizeOfTheWindowAreCheckedAndLoaded(int bytes) throws IOException {
    int overhead = batch(1, value(WINDOW)).length - WINDOW;
    byte[] value = value(bytes - overhead);
    byte[] large = batch(1, value);
    assertThat(large).hasSize(bytes);
    byte[] log = join(batch(0, value(10)), large, batch(7, value(20)));

    SegmentScan scan = scan(log, log.length);
    assertThat(scan.next()).isTrue();
    assertThat(scan.next()).isTrue();
    assertThat(scan.batch().baseOffset()).isEqualTo(1);
    assertThat(scan.batch().sizeBytes()).isEqualTo(bytes);
    assertThat(largestReadBytes).isLessThanOrEqualTo(WINDOW);
    scan.loadWhole();
    RecordCursor cursor = new RecordCursor();
    cursor.open(scan.batch());
    assertThat(cursor.next()).isTrue();
    Record read = cursor.record();
    assertThat(Objects.requireNonNull(read.copyValue())).isEqualTo(value);
    assertThat(scan.next()).isTrue(); // behind a gap
    assertThat(scan.batch().baseOffset()).isEqualTo(7);
    assertThat(scan.next()).isFalse();
    assertThat(scan.fault()).isNull();

    log[log.length - 100 - 20] ^= 1; // in the last bytes of the large one
    SegmentScan damaged = scan(log, log.length);
    assertThat(damaged.next()).isTrue();
    assertThat(damaged.next()).isFalse();
    assertThat(Objects.requireNonNull(damaged.fault()).kind()).isEqualTo(BatchFault.Kind.CHECKSUM);
  }

  @Test
  void aLengthThatIsDamagedTakesNoMemory() throws IOException {
    byte[] log = join(batch(0, value(10)), batch(1, value(10)));
    log[log.length / 2 + LENGTH_AT] ^= 0x08; // 128 MiB more
    SegmentScan scan = scan(log, 256 << 20);
    assertThat(scan.next()).isTrue();
    assertThat(scan.next()).isFalse();
    assertThat(Objects.requireNonNull(scan.fault()).kind()).isEqualTo(BatchFault.Kind.CHECKSUM);
    assertThat(largestReadBytes).isLessThanOrEqualTo(WINDOW);
  }
}
