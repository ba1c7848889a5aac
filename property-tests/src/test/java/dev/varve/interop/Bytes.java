package dev.varve.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** An immutable byte string that compares by content and prints as lower-case hex. */
final class Bytes {
  private static final int PRINTED_BYTES_MAX = 64;

  private final byte[] content;

  private Bytes(byte[] content) {
    this.content = content;
  }

  static Bytes of(byte... content) {
    return new Bytes(content.clone());
  }

  static @Nullable Bytes ofNullable(byte @Nullable [] content) {
    return content == null ? null : of(content);
  }

  static Bytes utf8(String text) {
    return new Bytes(text.getBytes(UTF_8));
  }

  /** The bytes from the position of the buffer to its limit, which stay where they are. */
  static @Nullable Bytes copyOf(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] content = new byte[buffer.remaining()];
    buffer.get(buffer.position(), content);
    return new Bytes(content);
  }

  static byte @Nullable [] toArray(@Nullable Bytes bytes) {
    return bytes == null ? null : bytes.content.clone();
  }

  int size() {
    return content.length;
  }

  String toHex() {
    return HexFormat.of().formatHex(content);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Bytes that && Arrays.equals(content, that.content);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(content);
  }

  /** Hex, shortened where it would flood the report of a failed property. */
  @Override
  public String toString() {
    return content.length <= PRINTED_BYTES_MAX
        ? toHex()
        : HexFormat.of().formatHex(content, 0, PRINTED_BYTES_MAX) + "…(" + content.length + " B)";
  }
}
