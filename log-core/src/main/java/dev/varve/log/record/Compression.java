package dev.varve.log.record;

/**
 * A codec and how hard it tries.
 *
 * <p>gzip is the JDK's own. lz4 needs {@code at.yawk.lz4:lz4-java}, zstd {@code
 * com.github.luben:zstd-jni}, snappy {@code org.xerial.snappy:snappy-java}; without its library a
 * codec can be named but neither written nor read ({@link CodecUnavailableException}).
 *
 * <p>zstd and snappy are native code: where the embedder has not granted native access to their
 * modules, the JDK prints one warning when the first batch is compressed. lz4 is then done by the
 * library's pure Java code, without a warning and more slowly.
 *
 * @param codec the codec
 * @param level gzip: 1 to 9, or -1 for zlib's own choice. lz4: 1 to 17, where 9, the default, is
 *     the fast compressor and the others are the high compressor. zstd: -131072 to 22. The other
 *     codecs have only level 0.
 */
public record Compression(Codec codec, int level) {

  private static final int GZIP_LEVEL_DEFAULT = -1;
  private static final int LZ4_LEVEL_DEFAULT = 9;
  private static final int ZSTD_LEVEL_DEFAULT = 3;

  /** No compression. */
  public static final Compression NONE = new Compression(Codec.NONE, 0);

  /** gzip at zlib's default level. */
  public static final Compression GZIP = new Compression(Codec.GZIP, GZIP_LEVEL_DEFAULT);

  /** snappy, which has no levels. */
  public static final Compression SNAPPY = new Compression(Codec.SNAPPY, 0);

  /** lz4 with the fast compressor. */
  public static final Compression LZ4 = new Compression(Codec.LZ4, LZ4_LEVEL_DEFAULT);

  /** zstd at level 3. */
  public static final Compression ZSTD = new Compression(Codec.ZSTD, ZSTD_LEVEL_DEFAULT);

  /**
   * Checks the level.
   *
   * @throws IllegalArgumentException if the codec does not have it
   */
  public Compression {
    int min = levelMin(codec);
    int max = levelMax(codec);
    boolean chosenByZlib = codec == Codec.GZIP && level == GZIP_LEVEL_DEFAULT;
    if ((level < min || level > max) && !chosenByZlib) {
      throw new IllegalArgumentException(
          codec + " level " + level + ", expected " + min + " to " + max);
    }
  }

  /** Returns the codec at its default level. */
  public static Compression of(Codec codec) {
    return switch (codec) {
      case NONE -> NONE;
      case GZIP -> GZIP;
      case SNAPPY -> SNAPPY;
      case LZ4 -> LZ4;
      case ZSTD -> ZSTD;
    };
  }

  /** Returns gzip at a level of 1 (fast) to 9 (small). */
  public static Compression gzip(int level) {
    return new Compression(Codec.GZIP, level);
  }

  /** Returns lz4 at a level of 1 to 17; 9 is the fast compressor. */
  public static Compression lz4(int level) {
    return new Compression(Codec.LZ4, level);
  }

  /** Returns zstd at a level of -131072 (fast) to 22 (small). */
  public static Compression zstd(int level) {
    return new Compression(Codec.ZSTD, level);
  }

  /**
   * Parses {@code codec} or {@code codec:level}, for example {@code zstd:9}.
   *
   * @throws IllegalArgumentException if the codec is unknown or does not have the level
   */
  public static Compression parse(String text) {
    int colon = text.indexOf(':');
    Codec codec = codecNamed(colon < 0 ? text : text.substring(0, colon));
    if (colon < 0) {
      return of(codec);
    }
    try {
      return new Compression(codec, Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "compression level in \"" + text + "\", expected an integer after the colon", e);
    }
  }

  private static Codec codecNamed(String name) {
    for (Codec codec : Codec.values()) {
      if (codec.toString().equals(name)) {
        return codec;
      }
    }
    throw new IllegalArgumentException(
        "compression \"" + name + "\", expected none, gzip, snappy, lz4 or zstd");
  }

  private static int levelMin(Codec codec) {
    return switch (codec) {
      case NONE, SNAPPY -> 0;
      case GZIP, LZ4 -> 1;
      case ZSTD -> -(1 << 17);
    };
  }

  private static int levelMax(Codec codec) {
    return switch (codec) {
      case NONE, SNAPPY -> 0;
      case GZIP -> 9;
      case LZ4 -> 17;
      case ZSTD -> 22;
    };
  }

  /** Returns what {@link #parse} reads: {@code zstd} at the default level, else {@code zstd:9}. */
  @Override
  public String toString() {
    return equals(of(codec)) ? codec.toString() : codec + ":" + level;
  }
}
