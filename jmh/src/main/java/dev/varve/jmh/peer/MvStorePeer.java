package dev.varve.jmh.peer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;

/**
 * H2's MVStore used as a log: a map from the number of the record to the record's key and value.
 * Default options.
 *
 * <p>It is weaker than the others where it looks fast: a put changes a tree in memory, which a
 * background thread writes once a second or when its buffer is full, so <em>what was appended is
 * lost when the process is killed</em>. Only a batch is committed to the page cache before it
 * returns. A durable append commits and syncs, for all who wait. Chunks and pages carry Fletcher
 * checksums. Timestamps are not kept.
 */
final class MvStorePeer implements Peer {
  private final MVStore store;
  private final MVMap<Long, byte[]> map;
  private final AtomicLong nextIndex = new AtomicLong();
  private final GroupForce groupForce;

  MvStorePeer(PeerSettings settings) {
    store = new MVStore.Builder().fileName(settings.directory().resolve("store").toString()).open();
    map =
        store.openMap(
            "records",
            new MVMap.Builder<Long, byte[]>()
                .keyType(LongDataType.INSTANCE)
                .valueType(ByteArrayDataType.INSTANCE));
    groupForce =
        new GroupForce(() -> {
          store.commit();
          store.sync();
        });
  }

  @Override
  public Appender appender() {
    return new PutAppender();
  }

  @Override
  public Reader reader() {
    return new MapReader();
  }

  @Override
  public void close() {
    store.close();
  }

  private final class PutAppender implements Appender {
    @Override
    public void append(long timestamp, byte[] key, byte[] value) {
      map.put(nextIndex.getAndIncrement(), BenchmarkRecords.join(key, value));
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) {
      long index = nextIndex.getAndAdd(recordCount);
      for (int i = 0; i < recordCount; i++) {
        records.advance();
        map.put(index++, BenchmarkRecords.join(records.key(), records.value()));
      }
      store.commit();
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) throws IOException {
      append(timestamp, key, value);
      groupForce.await();
    }
  }

  private final class MapReader implements Reader {
    @Override
    public long readAll() {
      long sum = 0;
      var cursor = map.cursor(null);
      while (cursor.hasNext()) {
        cursor.next();
        sum += cursor.getValue().length;
      }
      return sum;
    }

    @Override
    public long readAllBytes() {
      long sum = 0;
      var cursor = map.cursor(null);
      while (cursor.hasNext()) {
        cursor.next();
        byte[] value = cursor.getValue();
        sum += ByteSum.of(MemorySegment.ofArray(value), 0, value.length);
      }
      return sum;
    }

    @Override
    public long read(long index) {
      byte[] found = map.get(index);
      if (found == null) {
        throw new IllegalStateException("no record " + index);
      }
      return found.length;
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
