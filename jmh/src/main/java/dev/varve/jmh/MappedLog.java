package dev.varve.jmh;

import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The limit of a read: the mapped {@code .log} files of a directory, of which batches are copied
 * into a buffer that stays in the cache and are summed there. There is no log around it, no pin, no
 * index, and no record is looked at.
 */
final class MappedLog implements AutoCloseable {
  private static final int BATCH_BYTES_MAX = 1 << 20;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment[] files;
  private final RecordBatch batch = new RecordBatch();
  private final BatchChecksum checksum = new BatchChecksum();
  private final MemorySegment copy = arena.allocate(BATCH_BYTES_MAX);
  private final ByteBuffer bytes = copy.asByteBuffer();

  MappedLog(Storage storage) throws IOException {
    List<String> names =
        storage.list().stream().filter(name -> name.endsWith(".log")).sorted().toList();
    files = new MemorySegment[names.size()];
    for (int i = 0; i < files.length; i++) {
      try (StorageFile file = storage.open(names.get(i))) {
        files[i] = file.map(Access.READ, file.size(), arena);
      }
    }
  }

  int fileCount() {
    return files.length;
  }

  /** Sums the batch at a position, and returns its size; 0 if there is none. */
  int check(int file, long position) {
    MemorySegment log = files[file];
    if (position > log.byteSize() - RecordBatch.HEADER_BYTES
        || batch.wrap(log, position).magic() != RecordBatch.MAGIC_V2) {
      return 0;
    }
    int sizeBytes = batch.sizeBytes();
    int expected = batch.checksum();
    MemorySegment.copy(log, position, copy, 0, sizeBytes);
    if (checksum.compute(bytes, 0, sizeBytes) != expected) {
      throw new IllegalStateException("damaged batch at " + position);
    }
    return sizeBytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
