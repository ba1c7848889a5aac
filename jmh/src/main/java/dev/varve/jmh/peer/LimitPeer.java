package dev.varve.jmh.peer;

import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.Codec;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import dev.varve.log.storage.StorageFile.Access;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What no log of this format with checksums can pass on this machine, when all was prepared for it.
 * It is no log: no lock, no index, no offsets, no recovery.
 *
 * <ul>
 *   <li><em>Append</em>: a finished batch is summed and copied in one piece into mapped memory, of
 *       which more or less was {@linkplain Prepared prepared} before anything is measured. Each
 *       thread has files of its own. With a codec the batch is built and compressed each time, and
 *       copied.
 *   <li><em>Durable append</em>: a finished record is summed and written into reserved space, and
 *       an {@code fdatasync} follows, which all who wait share. With one thread this is the bare
 *       rate of forces.
 *   <li><em>Read</em>: each batch is copied out into a buffer that stays in the cache, and summed
 *       there. No record is looked at, but for its bytes where all bytes are wanted.
 *   <li><em>By index</em>: the place is known beforehand. <em>By time</em>: a binary search in an
 *       array, then the same.
 *   <li><em>Open</em>: every batch in the files is copied out and summed.
 * </ul>
 */
final class LimitPeer implements Peer {
  private static final int PAGE_BYTES = 4096;

  /** As the log does it: the blocks of a huge page become one folio. */
  private static final int RESERVE_BLOCK_BYTES = 2 << 20;

  /** Threads that share the work may each leave a file unfilled at the end. */
  private static final int SPARE_FILES = 3;

  /** Forced writes go round in so much reserved space. */
  private static final int FORCED_BYTES = 4 << 20;

  private static final ValueLayout.OfLong STAMP =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** What is done about the mapped memory beforehand. */
  private enum Prepared {
    /**
     * Nothing: the file is new and sparse, and each page costs its making. A full disk ends the
     * process, which a log may not risk; so a log that prepares space may well be faster.
     */
    NOTHING,
    /** The blocks are reserved: each page costs its first fault in this mapping. */
    BLOCKS,
    /** The pages were touched too, as by a log that had all the time in the world. */
    PAGES
  }

  private final PeerSettings settings;
  private final Storage storage;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment[] files;
  private final int batchBytes;
  private final int batchesPerFile;
  private final AtomicInteger nextFile = new AtomicInteger();
  private final AtomicLong published = new AtomicLong();
  private final StorageFile forced;
  private final AtomicLong forcedWrites = new AtomicLong();
  private final GroupForce groupForce;

  private LimitPeer(PeerSettings settings, Prepared prepared) throws IOException {
    this.settings = settings;
    this.storage = DirectoryStorage.open(settings.directory());
    this.batchBytes = finishedBatch().sizeBytes();
    long batches = Math.ceilDiv(settings.recordCount(), settings.batchRecords());
    long pages = Math.ceilDiv(batches * batchBytes, PAGE_BYTES);
    int fileBytes = (int) Math.min(PeerSettings.SEGMENT_BYTES_MAX, pages * PAGE_BYTES);
    this.batchesPerFile = fileBytes / batchBytes;
    this.files = new MemorySegment[(int) Math.ceilDiv(batches, batchesPerFile) + SPARE_FILES];
    boolean exists = storage.exists(name(0));
    for (int i = 0; i < files.length; i++) {
      files[i] = map(name(i), fileBytes, prepared);
      if (prepared == Prepared.PAGES && !exists) {
        touch(files[i]);
      }
    }
    this.forced = storage.create("forced");
    this.groupForce = new GroupForce(forced::force);
    forced.reserve(0, FORCED_BYTES, PAGE_BYTES);
    forced.force();
    if (exists) {
      try (Reader scan = reader()) {
        scan.readAll();
      }
    }
  }

  static Peer touched(PeerSettings settings) throws IOException {
    return new LimitPeer(settings, Prepared.PAGES);
  }

  static Peer fresh(PeerSettings settings) throws IOException {
    return new LimitPeer(settings, Prepared.BLOCKS);
  }

  static Peer newFile(PeerSettings settings) throws IOException {
    return new LimitPeer(settings, Prepared.NOTHING);
  }

  private static String name(int index) {
    return "batches-" + index;
  }

  private MemorySegment map(String name, int fileBytes, Prepared prepared) throws IOException {
    try (StorageFile file = storage.exists(name) ? storage.open(name) : storage.create(name)) {
      if (prepared != Prepared.NOTHING) {
        file.reserve(Math.min(file.size(), fileBytes), fileBytes, RESERVE_BLOCK_BYTES);
      }
      return file.map(Access.READ_WRITE, fileBytes, arena);
    }
  }

  private static void touch(MemorySegment file) {
    for (long at = 0; at < file.byteSize(); at += PAGE_BYTES) {
      file.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
    }
  }

