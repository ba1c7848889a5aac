package dev.varve.log;

import dev.varve.log.segment.CleanedSegment;
import dev.varve.log.segment.LogCheckpoint.Replacement;
import dev.varve.log.segment.LogCheckpoint.Rewrite;
import dev.varve.log.segment.Reclaimer;
import dev.varve.log.segment.SealedSegment;
import dev.varve.log.segment.Segment;
import dev.varve.log.segment.SegmentDeletion;
import dev.varve.log.segment.SegmentOptions;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Puts segments in the place of others, all or none across a crash.
 *
 * <pre>
 *   segments           [0, 100)  [100, 200)  [200, ...
 *   complete           0.log.cleaned, with its indexes, forced
 *   commit point       the checkpoint says: rewrite 0 200, replacement 0
 *   names              0.log.cleaned becomes 0.log.swap; from here Kafka too would finish it
 *                      0.log and 100.log become .deleted, 0.log.swap becomes 0.log
 *   segments           [0, 200)  [200, ...
 * </pre>
 *
 * <p>Before the commit point nothing of the log has changed. After it, whoever opens the log
 * finishes what is left to do: also when nothing is, since the checkpoint says so until the next
 * one is written. Readers keep what they have pinned.
 *
 * <p>Thread safety: for whoever holds the keeper's lock.
 */
final class SegmentReplacement {
  private static final String UNFINISHED = "a rewrite of segments that had begun";

  private final Storage storage;
  private final LogWriter writer;
  private final LogForce force;
  private final CheckpointFile checkpoints;
  private final DurableEnd durableEnd;
  private final SegmentDeletion deletion;
  private final LogListener listener;

  /** What is being written. */
  private final Set<CleanedSegment> begun = ConcurrentHashMap.newKeySet();

  SegmentReplacement(
      Storage storage,
      LogWriter writer,
      LogForce force,
      CheckpointFile checkpoints,
      DurableEnd durableEnd,
      Reclaimer reclaimer,
      LogOptions options) {
    this.storage = storage;
    this.writer = writer;
    this.force = force;
    this.checkpoints = checkpoints;
    this.durableEnd = durableEnd;
    this.listener = options.listener();
    this.deletion =
        new SegmentDeletion(
            storage,
            reclaimer,
            _ -> {},
            options.clock(),
            () -> writer.rules().options().fileDeleteDelayMillis());
  }

  /** Refuses calls on a log that was closed or has failed. */
  void checkOpen() {
    writer.checkOpen();
  }

  /** Begins to write a segment that is to take the place of others. For all. */
  CleanedSegment begin(long baseOffset) throws IOException {
    writer.checkOpen();
    SegmentOptions segments = writer.rules().options().segments();
    CleanedSegment segment = CleanedSegment.create(storage, segments, baseOffset);
    begun.add(segment);
    return segment;
  }

  /** Lets go of what was written, and of its files unless they are the log's by now. For all. */
  void end(CleanedSegment segment, boolean handedOver) throws IOException {
    boolean deletes = begun.remove(segment) && !handedOver;
    segment.release();
    if (deletes) {
      segment.delete();
    }
  }

  /** Deletes the files of what is being written: the log is about to be closed. */
  void giveUp() {
    for (CleanedSegment segment : List.copyOf(begun)) {
      try {
        segment.delete();
      } catch (IOException e) {
        listener.maintenanceFailed("rewrite", e); // an open removes what is left
      }
    }
    forget();
  }

  /** Whoever writes something has to leave the directory alone from now on. */
  void forget() {
    begun.clear();
  }

  /**
   * Does it, unless the log no longer has all of the segments that are to go.
   *
   * @param old neighbours, which nothing is left to be cut off
   * @param by their complete files, ascending
   * @param sizes what {@link CleanedSegment#complete} said of them
   * @param endOffset where the last of {@code old} ends
   * @return false if the log has changed since
   * @throws IOException if it could not be committed; nothing has changed then
   */
  boolean replace(
      List<SealedSegment> old, List<CleanedSegment> by, List<Replacement> sizes, long endOffset)
      throws IOException {
    writer.checkOpen();
    if (!writer.segments().containsRun(old)) {
      return false;
    }
    if (durableEnd.get() < endOffset) {
      force.all(); // recovery takes a gap behind what is durable for a torn end
    }
    checkpoints.writeRewriting(new Rewrite(old.getFirst().baseOffset(), endOffset, sizes));
    force.directory(); // the commit point
    boolean done = false;
    try {
      exchange(old, by, endOffset);
      force.directory();
      done = true;
    } catch (IOException | RuntimeException e) {
      done = true;
      throw force.failed(UNFINISHED, e);
    } finally {
      if (!done) {
        force.failed(UNFINISHED, new IllegalStateException("it was left by an error"));
      }
    }
    listener.segmentsRewritten(old.getFirst().baseOffset(), endOffset, bytes(old), bytesOf(sizes));
    return true;
  }

  private void exchange(List<SealedSegment> old, List<CleanedSegment> by, long endOffset)
      throws IOException {
    for (CleanedSegment cleaned : by.subList(1, by.size())) {
      cleaned.markComplete();
    }
    if (by.size() > 1) {
      force.directory(); // the lowest last: Kafka discards those above one that is not complete
    }
    by.getFirst().markComplete();
    force.directory();
    for (SealedSegment segment : old) {
      deletion.deleteReplaced(segment, hasBase(by, segment.baseOffset()));
    }
    List<Segment> replacing = new ArrayList<>();
    for (int i = 0; i < by.size(); i++) {
      by.get(i).putInPlace();
      long end = i == by.size() - 1 ? endOffset : by.get(i + 1).baseOffset();
      replacing.add(by.get(i).seal(end));
    }
    writer.change(list -> list.replacing(old, replacing));
  }

  private static boolean hasBase(List<CleanedSegment> segments, long baseOffset) {
    return segments.stream().anyMatch(segment -> segment.baseOffset() == baseOffset);
  }

  private static long bytes(List<SealedSegment> segments) {
    return segments.stream().mapToLong(Segment::sizeBytes).sum();
  }

  private static long bytesOf(List<Replacement> sizes) {
    return sizes.stream().mapToLong(Replacement::bytes).sum();
  }
}
