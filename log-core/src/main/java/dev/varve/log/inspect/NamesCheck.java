package dev.varve.log.inspect;

import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import dev.varve.log.segment.SegmentFile.Stage;
import java.nio.file.Path;
import java.util.Set;

/** Tells what does not belong into a log's directory, or only for a time. */
final class NamesCheck {
  private static final Set<String> KNOWN =
      Set.of(LogCheckpoint.FILE_NAME, EpochsCheck.FILE_NAME, StateFilesCheck.METADATA_NAME);
  private static final String LOCK_NAME = "varve.lock";

  private final LogDirectory directory;
  private final Findings findings;

  NamesCheck(LogDirectory directory, Findings findings) {
    this.directory = directory;
    this.findings = findings;
  }

  void check() {
    for (String name : directory.names()) {
      check(name, directory.path().resolve(name));
    }
  }

  private void check(String name, Path path) {
    SegmentFile file = SegmentFile.parse(name).orElse(null);
    if (file == null ? !KNOWN.contains(name) : !directory.isPlainFile(name)) {
      checkOther(name, path);
    } else if (file != null && file.stage() != Stage.CURRENT) {
      findings.note(path, 0, "a leftover, " + stage(file.stage()), "none in a closed log");
    } else if (file != null
        && file.kind() != Kind.LOG
        && file.kind() != Kind.PRODUCER_SNAPSHOT
        && !directory.has(SegmentFile.name(file.baseOffset(), Kind.LOG))) {
      (directory.isBeingReplaced(file.baseOffset()) ? findings.asNotes() : findings)
          .damage(
              path, 0, "an index without its log", SegmentFile.name(file.baseOffset(), Kind.LOG));
    }
  }

  private void checkOther(String name, Path path) {
    if (name.equals(LOCK_NAME)) {
      findings.note(
          path, 0, "a lock file", "none in a closed log: it is open, or its process died");
    } else if (name.endsWith(".tmp")) {
      findings.note(path, 0, "a leftover, a replacement that was never put in place", "none");
    } else {
      findings.note(
          path,
          0,
          directory.isPlainFile(name) ? "a strange file" : "something that is no plain file",
          "files of a log only; it is left alone");
    }
  }

  private static String stage(Stage stage) {
    return switch (stage) {
      case CURRENT -> "current";
      case DELETED -> "deleted but not yet removed";
      case CLEANED -> "a replacement that was not finished";
      case SWAP -> "a replacement that was not put in place";
    };
  }
}
