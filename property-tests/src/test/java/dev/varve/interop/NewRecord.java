package dev.varve.interop;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record that is yet to be appended.
 *
 * @param timestamp milliseconds since 1970, or -1 for none
 * @param headers in order; keys may be empty and may repeat
 */
record NewRecord(
    long timestamp, @Nullable Bytes key, @Nullable Bytes value, List<RecordHeader> headers) {
  NewRecord {
    headers = List.copyOf(headers);
  }

  static NewRecord of(long timestamp, String key, String value) {
    return new NewRecord(timestamp, Bytes.utf8(key), Bytes.utf8(value), List.of());
  }

  /** Whether this is the same record, its timestamp apart unless that counts. */
  boolean sameAs(NewRecord that, boolean timestampCounts) {
    return Objects.equals(key, that.key)
        && Objects.equals(value, that.value)
        && headers.equals(that.headers)
        && (!timestampCounts || timestamp == that.timestamp);
  }

  /** One header of a record, its value possibly null. */
  record RecordHeader(String key, @Nullable Bytes value) {}
}
