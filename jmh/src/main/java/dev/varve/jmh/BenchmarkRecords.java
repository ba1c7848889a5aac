package dev.varve.jmh;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.record.RecordBatchBuilder;
import java.util.SplittableRandom;

/**
 * The records that are appended over and over: keys of 12 bytes and values of 100, words of a small
 * vocabulary, so that codecs find as much to do as in ordinary text. The same in every run.
 */
final class BenchmarkRecords {
  static final int KEY_BYTES = 12;
  static final int VALUE_BYTES = 100;

  /** The timestamp of all records, in milliseconds: any will do that is not "none". */
  static final long TIMESTAMP = 1_700_000_000_000L;

  /** A power of two; few enough that all records stay in the processor's first cache. */
  private static final int COUNT = 64;

  private static final int WORD_COUNT = 256;
  private static final int LETTERS_MIN = 2;
  private static final int LETTERS_MAX = 9;

  private final byte[][] keys = new byte[COUNT][];
  private final byte[][] values = new byte[COUNT][];
  private int next;

  BenchmarkRecords() {
    SplittableRandom random = new SplittableRandom(42);
    String[] words = new String[WORD_COUNT];
    for (int i = 0; i < WORD_COUNT; i++) {
      words[i] = word(random);
    }
    for (int i = 0; i < COUNT; i++) {
      keys[i] = text(random, words, KEY_BYTES);
      values[i] = text(random, words, VALUE_BYTES);
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

  /** Moves to the next record. */
  void advance() {
    next = (next + 1) & (COUNT - 1);
  }

  byte[] key() {
    return keys[next];
  }

  byte[] value() {
    return values[next];
  }

  /** Puts the next records into a new batch of the builder, which it returns. */
  RecordBatchBuilder fill(RecordBatchBuilder builder, int recordCount) {
    builder.clear();
    for (int i = 0; i < recordCount; i++) {
      advance();
      builder.append(TIMESTAMP, key(), value());
    }
    return builder;
  }
}
