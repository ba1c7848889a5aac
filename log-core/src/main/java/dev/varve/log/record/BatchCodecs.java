package dev.varve.log.record;

/** Opens codecs, and says which library to add when one is missing. */
final class BatchCodecs {

  private BatchCodecs() {}

  /**
   * Opens a codec with state of its own.
   *
   * @throws IllegalArgumentException if {@code compression} is none
   * @throws CodecUnavailableException if the codec's library is absent or cannot be loaded
   */
  static BatchCodec open(Compression compression) {
    Codec codec = compression.codec();
    try {
      return switch (codec) {
        case NONE -> throw new IllegalArgumentException("found codec none, expected a real one");
        case GZIP -> new GzipCodec(compression.level());
        case SNAPPY -> new SnappyCodec();
        case LZ4 -> new Lz4Codec(compression.level());
        case ZSTD -> new ZstdCodec(compression.level());
      };
    } catch (LinkageError e) {
      throw new CodecUnavailableException(codec, artifact(codec), e);
    }
  }

  private static String artifact(Codec codec) {
    return switch (codec) {
      case NONE, GZIP -> "the module java.base";
      case SNAPPY -> "org.xerial.snappy:snappy-java";
      case LZ4 -> "at.yawk.lz4:lz4-java";
      case ZSTD -> "com.github.luben:zstd-jni";
    };
  }
}