  private EncodedBatch finishedBatch() {
    BenchmarkRecords records = new BenchmarkRecords(settings.valueBytes());
    return records.fill(newBuilder(), settings.batchRecords()).build();
  }

  private RecordBatchBuilder newBuilder() {
    return RecordBatchBuilder.of(settings.compression());
  }

  @Override
  public Appender appender() {
    return new CopyingAppender();
  }

  @Override
  public Reader reader() {
    return new CopyingReader();
  }

  @Override
  public void close() throws IOException {
    forced.close();
    arena.close();
    storage.close();
  }

  private final class CopyingAppender implements Appender {
    private final RecordBatchBuilder builder = newBuilder();
    private final EncodedBatch batch = finishedBatch();
    private final ByteBuffer bytes = batch.memory().asByteBuffer();
    private final boolean compressed = settings.compression().codec() != Codec.NONE;

    /** A record ends with its value and one byte that says that there are no headers. */
    private final long stampPosition = batchBytes - 1L - settings.valueBytes();

    private final BatchChecksum checksum = new BatchChecksum();
    private MemorySegment file = MemorySegment.NULL;
    private long position;

    @Override
    public void append(long timestamp, byte[] key, byte[] value) {
      long stamp = MemorySegment.ofArray(value).get(STAMP, 0);
      batch.memory().set(STAMP, stampPosition, stamp);
      checksum.compute(bytes, 0, batchBytes);
      copy(batch);
      published.setRelease(published.getPlain() + 1);
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) {
      if (compressed) {
        copy(records.fill(builder, recordCount).build());
      } else {
        checksum.compute(bytes, 0, batchBytes);
        copy(batch);
      }
    }

    private void copy(EncodedBatch source) {
      int sizeBytes = source.sizeBytes();
      if (position > file.byteSize() - sizeBytes) {
        file = files[nextFile.getAndIncrement()];
        position = 0;
      }
      try {
        MemorySegment.copy(source.memory(), 0, file, position, sizeBytes);
      } catch (InternalError e) {
        throw new IllegalStateException("the file lost a page", e);
      }
      position += sizeBytes;
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) throws IOException {
      checksum.compute(bytes, 0, batchBytes);
      long write = forcedWrites.incrementAndGet();
      long at = write * batchBytes % (FORCED_BYTES - batchBytes);
      forced.write(at, batch.memory().asSlice(0, batchBytes));
      groupForce.await();
    }
  }

  private final class CopyingReader implements Reader {
    private final RecordBatch batch = new RecordBatch();
    private final BatchChecksum checksum = new BatchChecksum();
    private final MemorySegment copy = arena.allocate(batchBytes);
    private final ByteBuffer bytes = copy.asByteBuffer();
    private final int recordBytes = BenchmarkRecords.KEY_BYTES + settings.valueBytes();
    private final long[] timestamps = new long[(int) settings.recordCount()];
    private long followed;

    CopyingReader() {
      Arrays.setAll(timestamps, i -> BenchmarkRecords.FIRST_TIMESTAMP + i);
    }

    @Override
    public long readAll() {
      return visit(false);
    }

    @Override
    public long readAllBytes() {
      return visit(true);
    }

    private long visit(boolean touch) {
      long sum = 0;
      for (MemorySegment file : files) {
        for (int i = 0; i < batchesPerFile && check(file, (long) i * batchBytes); i++) {
          sum +=
              touch
                  ? ByteSum.of(copy, 0, batchBytes)
                  : (long) settings.batchRecords() * recordBytes;
        }
      }
      return sum;
    }

    /** Copies out and sums the batch at a position; false if there is none. */
    private boolean check(MemorySegment file, long at) {
      if (batch.wrap(file, at).magic() != RecordBatch.MAGIC_V2) {
        return false;
      }
      int expected = batch.checksum();
      MemorySegment.copy(file, at, copy, 0, batchBytes);
      int found = checksum.compute(bytes, 0, batchBytes);
      // A stamped batch carries the sum of the batch that it was made from.
      return found == expected || published.getPlain() > 0;
    }

    @Override
    public long read(long index) {
      long slot = index / settings.batchRecords();
      MemorySegment file = files[(int) (slot / batchesPerFile)];
      if (!check(file, slot % batchesPerFile * batchBytes)) {
        throw new IllegalStateException("no record " + index);
      }
      return recordBytes;
    }

    @Override
    public long find(long timestamp) {
      int index = Arrays.binarySearch(timestamps, timestamp);
      read(index);
      return index;
    }

    @Override
    public long poll() {
      if (followed >= published.getAcquire()) {
        return -1;
      }
      MemorySegment file = files[(int) (followed / batchesPerFile)];
      check(file, followed % batchesPerFile * batchBytes);
      followed++;
      return copy.get(STAMP, batchBytes - 1L - settings.valueBytes());
    }
  }
}
