package dev.varve.log.store;

import dev.varve.log.LogOptions;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.WholeFile;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The configuration of the topics of a store, by Kafka's names. Kafka keeps it elsewhere, and so
 * overlooks the file.
 *
 * <pre>
 *   orders/retention.ms=86400000
 *   orders/segment.bytes=1048576
 * </pre>
 *
 * <p>Thread safety: reading is safe; {@link #set} is for one thread at a time.
 */
final class TopicConfigs {
  static final String FILE_NAME = "varve.topics";

  private final Storage storage;
  private volatile NavigableMap<String, NavigableMap<String, String>> byTopic = new TreeMap<>();

  private TopicConfigs(Storage storage) {
    this.storage = storage;
  }

  /** Reads the file; what is wrong in it is told and left out. */
  static TopicConfigs load(Storage storage, Consumer<StoreFinding> findings) throws IOException {
    TopicConfigs configs = new TopicConfigs(storage);
    Optional<byte[]> file = StoreFiles.read(storage, FILE_NAME);
    if (file.isPresent()) {
      Properties properties = new Properties();
      try {
        properties.load(new StringReader(new String(file.get(), StandardCharsets.ISO_8859_1)));
      } catch (IllegalArgumentException e) {
        String aside = StoreFiles.setAside(storage, FILE_NAME);
        findings.accept(
            new StoreFinding(
                StoreFinding.Kind.DAMAGED_FILE,
                storage.directory().resolve(FILE_NAME),
                "what is no file of properties: " + e.getMessage(),
                "renamed it to " + aside + ", so that no topic has a configuration"));
      }
      configs.byTopic = configs.checked(properties, findings);
    }
    return configs;
  }

  private NavigableMap<String, NavigableMap<String, String>> checked(
      Properties properties, Consumer<StoreFinding> findings) {
    return sound(
        properties,
        (entry, why) ->
            findings.accept(
                new StoreFinding(
                    StoreFinding.Kind.INVALID_CONFIGURATION,
                    storage.directory().resolve(FILE_NAME),
                    entry + ": " + why,
                    "left it out")));
  }

  /** What of a file can be used; the rest is told, each entry with what is wrong with it. */
  private static NavigableMap<String, NavigableMap<String, String>> sound(
      Properties properties, BiConsumer<String, String> faults) {
    NavigableMap<String, NavigableMap<String, String>> sound = new TreeMap<>();
    for (String key : new TreeSet<>(properties.stringPropertyNames())) {
      int slash = key.indexOf('/');
      String topic = key.substring(0, Math.max(0, slash));
      String name = key.substring(slash + 1);
      String value = properties.getProperty(key, "");
      try {
        check(topic, Map.of(name, value));
        sound.computeIfAbsent(topic, _ -> new TreeMap<>()).put(name, value);
      } catch (IllegalArgumentException e) {
        faults.accept(key + "=" + value, String.valueOf(e.getMessage()));
      }
    }
    return sound;
  }

  /** What is wrong with a file, each fault with its place in it; nothing is changed. */
  static List<InvalidStateFileException> faults(byte[] file) throws IOException {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(new String(file, StandardCharsets.ISO_8859_1)));
    } catch (IllegalArgumentException e) {
      return List.of(new InvalidStateFileException("all of it", e.toString(), "properties"));
    }
    List<InvalidStateFileException> faults = new ArrayList<>();
    var _ =
        sound(
            properties,
            (entry, why) ->
                faults.add(new InvalidStateFileException("entry " + entry, why, "what Kafka has")));
    return faults;
  }

  /** What of a file can be used, by topics. */
  static Map<String, Map<String, String>> read(byte[] file) throws IOException {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(new String(file, StandardCharsets.ISO_8859_1)));
    } catch (IllegalArgumentException e) {
      return Map.of(); // told by StoreVerifier
    }
    return Map.copyOf(sound(properties, (_, _) -> {}));
  }

  private static void check(String topic, Map<String, String> config) {
    var _ = new TopicPartition(topic, 0);
    var _ = LogOptions.fromTopicConfig(config);
  }

  /** What a topic is configured by; empty if nothing was said. */
  Map<String, String> of(String topic) {
    return Map.copyOf(byTopic.getOrDefault(topic, new TreeMap<>()));
  }

  /**
   * Replaces the configuration of a topic, durably.
   *
   * @throws IllegalArgumentException if Kafka does not have a name, or a value is out of range
   */
  void set(String topic, Map<String, String> config) throws IOException {
    check(topic, config);
    NavigableMap<String, NavigableMap<String, String>> changed = new TreeMap<>(byTopic);
    if (config.isEmpty()) {
      changed.remove(topic);
    } else {
      changed.put(topic, new TreeMap<>(config));
    }
    if (WholeFile.replaceIfDifferent(storage, FILE_NAME, format(changed))) {
      storage.forceDirectory();
    }
    byTopic = changed;
  }

  /** Sorted, and without the date that the library puts in. */
  private static byte[] format(NavigableMap<String, NavigableMap<String, String>> byTopic)
      throws IOException {
    Properties properties = new Properties();
    byTopic.forEach((topic, config) ->
        config.forEach((name, value) -> properties.setProperty(topic + "/" + name, value)));
    StringWriter text = new StringWriter();
    properties.store(text, null);
    return text.toString()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .sorted()
        .collect(Collectors.joining("\n", "", "\n"))
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
