package dev.varve.compaction;

import static dev.varve.compaction.KeyStream.KEY_BYTES;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.NoSuchAlgorithmException;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;

/** Kafka's map, as its log cleaner has it by default: MD5, filled to nine tenths. */
final class KafkaLastOffsets implements LastOffsets {
  private static final double LOAD_MAX = 0.9;

  private final SkimpyOffsetMap map;
  private final ByteBuffer keys;
  private final int recordCount;

  KafkaLastOffsets(KeyStream stream) throws NoSuchAlgorithmException {
    keys = ByteBuffer.wrap(stream.keys());
    recordCount = stream.recordCount();
    int entryBytes = new SkimpyOffsetMap(64).bytesPerEntry;
    map = new SkimpyOffsetMap(entryBytes * (1 + (int) (stream.keyCount() / LOAD_MAX)));
  }

  @Override
  public void clear() {
    map.clear();
  }

  @Override
  public void putAll() throws DigestException {
    for (int i = 0; i < recordCount; i++) {
      map.put(key(i), i);
    }
  }

  @Override
  public int countLatest() throws DigestException {
    int count = 0;
    for (int i = 0; i < recordCount; i++) {
      if (map.get(key(i)) == i) {
        count++;
      }
    }
    return count;
  }

  private ByteBuffer key(int record) {
    return keys.limit((record + 1) * KEY_BYTES).position(record * KEY_BYTES);
  }

  @Override
  public double keysPerMebibyte() {
    return (1 << 20) * LOAD_MAX / map.bytesPerEntry;
  }

  @Override
  public long logComparisons() {
    return 0; // it believes its hash
  }

  @Override
  public void close() {}
}
