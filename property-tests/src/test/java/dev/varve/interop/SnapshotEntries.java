package dev.varve.interop;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.ProducerEntry;
import dev.varve.log.producer.ProducerSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;

/** What snapshots say of producers; their order in the file is nobody's business. */
final class SnapshotEntries {
  private SnapshotEntries() {}

  /** What the snapshot at an offset says, by producer id. */
  static Map<Long, ProducerEntry> at(long offset, LogDirectory directory) throws IOException {
    byte[] file = Files.readAllBytes(directory.file(offset, ".snapshot"));
    Map<Long, ProducerEntry> entries = new TreeMap<>();
    try {
      for (ProducerEntry entry : ProducerSnapshot.parse(file, offset).producers()) {
        entries.put(entry.producerId(), entry);
      }
    } catch (InvalidStateFileException e) {
      throw new AssertionError(directory.path() + ", snapshot at offset " + offset, e);
    }
    return entries;
  }
}
