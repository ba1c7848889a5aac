package dev.varve.jmh;

import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * The limit of an append: mapped files whose blocks were reserved before anything is measured, into
 * which finished batches are copied after a checksum was computed over them. What is left is what
 * no log of this format can do without; there is no log around it, no lock, no index and no reader.
 *
 * <p>The mapping is either {@linkplain #rewind touched} before, as by a log that had all the time
 * in the world to prepare, or {@linkplain #mapAnew fresh}, so that every page costs its first
 * fault.
 */
final class ReservedFiles implements AutoCloseable {
  private static final int PAGE_BYTES = 4096;
  private static final int RESERVE_BLOCK_BYTES = 2 << 20;

  private final BenchmarkDirectory directory = BenchmarkDirectory.create();
  private final Storage storage = DirectoryStorage.open(directory.path());
  private final MemorySegment[] files;
  private final BatchChecksum checksum = new BatchChecksum();
  private Arena arena = Arena.ofShared();
  private int current;
  private long position;

  /** Reserves files of the size of a segment for so many bytes. */
  ReservedFiles(long sizeBytes) throws IOException {
    int count = Math.toIntExact(Math.ceilDiv(sizeBytes, BenchmarkLog.SEGMENT_BYTES_MAX));
    files = new MemorySegment[count];
    for (int i = 0; i < count; i++) {
      try (StorageFile file = storage.create(name(i))) {
        file.reserve(0, BenchmarkLog.SEGMENT_BYTES_MAX, RESERVE_BLOCK_BYTES);
        files[i] = map(file);
      }
      touch(files[i]);
    }
  }

  private static String name(int index) {
    return "reserved-" + index;
  }

  private MemorySegment map(StorageFile file) throws IOException {
    return file.map(Access.READ_WRITE, BenchmarkLog.SEGMENT_BYTES_MAX, arena);
  }

  private static void touch(MemorySegment file) {
    for (long at = 0; at < file.byteSize(); at += PAGE_BYTES) {
      file.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
    }
  }

  /** Goes back to the first byte of the first file, and of mappings of which no page is known. */
  void mapAnew() throws IOException {
    arena.close();
    arena = Arena.ofShared();
    for (int i = 0; i < files.length; i++) {
      try (StorageFile file = storage.open(name(i))) {
        files[i] = map(file);
      }
    }
    rewind();
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
  public void close() throws IOException {
    arena.close();
    storage.close();
    directory.close();
  }
}
