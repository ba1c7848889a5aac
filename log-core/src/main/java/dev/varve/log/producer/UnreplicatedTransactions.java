package dev.varve.log.producer;

import java.util.Map;
import java.util.TreeMap;

/**
 * The transactions whose marker is in the log but not yet below the high watermark: a truncation
 * may still take the marker away, and then they are open again. Until the watermark has passed the
 * marker they are as undecided as those that are open.
 *
 * <pre>
 *   offset            0     1     2     3          high watermark   undecided from
 *                     x1    x2    end   y1         1                0
 *                                  x               3                -
 * </pre>
 *
 * <p>Thread safety: none; it belongs to whoever holds the log's write lock.
 */
final class UnreplicatedTransactions {
  /** Marker offset by first offset: the earliest counts. */
  private final TreeMap<Long, Long> markers = new TreeMap<>();

  /** A log without replicas has none to wait for. */
  private long highWatermark = Long.MAX_VALUE;

  /** A transaction was ended by the marker at an offset. */
  void ended(long firstOffset, long markerOffset) {
    if (markerOffset >= highWatermark) {
      markers.put(firstOffset, markerOffset);
    }
  }

  /** All markers below this are decided. */
  void replicatedTo(long offset) {
    highWatermark = offset;
    markers.values().removeIf(marker -> marker < offset);
  }

  /** Takes over what another knows of markers below an offset; its watermark too. */
  void takeOver(UnreplicatedTransactions other, long endOffset) {
    markers.clear();
    for (Map.Entry<Long, Long> entry : other.markers.entrySet()) {
      if (entry.getValue() < endOffset) {
        markers.put(entry.getKey(), entry.getValue());
      }
    }
    highWatermark = other.highWatermark;
  }

  /** Where the earliest of them begins; {@code Long.MAX_VALUE} if there is none. */
  long firstOffset() {
    return markers.isEmpty() ? Long.MAX_VALUE : markers.firstKey();
  }
}
