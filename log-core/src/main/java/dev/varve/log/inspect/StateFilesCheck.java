package dev.varve.log.inspect;

import dev.varve.log.inspect.LogDirectory.State;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.PartitionState;
import dev.varve.log.producer.ProducerSnapshot;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks the files that belong to no segment's batches: snapshots, checkpoint, metadata. */
final class StateFilesCheck {
  static final String METADATA_NAME = "partition.metadata";

  private static final Pattern METADATA =
      Pattern.compile("version: 0\\Rtopic_id: ([A-Za-z0-9_-]{22})\\R?");

  private final LogDirectory directory;
  private final Findings findings;

  StateFilesCheck(LogDirectory directory, Findings findings) {
    this.directory = directory;
    this.findings = findings;
  }

  /**
   * Checks them all.
   *
   * @param firstOffset the base of the first segment
   * @param endOffset the end of the log
   * @param state as the batches of the log have left it; it is changed
   */
  void check(long firstOffset, long endOffset, PartitionState state) throws IOException {
    checkCheckpoint(endOffset);
    checkMetadata();
    int producerCount = state.producers().producerCount();
    boolean snapshotAtEnd = false;
    for (String name : directory.names()) {
      SegmentFile file = SegmentFile.parse(name).orElse(null);
      if (file != null && file.kind() == Kind.PRODUCER_SNAPSHOT && file.stage() == Stage.CURRENT) {
        ProducerSnapshot snapshot =
            checkSnapshot(directory.path().resolve(name), file.baseOffset(), endOffset);
        if (snapshot != null && file.baseOffset() == endOffset && findings.damages() == 0) {
          compare(directory.path().resolve(name), snapshot, state, endOffset, firstOffset);
        }
        snapshotAtEnd |= file.baseOffset() == endOffset;
      }
    }
    if (!snapshotAtEnd && producerCount > 0 && directory.state() != State.OPEN) {
      (directory.state() == State.CLOSED ? findings : findings.asNotes())
          .damage(
              directory.file(endOffset, Kind.PRODUCER_SNAPSHOT),
              0,
              "no file",
              "a snapshot of " + producerCount + " producers at the end of the log");
    }
  }

  private void checkCheckpoint(long endOffset) throws IOException {
    if (!directory.has(LogCheckpoint.FILE_NAME)) {
      return;
    }
    Path file = directory.path().resolve(LogCheckpoint.FILE_NAME);
    // As it was when the check began: a log that is open moves it on.
    LogCheckpoint checkpoint = directory.checkpoint();
    if (checkpoint == null) {
      try {
        LogCheckpoint.parse(StateFile.read(file));
      } catch (InvalidStateFileException e) {
        findings.damage(file, 0, e.place() + ": " + e.found(), e.expected());
      }
      return;
    }
    if (checkpoint.startOffset() < 0 || checkpoint.startOffset() > endOffset) {
      findings.damage(
          file,
          0,
          "start offset " + checkpoint.startOffset(),
          "from 0 to the end of the log, " + endOffset);
    }
    if (checkpoint.recoveryPoint() > endOffset) {
      findings.damage(
          file,
          0,
          "recovery point " + checkpoint.recoveryPoint(),
          "at most the end of the log, " + endOffset);
    }
    checkCompaction(checkpoint, file, endOffset);
    LogCheckpoint.Closed closed = checkpoint.closed();
    if (closed == null) {
      findings.note(
          file,
          0,
          "no line that says closed",
          "one after an orderly close: the log is open, or was left by a process that died");
    } else if (directory.state() == State.FOREIGN) {
      findings.note(
          file,
          0,
          "a last segment of " + closed.sizeBytes() + " bytes at closing",
          "the size and time that it has now: it was changed since");
    }
  }

  private void checkCompaction(LogCheckpoint checkpoint, Path file, long endOffset) {
    if (checkpoint.firstDirtyOffset() > endOffset) {
      findings.note(
          file,
          0,
          "first dirty offset " + checkpoint.firstDirtyOffset(),
          "at most the end of the log, " + endOffset + "; it counts as never compacted");
    }
    LogCheckpoint.Rewrite rewrite = checkpoint.rewrite();
    if (rewrite != null) {
      findings.note(
          file,
          0,
          "the segments from offset "
              + rewrite.baseOffset()
              + " to "
              + rewrite.endOffset()
              + " in the midst of being replaced by compaction",
          "none after an orderly close: opening the log finishes it, until then some may be"
              + " missing here");
    }
  }

  private void checkMetadata() throws IOException {
    if (!directory.has(METADATA_NAME)) {
      return;
    }
    Path file = directory.path().resolve(METADATA_NAME);
    Matcher text = METADATA.matcher(new String(StateFile.read(file), StandardCharsets.US_ASCII));
    if (!text.matches()) {
      findings.damage(file, 0, "other lines", "version: 0, topic_id: 22 characters of base64");
      return;
    }
    byte[] id = Base64.getUrlDecoder().decode(text.group(1));
    int bits = 0;
    for (byte part : id) {
      bits |= part;
    }
    if (bits == 0) {
      findings.damage(file, 0, "a topic id of zeros", "that of a topic");
    }
  }

  /** Batches that are damaged are not in the state, so only a sound log can be compared. */
  private void compare(
      Path file,
      ProducerSnapshot snapshot,
      PartitionState state,
      long endOffset,
      long firstOffset) {
    state
        .adopt(snapshot, endOffset, firstOffset)
        .ifPresent(fault ->
            findings.damage(file, 0, fault.place() + ": " + fault.found(), fault.expected()));
  }

  private @Nullable ProducerSnapshot checkSnapshot(Path file, long offset, long endOffset)
      throws IOException {
    if (!Files.isRegularFile(file)) {
      return null;
    }
    ProducerSnapshot snapshot;
    try {
      snapshot = ProducerSnapshot.parse(StateFile.read(file), offset);
    } catch (InvalidStateFileException e) {
      findings.damage(file, 0, e.place() + ": " + e.found(), e.expected());
      return null;
    }
    if (offset > endOffset) {
      findings.note(
          file, 0, "a snapshot at offset " + offset, "none above the end of the log, " + endOffset);
    }
    return snapshot;
  }
}
