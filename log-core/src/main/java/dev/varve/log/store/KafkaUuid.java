package dev.varve.log.store;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Unique ids as Kafka writes them: 16 bytes, the most significant first, in the URL-safe alphabet
 * of base64, without padding: 22 characters.
 */
final class KafkaUuid {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{22}");
  private static final int BYTES = 16;

  private KafkaUuid() {}

  /** A new one. None begins with {@code -}, which command lines would take for an option. */
  static String random() {
    String text;
    do {
      UUID uuid = UUID.randomUUID();
      byte[] bytes =
          ByteBuffer.allocate(BYTES)
              .putLong(uuid.getMostSignificantBits())
              .putLong(uuid.getLeastSignificantBits())
              .array();
      text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    } while (text.startsWith("-"));
    return text;
  }

  /** Whether this is one, and not one of the first 100, which Kafka keeps for itself. */
  static boolean isValid(String text) {
    if (!FORM.matcher(text).matches()) {
      return false;
    }
    ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
    return bytes.getLong() != 0 || Long.compareUnsigned(bytes.getLong(), 100) >= 0;
  }
}
