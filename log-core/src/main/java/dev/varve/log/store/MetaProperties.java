package dev.varve.log.store;

import dev.varve.log.producer.InvalidStateFileException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
    List<InvalidStateFileException> faults = faults(file);
    if (!faults.isEmpty()) {
      throw faults.getFirst();
    }
  }

  /** All that keeps a broker from reading a file. */
  static List<InvalidStateFileException> faults(byte[] file) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(new String(file, StandardCharsets.ISO_8859_1)));
    } catch (IOException | IllegalArgumentException e) {
      return List.of(new InvalidStateFileException("all of it", e.toString(), "properties"));
    }
    List<InvalidStateFileException> faults = new ArrayList<>();
    String version = properties.getProperty("version", "");
    switch (version) {
      case "0" -> {} // of a broker from before KRaft, which may leave all else out
      case "1" -> {
        String nodeId = properties.getProperty("node.id", "");
        String directoryId = properties.getProperty("directory.id");
        if (properties.getProperty("cluster.id", "").isEmpty()) {
          faults.add(fault(properties, "cluster.id", "a name"));
        }
        if (!isNodeId(nodeId)) {
          faults.add(fault(properties, "node.id", "a number from 0 to " + Integer.MAX_VALUE));
        }
        if (directoryId != null && !KafkaUuid.isValid(directoryId)) {
          faults.add(fault(properties, "directory.id", "22 characters of base64"));
        }
      }
      default -> faults.add(fault(properties, "version", "0 or 1"));
    }
    return faults;
  }

  private static boolean isNodeId(String text) {
    return text.matches("[0-9]{1,10}") && Long.parseLong(text) <= Integer.MAX_VALUE;
  }

  private static InvalidStateFileException fault(
      Properties properties, String name, String expected) {
    String found = properties.getProperty(name);
    return new InvalidStateFileException(
        "property " + name, found == null ? "none" : '"' + found + '"', expected);
  }
}
