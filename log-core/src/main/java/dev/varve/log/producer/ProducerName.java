package dev.varve.log.producer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The name of a producer and the ids that are made of it, so that no file has to keep which name
 * has which id: the first 63 bits of the SHA-256 of the name, of a byte 0 and of a number in four
 * bytes, which counts how often the epochs of an id were used up.
 *
 * <p>That two of a million names share an id has a chance of one in ten million. Ids that a Kafka
 * cluster gives out count up from 0 and stay far below.
 *
 * @param name from 1 to 255 bytes of UTF-8
 */
public record ProducerName(String name) {
  private static final int BYTES_MAX = 255;

  /** Checks the name. */
  public ProducerName {
    int bytes = utf8(name).remaining();
    if (bytes < 1 || bytes > BYTES_MAX) {
      throw new IllegalArgumentException(
          "name of a producer of " + bytes + " bytes, expected 1 to " + BYTES_MAX);
    }
  }

  /**
   * A name.
   *
   * @throws IllegalArgumentException if it is empty, too long, or no Unicode text
   */
  public static ProducerName of(String name) {
    return new ProducerName(name);
  }

  private static ByteBuffer utf8(String name) {
    try {
      return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "name of a producer with half a surrogate pair, expected Unicode text", e);
    }
  }

  /**
   * An id of the name, positive.
   *
   * @param generation how many ids before this one have used up their epochs
   */
  public long id(int generation) {
    MessageDigest digest = sha256();
    digest.update(utf8(name));
    digest.update((byte) 0);
    byte[] hash = digest.digest(ByteBuffer.allocate(Integer.BYTES).putInt(generation).array());
    return Math.max(1, ByteBuffer.wrap(hash).getLong() & Long.MAX_VALUE);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
