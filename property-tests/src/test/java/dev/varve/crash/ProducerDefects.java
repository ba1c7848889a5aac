package dev.varve.crash;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.ProducerEntry;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Defects of what a log remembers of producers: snapshots that are sound and say other things. */
final class ProducerDefects {
  private ProducerDefects() {}

  static List<Defect> bank() {
    return List.of(
        snapshots(
            "keeps the sequence of the first record of a batch",
            entry -> with(entry, entry.lastSequence() - entry.offsetDelta(), entry.epoch())),
        snapshots(
            "keeps the next sequence for the last",
            entry -> with(entry, entry.lastSequence() + 1, entry.epoch())),
        snapshots(
            "does not keep the sequence", entry -> with(entry, ProducerEntry.NONE, entry.epoch())),
        snapshots(
            "keeps the next epoch",
            entry -> with(entry, entry.lastSequence(), (short) (entry.epoch() + 1))),
        changed("writes snapshots without producers", snapshot -> List.of()),
        new Defect("writes the first snapshot again", FirstSnapshotAgain::new),
        new Defect("opens the oldest snapshot for every other", OldestSnapshotOnly::new));
  }

  private static ProducerEntry with(ProducerEntry entry, int lastSequence, short epoch) {
    return new ProducerEntry(
        entry.producerId(),
        epoch,
        lastSequence,
        entry.lastOffset(),
        entry.offsetDelta(),
        entry.timestamp(),
        entry.coordinatorEpoch(),
        entry.currentTxnFirstOffset());
  }

  private static Defect snapshots(String name, UnaryOperator<ProducerEntry> change) {
    return changed(name, snapshot -> snapshot.producers().stream().map(change).toList());
  }

  private static Defect changed(
      String name, Function<ProducerSnapshot, List<ProducerEntry>> change) {
    return Defect.of(
        name,
        file ->
            isSnapshot(file.name())
                ? new ForwardingFile(file) {
                  @Override
                  public void write(long position, MemorySegment source) throws IOException {
                    byte[] sound = source.toArray(ValueLayout.JAVA_BYTE);
                    super.write(position, MemorySegment.ofArray(changed(sound, change)));
                  }
                }
                : file);
  }

  private static byte[] changed(
      byte[] file, Function<ProducerSnapshot, List<ProducerEntry>> change) {
    try {
      return new ProducerSnapshot(change.apply(ProducerSnapshot.parse(file))).format();
    } catch (InvalidStateFileException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isSnapshot(String name) {
    return name.endsWith(".snapshot");
  }

  /** Takes the state once, and not at every roll. */
  private static final class FirstSnapshotAgain extends ForwardingStorage {
    private byte[] first = {};

    FirstSnapshotAgain(Storage disk) {
      super(disk);
    }

    @Override
    protected StorageFile wrap(StorageFile opened) {
      if (!isSnapshot(opened.name())) {
        return opened;
      }
      return new ForwardingFile(opened) {
        @Override
        public void write(long position, MemorySegment source) throws IOException {
          if (first.length == 0) {
            first = source.toArray(ValueLayout.JAVA_BYTE);
          }
          super.write(position, MemorySegment.ofArray(first));
        }
      };
    }
  }

  private static final class OldestSnapshotOnly extends ForwardingStorage {
    OldestSnapshotOnly(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile open(String name) throws IOException {
      if (!isSnapshot(name)) {
        return super.open(name);
      }
      return super.open(
          list().stream().filter(ProducerDefects::isSnapshot).findFirst().orElse(name));
    }
  }
}
