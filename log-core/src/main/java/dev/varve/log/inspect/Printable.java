package dev.varve.log.inspect;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;

/** Values as people read them, on one line and of bounded length. */
final class Printable {
  private static final int CHARS_MAX = 100;

  private Printable() {}

  /** A timestamp in milliseconds with its date, or {@code -} for none. */
  static String time(long millis) {
    return millis == -1 ? "-" : millis + " (" + Instant.ofEpochMilli(millis) + ")";
  }

  /** A number that stands for "none" if negative. */
  static String orNone(long number) {
    return number < 0 ? "-" : Long.toString(number);
  }

  static String hex(int bits) {
    return "0x" + HexFormat.of().toHexDigits(bits);
  }

  /** Bytes as text in quotes, with escapes for what is not plain ASCII, cut if long. */
  static String bytes(byte[] bytes) {
    return '"' + text(new String(bytes, StandardCharsets.ISO_8859_1)) + '"';
  }

  /** Characters of one byte each, with escapes for what is not plain ASCII, cut if long. */
  static String text(String text) {
    StringBuilder printed = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (i == CHARS_MAX) {
        return printed.append("...").toString();
      }
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> printed.append('\\').append(c);
        case '\n' -> printed.append("\\n");
        case '\r' -> printed.append("\\r");
        case '\t' -> printed.append("\\t");
        default -> {
          if (c >= ' ' && c <= '~') {
            printed.append(c);
          } else {
            printed.append("\\x").append(HexFormat.of().toHexDigits((byte) c));
          }
        }
      }
    }
    return printed.toString();
  }
}
