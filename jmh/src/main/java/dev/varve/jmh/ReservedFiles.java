package dev.varve.jmh;

import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.EncodedBatch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The limit of an append: mapped files whose blocks are reserved and whose pages are touched before
 * anything is measured, into which finished batches are copied after a checksum was computed over
 * them. What is left is what no log of this format can do without; there is no log around it, no
 * lock, no index and no reader.
 */
final class ReservedFiles implements AutoCloseable {
  private static final int RESERVE_BLOCK_BYTES = 4096;

  private final BenchmarkDirectory directory = BenchmarkDirectory.create();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment[] files;
  private final BatchChecksum checksum = new BatchChecksum();
  private int current;
  private long position;

  /** Reserves files of the size of a segment for so many bytes. */
  ReservedFiles(long sizeBytes) throws IOException {
    int count = Math.toIntExact(Math.ceilDiv(sizeBytes, BenchmarkLog.SEGMENT_BYTES_MAX));
    files = new MemorySegment[count];
    for (int i = 0; i < count; i++) {
      files[i] = reserve(directory.path().resolve(i + ".log"));
    }
  }

  private MemorySegment reserve(Path path) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(RESERVE_BLOCK_BYTES);
      for (long at = 0; at < BenchmarkLog.SEGMENT_BYTES_MAX; at += RESERVE_BLOCK_BYTES) {
        channel.write(zeros.clear(), at);
      }
      MemorySegment file =
          channel.map(MapMode.READ_WRITE, 0, BenchmarkLog.SEGMENT_BYTES_MAX, arena);
      for (long at = 0; at < file.byteSize(); at += RESERVE_BLOCK_BYTES) {
        file.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
      }
      return file;
    }
  }

  /** Goes back to the first byte of the first file. */
  void rewind() {
    current = 0;
    position = 0;
  }

  /**
   * Computes the checksum of a batch and copies the batch behind the one before.
   *
   * @param bytes a view of the batch's memory
   * @return the checksum
   */
  int append(EncodedBatch batch, ByteBuffer bytes) {
    int sizeBytes = batch.sizeBytes();
    int computed = checksum.compute(bytes, 0, sizeBytes);
    if (position > BenchmarkLog.SEGMENT_BYTES_MAX - sizeBytes) {
      current++;
      position = 0;
    }
    try {
      MemorySegment.copy(batch.memory(), 0, files[current], position, sizeBytes);
    } catch (InternalError e) {
      throw new IllegalStateException("the file lost a page", e);
    }
    position += sizeBytes;
    return computed;
  }

  @Override
  public void close() {
    arena.close();
    directory.close();
  }
}
