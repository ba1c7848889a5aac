package dev.varve.compaction;

/**
 * What was read and what was kept, counted. Not safe for use by several threads at once: add it up
 * where it is read.
 */
public final class CleaningStats {
  private long batchesRead;
  private long bytesRead;
  private long recordsRead;
  private long batchesKept;
  private long bytesKept;
  private long recordsKept;
  private long tombstonesRead;
  private long tombstonesKept;
  private long tombstonesRemoved;
  private long keylessRecords;

  /** Counts from zero. */
  public CleaningStats() {}

  void read(int bytes, int records) {
    batchesRead++;
    bytesRead += bytes;
    recordsRead += records;
  }

  void kept(int bytes, int records) {
    batchesKept++;
    bytesKept += bytes;
    recordsKept += records;
  }

  void tombstoneRead() {
    tombstonesRead++;
  }

  void tombstoneKept() {
    tombstonesKept++;
  }

  void tombstoneRemoved() {
    tombstonesRemoved++;
  }

  void keyless() {
    keylessRecords++;
  }

  /** Adds what others have counted. */
  public void add(CleaningStats other) {
    batchesRead += other.batchesRead;
    bytesRead += other.bytesRead;
    recordsRead += other.recordsRead;
    batchesKept += other.batchesKept;
    bytesKept += other.bytesKept;
    recordsKept += other.recordsKept;
    tombstonesRead += other.tombstonesRead;
    tombstonesKept += other.tombstonesKept;
    tombstonesRemoved += other.tombstonesRemoved;
    keylessRecords += other.keylessRecords;
  }

  /** The batches that were looked at. */
  public long batchesRead() {
    return batchesRead;
  }

  /** The bytes of the batches that were looked at. */
  public long bytesRead() {
    return bytesRead;
  }

  /** The records in the batches that were looked at, control records included. */
  public long recordsRead() {
    return recordsRead;
  }

  /** The batches that stay, as they were, rewritten, or empty. */
  public long batchesKept() {
    return batchesKept;
  }

  /** The bytes of the batches that stay. */
  public long bytesKept() {
    return bytesKept;
  }

  /** The records that stay, control records included. */
  public long recordsKept() {
    return recordsKept;
  }

  /** The records of data without a value that were looked at; those of aborted ones are not. */
  public long tombstonesRead() {
    return tombstonesRead;
  }

  /** The tombstones that stay: records of data with a key and without a value. */
  public long tombstonesKept() {
    return tombstonesKept;
  }

  /** The tombstones that were the last of their key and whose time has passed. */
  public long tombstonesRemoved() {
    return tombstonesRemoved;
  }

  /** The records without a key that were removed: a compacted log should have none. */
  public long keylessRecords() {
    return keylessRecords;
  }

  @Override
  public String toString() {
    return "CleaningStats["
        + recordsKept
        + " of "
        + recordsRead
        + " records, "
        + bytesKept
        + " of "
        + bytesRead
        + " bytes and "
        + batchesKept
        + " of "
        + batchesRead
        + " batches kept; "
        + tombstonesKept
        + " tombstones kept, "
        + tombstonesRemoved
        + " removed, "
        + keylessRecords
        + " records without key]";
  }
}
