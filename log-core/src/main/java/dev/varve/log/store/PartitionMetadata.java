package dev.varve.log.store;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file {@code partition.metadata} in a log's directory, which says of which topic the log is: a
 * topic that is deleted and created again has another id.
 */
final class PartitionMetadata {
  static final String FILE_NAME = "partition.metadata";

  private static final Pattern CONTENT =
      Pattern.compile("version: ?0\\R+topic_id: ?([A-Za-z0-9_-]{22})\\s*");

  private PartitionMetadata() {}

  static byte[] format(String topicId) {
    return ("version: 0\ntopic_id: " + topicId).getBytes(StandardCharsets.UTF_8);
  }

  /** The id of the topic; empty if the file is not what the format says. */
  static Optional<String> parse(byte[] file) {
    Matcher matcher = CONTENT.matcher(new String(file, StandardCharsets.UTF_8));
    return matcher.matches() && KafkaUuid.isValid(matcher.group(1))
        ? Optional.of(matcher.group(1))
        : Optional.empty();
  }
}
