package dev.varve.log.record;

import java.util.Locale;

/** How the records of a batch are compressed, with Kafka's numbers and names. */
public enum Codec {
  NONE(0),
  GZIP(1),
  SNAPPY(2),
  LZ4(3),
  ZSTD(4);

  private static final Codec[] BY_ID = values();

  private final int id;
  private final String kafkaName = name().toLowerCase(Locale.ROOT);

  Codec(int id) {
    this.id = id;
  }

  /** Returns the number in the lowest three bits of a batch's attributes: 0 to 4. */
  public int id() {
    return id;
  }

  /** Returns whether {@code id} is the number of a codec; 5 to 7 fit the bits but name none. */
  public static boolean isKnown(int id) {
    return id >= 0 && id < BY_ID.length;
  }

  /**
   * Returns the codec with the given number.
   *
   * @throws IllegalArgumentException if no codec has it
   */
  public static Codec forId(int id) {
    if (!isKnown(id)) {
      throw new IllegalArgumentException("codec " + id + ", expected 0 to " + (BY_ID.length - 1));
    }
    return BY_ID[id];
  }

  /**
   * Returns Kafka's name: {@code none}, {@code gzip}, {@code snappy}, {@code lz4}, {@code zstd}.
   */
  @Override
  public String toString() {
    return kafkaName;
  }
}
