package dev.varve.jmh.peer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB used as a log: the key is the number of the record, big-endian, the value holds the
 * record's key and value. Default options, without compression.
 *
 * <p>A put goes to the write-ahead log, with a CRC-32C for each entry, and to the memtable; the log
 * has reached the page cache when the put returns. A durable append is a put with {@code sync},
 * which RocksDB shares among those who wait. A batch is one {@code WriteBatch}. Reads check the
 * checksums of blocks. Timestamps are not kept.
 *
 * <p>It does more than a log: it keeps keys in order and moves data through its levels. Its library
 * is native; the flag only silences the warning of the JDK.
 */
final class RocksDbPeer implements Peer {
  static {
    RocksDB.loadLibrary();
  }

  private final Options options =
      new Options().setCreateIfMissing(true).setCompressionType(CompressionType.NO_COMPRESSION);
  private final WriteOptions written = new WriteOptions();
  private final WriteOptions durable = new WriteOptions().setSync(true);
  private final RocksDB db;
  private final AtomicLong nextIndex = new AtomicLong();

  RocksDbPeer(PeerSettings settings) throws IOException {
    try {
      db = RocksDB.open(options, settings.directory().toString());
    } catch (RocksDBException e) {
      throw new IOException(e);
    }
  }

  @Override
  public Appender appender() {
    return new PutAppender();
  }

  @Override
  public Reader reader() {
    return new IteratorReader();
  }

  @Override
  public void close() {
    db.close();
    written.close();
    durable.close();
    options.close();
  }

  private static void setIndex(byte[] key, long index) {
    ByteBuffer.wrap(key).putLong(0, index);
  }

  private final class PutAppender implements Appender {
    private final byte[] index = new byte[Long.BYTES];

    @Override
    public void append(long timestamp, byte[] key, byte[] value) throws IOException {
      put(written, key, value);
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) throws IOException {
      put(durable, key, value);
    }

    private void put(WriteOptions how, byte[] key, byte[] value) throws IOException {
      try {
        setIndex(index, nextIndex.getAndIncrement());
        db.put(how, index, BenchmarkRecords.join(key, value));
      } catch (RocksDBException e) {
        throw new IOException(e);
      }
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) throws IOException {
      long first = nextIndex.getAndAdd(recordCount);
      try (WriteBatch batch = new WriteBatch()) {
        for (int i = 0; i < recordCount; i++) {
          records.advance();
          setIndex(index, first + i);
          batch.put(index, BenchmarkRecords.join(records.key(), records.value()));
        }
        db.write(written, batch);
      } catch (RocksDBException e) {
        throw new IOException(e);
      }
    }
  }

  private final class IteratorReader implements Reader {
    private final byte[] index = new byte[Long.BYTES];
    private final byte[] found = new byte[64 << 10];
    private final ByteBuffer target = ByteBuffer.allocateDirect(64 << 10);
    private final MemorySegment targetMemory = MemorySegment.ofBuffer(target);

    @Override
    public long readAll() throws IOException {
      return visit(false);
    }

    @Override
    public long readAllBytes() throws IOException {
      return visit(true);
    }

    private long visit(boolean bytes) throws IOException {
      long sum = 0;
      try (RocksIterator iterator = db.newIterator()) {
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
          target.clear();
          int sizeBytes = iterator.value(target);
          sum += bytes ? ByteSum.of(targetMemory, 0, sizeBytes) : sizeBytes;
        }
        iterator.status();
      } catch (RocksDBException e) {
        throw new IOException(e);
      }
      return sum;
    }

    @Override
    public long read(long position) throws IOException {
      setIndex(index, position);
      try {
        int sizeBytes = db.get(index, found);
        if (sizeBytes == RocksDB.NOT_FOUND) {
          throw new IllegalStateException("no record " + position);
        }
        return sizeBytes;
      } catch (RocksDBException e) {
        throw new IOException(e);
      }
    }

    @Override
    public long find(long timestamp) {
      throw new UnsupportedOperationException("keeps no time");
    }

    @Override
    public long poll() {
      throw new UnsupportedOperationException("is not followed");
    }
  }
}
