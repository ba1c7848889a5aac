package dev.varve.crash;

import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;

/** What a log could get wrong about transactions in the files that remember them. */
final class TransactionDefects {
  private static final int ENTRY_BYTES = 34;
  private static final int PRODUCER_AT = 2;
  private static final int FIRST_OFFSET_AT = 10;
  private static final int STABLE_OFFSET_AT = 26;
  private static final int SNAPSHOT_HEADER_BYTES = 10;
  private static final int SNAPSHOT_ENTRY_BYTES = 46;
  private static final int OPEN_TRANSACTION_AT = 38;

  private TransactionDefects() {}

  static List<Defect> bank() {
    return List.of(
        index("does not keep aborted transactions", entries -> new byte[0]),
        index(
            "keeps one aborted transaction too few",
            entries -> Arrays.copyOf(entries, Math.max(0, entries.length - ENTRY_BYTES))),
        index("names another producer as aborted", entries -> changed(entries, PRODUCER_AT, 1)),
        index(
            "lets an aborted transaction begin later",
            entries -> changed(entries, FIRST_OFFSET_AT, 1)),
        index(
            "keeps a wrong last stable offset", entries -> changed(entries, STABLE_OFFSET_AT, -1)),
        of(".snapshot", "forgets open transactions in a snapshot", TransactionDefects::forgetful));
  }

  private static Defect index(String name, UnaryOperator<byte[]> change) {
    return of(".txnindex", name, change);
  }

  private static Defect of(String suffix, String name, UnaryOperator<byte[]> change) {
    return Defect.of(
        name, file -> file.name().endsWith(suffix) ? new ChangedWrite(file, change) : file);
  }

  private static byte[] changed(byte[] entries, int at, long by) {
    ByteBuffer changed = ByteBuffer.wrap(entries);
    for (int entry = 0; entry + ENTRY_BYTES <= entries.length; entry += ENTRY_BYTES) {
      changed.putLong(entry + at, Math.max(0, changed.getLong(entry + at) + by));
    }
    return entries;
  }

  private static byte[] forgetful(byte[] snapshot) {
    ByteBuffer changed = ByteBuffer.wrap(snapshot);
    for (int entry = SNAPSHOT_HEADER_BYTES;
        entry + SNAPSHOT_ENTRY_BYTES <= snapshot.length;
        entry += SNAPSHOT_ENTRY_BYTES) {
      changed.putLong(entry + OPEN_TRANSACTION_AT, -1);
    }
    CRC32C crc = new CRC32C();
    crc.update(snapshot, 6, snapshot.length - 6);
    changed.putInt(2, (int) crc.getValue());
    return snapshot;
  }

  private static final class ChangedWrite extends ForwardingFile {
    private final UnaryOperator<byte[]> change;

    ChangedWrite(StorageFile file, UnaryOperator<byte[]> change) {
      super(file);
      this.change = change;
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
      byte[] bytes = change.apply(source.toArray(ValueLayout.JAVA_BYTE));
      super.write(position, MemorySegment.ofArray(bytes));
    }
  }
}
