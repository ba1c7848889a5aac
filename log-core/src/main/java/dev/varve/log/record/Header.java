package dev.varve.log.record;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A header of a record: a key, which may be empty and may repeat among the headers of one record,
 * and a value, which may be absent.
 *
 * <p>Immutable as long as nobody changes the value's array, which is not copied. The key is encoded
 * once, so a header that goes into many records is worth keeping.
 */
public final class Header {

  private final String key;
  private final byte[] keyUtf8;
  private final byte @Nullable [] value;

  /** Makes a header; {@code value} is kept, not copied. */
  public Header(String key, byte @Nullable [] value) {
    this.key = key;
    this.keyUtf8 = key.getBytes(StandardCharsets.UTF_8);
    this.value = value;
  }

  /** Returns the key, possibly empty. */
  public String key() {
    return key;
  }

  /** Returns the value's own array, which must not be changed, or null if there is no value. */
  public byte @Nullable [] value() {
    return value;
  }

  /** Returns the key's own bytes in UTF-8. */
  byte[] keyUtf8() {
    return keyUtf8;
  }

  /** Returns how many bytes of a record the header takes, both lengths included. */
  long sizeBytes() {
    long keySize = Varint.sizeBytes(keyUtf8.length) + (long) keyUtf8.length;
    return value == null
        ? keySize + Varint.sizeBytes(-1)
        : keySize + Varint.sizeBytes(value.length) + value.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Header header
        && key.equals(header.key)
        && Arrays.equals(value, header.value);
  }

  @Override
  public int hashCode() {
    return Objects.hash(key, Arrays.hashCode(value));
  }

  @Override
  public String toString() {
    return key + "=" + (value == null ? "null" : HexFormat.of().formatHex(value));
  }
}
