package dev.varve.jmh.peer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.record.RecordBatchBuilder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * The records that are appended over and over: keys of 12 bytes and values of a size of your
 * choice, words of a small vocabulary, so that codecs find as much to do as in ordinary text. Each
 * is a millisecond later than the one before. The same in every run.
 *
 * <p>Thread safety: for one thread.
 */
public final class BenchmarkRecords {
  /** The size of all keys. */
  public static final int KEY_BYTES = 12;

  /** The timestamp of the first record, in milliseconds since the epoch. */
  public static final long FIRST_TIMESTAMP = 1_700_000_000_000L;

  /** A power of two; few enough that all records stay in the processor's first cache. */
  private static final int COUNT = 64;

  private static final int WORD_COUNT = 256;
  private static final int LETTERS_MIN = 2;
  private static final int LETTERS_MAX = 9;

  private static final VarHandle STAMP =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final byte[][] keys = new byte[COUNT][];
  private final byte[][] values = new byte[COUNT][];
  private int next;
  private long timestamp = FIRST_TIMESTAMP - 1;

  /** Records with values of so many bytes. */
  public BenchmarkRecords(int valueBytes) {
    SplittableRandom random = new SplittableRandom(42);
    String[] words = new String[WORD_COUNT];
    for (int i = 0; i < WORD_COUNT; i++) {
      words[i] = word(random);
    }
    for (int i = 0; i < COUNT; i++) {
      keys[i] = text(random, words, KEY_BYTES);
      values[i] = text(random, words, valueBytes);
    }
  }

  private static String word(SplittableRandom random) {
    StringBuilder word = new StringBuilder();
    for (int left = random.nextInt(LETTERS_MIN, LETTERS_MAX + 1); left > 0; left--) {
      word.append((char) random.nextInt('a', 'z' + 1));
    }
    return word.append(' ').toString();
  }

  private static byte[] text(SplittableRandom random, String[] words, int sizeBytes) {
    StringBuilder text = new StringBuilder();
    while (text.length() < sizeBytes) {
      text.append(words[random.nextInt(WORD_COUNT)]);
    }
    text.setLength(sizeBytes);
    return text.toString().getBytes(US_ASCII);
  }

  /** Key and value in one array, for those who know no keys. */
  static byte[] join(byte[] key, byte[] value) {
    byte[] both = new byte[key.length + value.length];
    System.arraycopy(key, 0, both, 0, key.length);
    System.arraycopy(value, 0, both, key.length, value.length);
    return both;
  }

  /** Moves to the next record. */
  public void advance() {
    next = (next + 1) & (COUNT - 1);
    timestamp++;
  }

  /** The time of the record, in milliseconds since the epoch. */
  public long timestamp() {
    return timestamp;
  }

  /** The key of the record; not to be changed. */
  public byte[] key() {
    return keys[next];
  }

  /** The value of the record; not to be changed. */
  public byte[] value() {
    return values[next];
  }

  /** The value of the record, with its first eight bytes, big-endian, set to a number. */
  public byte[] stampedValue(long stamp) {
    byte[] value = values[next];
    STAMP.set(value, 0, stamp);
    return value;
  }

  /** Puts the next records into a new batch of the builder, which it returns. */
  RecordBatchBuilder fill(RecordBatchBuilder builder, int recordCount) {
    builder.clear();
    for (int i = 0; i < recordCount; i++) {
      advance();
      builder.append(timestamp, key(), value());
    }
    return builder;
  }
}
