package dev.varve.log.inspect;

import dev.varve.log.record.BatchFault;
import dev.varve.log.record.Codec;
import dev.varve.log.record.CodecUnavailableException;
import dev.varve.log.record.EndTransactionMarker;
import dev.varve.log.record.Header;
import dev.varve.log.record.InvalidBatchException;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.record.RecordCursor;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Prints a {@code .log} file batch by batch. */
final class BatchDump {
  private final Appendable out;
  private final boolean records;
  private final RecordCursor cursor = new RecordCursor();

  BatchDump(Appendable out, boolean records) {
    this.out = out;
    this.records = records;
  }

  /** Prints a file and returns whether all of it is sound. */
  boolean print(Path log) throws IOException {
    boolean sound = true;
    try (BatchReader reader = BatchReader.open(log)) {
      while (reader.next()) {
        header(reader.batch(), reader.position());
        if (records) {
          sound &= records(reader.batch());
        }
      }
      return end(reader) && sound;
    }
  }

  private void header(RecordBatch batch, long position) throws IOException {
    out.append("  position ").append(Long.toString(position));
    out.append("  offsets ").append(Long.toString(batch.baseOffset()));
    out.append('-').append(Long.toString(batch.lastOffset()));
    out.append("  records ").append(Integer.toString(batch.recordCount()));
    out.append("  bytes ").append(Integer.toString(batch.sizeBytes()));
    out.append("  codec ").append(codec(batch));
    out.append("  ").append(batch.timestampType().toString());
    out.append(" base ").append(Printable.time(batch.baseTimestamp()));
    out.append(" max ").append(Printable.time(batch.maxTimestamp()));
    out.append("  leader epoch ").append(Printable.orNone(batch.leaderEpoch()));
    if (batch.hasProducerId()) {
      out.append("  producer ").append(Long.toString(batch.producerId()));
      out.append(" epoch ").append(Short.toString(batch.producerEpoch()));
      out.append(" sequence ").append(Printable.orNone(batch.baseSequence()));
    }
    out.append(batch.isTransactional() ? "  transactional" : "");
    out.append(batch.isControl() ? "  control" : "");
    out.append(batch.hasDeleteHorizon() ? "  delete horizon" : "");
    out.append("  crc ").append(Printable.hex(batch.checksum())).append(" ok\n");
  }

  private static String codec(RecordBatch batch) {
    return Codec.isKnown(batch.codecId())
        ? batch.codec().toString()
        : "number " + batch.codecId() + ", which is unknown";
  }

  private boolean records(RecordBatch batch) throws IOException {
    try {
      cursor.openUnchecked(batch);
      while (cursor.next()) {
        record(cursor.record(), batch.isControl());
      }
      return true;
    } catch (InvalidBatchException e) {
      out.append("    damage: found ").append(e.fault().found());
      out.append(", expected ").append(e.fault().expected()).append('\n');
      return false;
    } catch (CodecUnavailableException e) {
      out.append("    not shown: ").append(e.getMessage()).append('\n');
      return true;
    }
  }

  private void record(Record record, boolean control) throws IOException {
    out.append("    offset ").append(Long.toString(record.offset()));
    out.append("  ").append(Printable.time(record.timestamp()));
    EndTransactionMarker marker = control ? EndTransactionMarker.of(record) : null;
    if (marker != null) {
      out.append("  ").append(marker.outcome().toString());
      out.append(" by coordinator epoch ").append(Integer.toString(marker.coordinatorEpoch()));
    } else {
      out.append("  key ").append(field(record.copyKey()));
      out.append("  value ").append(field(record.copyValue()));
    }
    for (Header header : record.headers()) {
      out.append("  header \"").append(Printable.text(header.key())).append("\" ");
      out.append(field(header.value()));
    }
    out.append('\n');
  }

  private static String field(byte @Nullable [] bytes) {
    return bytes == null ? "null" : Printable.bytes(bytes) + " (" + bytes.length + ")";
  }

  private boolean end(BatchReader reader) throws IOException {
    BatchFault fault = reader.fault();
    long left = reader.fileBytes() - reader.endPosition();
    if (fault == null) {
      return true;
    }
    out.append("  position ").append(Long.toString(fault.position()));
    if (reader.endsInReservedSpace()) {
      out.append("  ").append(Long.toString(left)).append(" bytes of zeros, reserved\n");
      return true;
    }
    out.append("  damage: found ").append(fault.found());
    out.append(", expected ").append(fault.expected());
    out.append("; the ").append(Long.toString(left)).append(" bytes from here on are not shown\n");
    return false;
  }
}
