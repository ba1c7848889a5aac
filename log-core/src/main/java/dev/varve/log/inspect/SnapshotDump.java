package dev.varve.log.inspect;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.ProducerEntry;
import dev.varve.log.producer.ProducerSnapshot;
import java.io.IOException;
import java.nio.file.Path;

/** Prints a {@code .snapshot} producer by producer. */
final class SnapshotDump {
  private final Appendable out;

  SnapshotDump(Appendable out) {
    this.out = out;
  }

  /** Prints a file and returns whether it is sound. */
  boolean print(Path path) throws IOException {
    ProducerSnapshot snapshot;
    try {
      snapshot = ProducerSnapshot.parse(StateFile.read(path));
    } catch (InvalidStateFileException e) {
      out.append("  damage: ").append(e.getMessage()).append('\n');
      return false;
    }
    if (snapshot.producers().isEmpty()) {
      out.append("  no producers\n");
    }
    for (ProducerEntry producer : snapshot.producers()) {
      out.append("  producer ").append(Long.toString(producer.producerId()));
      out.append(" epoch ").append(Short.toString(producer.epoch()));
      out.append("  last sequence ").append(Printable.orNone(producer.lastSequence()));
      out.append("  last offset ").append(Printable.orNone(producer.lastOffset()));
      out.append(" (delta ").append(Integer.toString(producer.offsetDelta())).append(')');
      out.append("  ").append(Printable.time(producer.timestamp()));
      out.append("  coordinator epoch ").append(Printable.orNone(producer.coordinatorEpoch()));
      out.append("  open transaction from ");
      out.append(Printable.orNone(producer.currentTxnFirstOffset())).append('\n');
    }
    return true;
  }
}
