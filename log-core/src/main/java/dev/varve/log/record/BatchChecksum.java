package dev.varve.log.record;

import dev.varve.log.record.BatchFault.Kind;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Computes the checksum of batches: CRC-32C (Castagnoli) of everything from the attributes to the
 * end of the batch.
 *
 * <p><b>Never over a mapped file.</b> A checksum that runs into a mapped page without a file behind
 * it kills the process, while a copy of such a page only throws. So copy the batch out first; the
 * copy stays in the processor's cache and costs nothing that can be measured.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class BatchChecksum {
  /** The bytes at the start of a batch that its checksum does not cover. */
  public static final int SUMMED_FROM = RecordBatchLayout.CHECKSUMMED_FROM;

  private final CRC32C crc = new CRC32C();

  /** Makes a computer of checksums, to be reused. */
  public BatchChecksum() {}

  /**
   * Returns the checksum of the batch at {@code position}, whatever its header says.
   *
   * @param bytes memory that is not a mapped file; its position and limit are changed
   * @param position first byte of the batch in {@code bytes}
   * @param sizeBytes size of the whole batch, at least 61
   * @throws IllegalArgumentException if the batch does not lie within {@code bytes}
   */
  public int compute(ByteBuffer bytes, int position, int sizeBytes) {
    assert sizeBytes >= RecordBatchLayout.HEADER_BYTES;
    bytes.limit(position + sizeBytes).position(position + RecordBatchLayout.CHECKSUMMED_FROM);
    crc.reset();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** The same for a batch at the start of an array. */
  int compute(byte[] array, int sizeBytes) {
    assert sizeBytes >= RecordBatchLayout.HEADER_BYTES;
    int from = RecordBatchLayout.CHECKSUMMED_FROM;
    crc.reset();
    crc.update(array, from, sizeBytes - from);
    return (int) crc.getValue();
  }

  /**
   * Compares the checksum that {@code batch} carries with that of its bytes.
   *
   * @param batch a batch whose header has no fault
   * @param bytes a view of the same memory, byte for byte; its position and limit are changed
   * @return the fault, or null if the checksums agree
   */
  public @Nullable BatchFault fault(RecordBatch batch, ByteBuffer bytes) {
    assert !batch.memory().isMapped();
    return fault(batch, compute(bytes, Math.toIntExact(batch.position()), batch.sizeBytes()));
  }

  /** Begins the checksum of a batch that comes in parts, so that it need not be held whole. */
  public void begin() {
    crc.reset();
  }

  /**
   * Adds the next part, the first of which begins {@link #SUMMED_FROM} bytes into the batch.
   *
   * @param bytes from its position to its limit; memory that is not a mapped file
   */
  public void add(ByteBuffer bytes) {
    crc.update(bytes);
  }

  /** Compares the checksum that {@code batch} carries with that of the parts that were added. */
  public @Nullable BatchFault faultOfParts(RecordBatch batch) {
    return fault(batch, (int) crc.getValue());
  }

  private static @Nullable BatchFault fault(RecordBatch batch, int computed) {
    return computed == batch.checksum()
        ? null
        : new BatchFault(
            Kind.CHECKSUM,
            batch.position(),
            "bytes with checksum " + hex(computed),
            hex(batch.checksum()));
  }

  private static String hex(int checksum) {
    return "0x" + HexFormat.of().toHexDigits(checksum);
  }
}
