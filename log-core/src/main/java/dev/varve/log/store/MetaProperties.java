package dev.varve.log.store;

import dev.varve.log.producer.InvalidStateFileException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/**
 * The file {@code meta.properties}, by which a broker knows its log directories again.
 *
 * <pre>
 *   version=1
 *   cluster.id=Some22CharactersOfText
 *   node.id=1
 *   directory.id=Other22CharactersOf_Te
 * </pre>
 *
 * @param clusterId which cluster the directory belongs to
 * @param nodeId which broker of it
 * @param directoryId which directory of the broker's
 */
record MetaProperties(String clusterId, int nodeId, String directoryId) {
  static final String FILE_NAME = "meta.properties";

  /** One for a directory that has none, of a cluster that nobody has heard of. */
  static MetaProperties create(int nodeId) {
    return new MetaProperties(KafkaUuid.random(), nodeId, KafkaUuid.random());
  }

  byte[] format() {
    String text =
        "version=1\ncluster.id="
            + clusterId
            + "\nnode.id="
            + nodeId
            + "\ndirectory.id="
            + directoryId
            + "\n";
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * Checks that a file is one that a broker reads. What it says besides is the broker's.
   *
   * @throws InvalidStateFileException if it is not
   */
  static void check(byte[] file) throws InvalidStateFileException {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(new String(file, StandardCharsets.ISO_8859_1)));
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidStateFileException("all of it", e.toString(), "properties");
    }
    String version = properties.getProperty("version", "");
    switch (version) {
      case "0" -> {} // of a broker from before KRaft, which may leave all else out
      case "1" -> {
        expect(properties, "cluster.id", ".+", "a name");
        expect(properties, "node.id", "[0-9]{1,10}", "a number");
        if (properties.containsKey("directory.id")
            && !KafkaUuid.isValid(properties.getProperty("directory.id"))) {
          throw fault(properties, "directory.id", "22 characters of base64");
        }
      }
      default -> throw fault(properties, "version", "0 or 1");
    }
  }

  private static void expect(Properties properties, String name, String pattern, String expected)
      throws InvalidStateFileException {
    if (!properties.getProperty(name, "").matches(pattern)) {
      throw fault(properties, name, expected);
    }
  }

  private static InvalidStateFileException fault(
      Properties properties, String name, String expected) {
    String found = properties.getProperty(name);
    return new InvalidStateFileException(
        "property " + name, found == null ? "none" : '"' + found + '"', expected);
  }
}
