package dev.varve.log.inspect;

import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.record.RecordBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compares {@code leader-epoch-checkpoint} with the epochs that the batches carry. */
final class EpochsCheck implements BatchCheck {
  static final String FILE_NAME = "leader-epoch-checkpoint";

  private final Path file;
  private final Findings findings;
  private final LeaderEpochs epochs;
  private final boolean readable;
  private final long startOffset;
  private int entry = -1;
  private int epochLast = RecordBatch.NO_LEADER_EPOCH;
  private Path log = Path.of("");
  private Findings segmentFindings;

  EpochsCheck(LogDirectory directory, Findings findings) throws IOException {
    this.file = directory.path().resolve(FILE_NAME);
    this.findings = findings;
    this.segmentFindings = findings;
    LeaderEpochs read = LeaderEpochs.NONE;
    boolean sound = true;
    if (directory.has(FILE_NAME)) {
      try {
        read = LeaderEpochs.parse(StateFile.read(file));
      } catch (InvalidStateFileException e) {
        sound = false;
        findings.damage(file, 0, e.place() + ": " + e.found(), e.expected());
      }
    }
    this.epochs = read;
    this.readable = sound;
    this.startOffset = directory.startOffset();
  }

  /** Goes on with the next segment; what it contradicts is told to these findings. */
  void begin(Path segmentLog, Findings toFindings) {
    log = segmentLog;
    segmentFindings = toFindings;
  }

  @Override
  public void onBatch(RecordBatch batch, long position) {
    int epoch = batch.leaderEpoch();
    if (!readable || epoch < 0 || batch.baseOffset() < startOffset) {
      return; // of what was given up, no epoch is kept
    }
    while (entry + 1 < epochs.entries().size()
        && epochs.entries().get(entry + 1).startOffset() <= batch.baseOffset()) {
      entry++;
    }
    if (entry < 0 && epoch <= earliestEpoch()) {
      return; // below a start that a broker keeps outside of the directory
    }
    int expected = entry < 0 ? RecordBatch.NO_LEADER_EPOCH : epochs.entries().get(entry).epoch();
    if (epoch != expected && epoch != epochLast) {
      segmentFindings.damage(
          log,
          position,
          "leader epoch " + epoch + " at offset " + batch.baseOffset(),
          (expected < 0 ? "none" : "epoch " + expected) + ", as " + describe() + " has it");
    }
    epochLast = epoch;
  }

  private int earliestEpoch() {
    return epochs.entries().isEmpty()
        ? RecordBatch.NO_LEADER_EPOCH
        : epochs.entries().getFirst().epoch();
  }

  private String describe() {
    return Files.exists(file) ? FILE_NAME : "the missing " + FILE_NAME;
  }

  @Override
  public void atEnd(SegmentEnd end) {
    // epochs go on over segments
  }

  /** Checks that no epoch begins beyond the end of the log. */
  void atEndOfLog(long endOffset) {
    if (!epochs.entries().isEmpty() && epochs.entries().getLast().startOffset() > endOffset) {
      findings.damage(
          file,
          0,
          "epoch from offset " + epochs.entries().getLast().startOffset(),
          "at most the end of the log, " + endOffset);
    }
  }
}
