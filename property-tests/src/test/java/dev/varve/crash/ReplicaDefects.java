package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a log could get wrong about epochs and truncations, made between the log and its disk. */
final class ReplicaDefects {
  private ReplicaDefects() {}

  private static final String EPOCHS = "leader-epoch-checkpoint";

  /** The defects, each of which must be caught. */
  static List<Defect> bank() {
    return List.of(
        Defect.checkpoint("does not say that a truncation is under way", "truncate-to \\d+\n", ""),
        Defect.checkpoint("does not say which files have to be cut", "cut \\d+ \\d+\n", ""),
        new Defect("moves the recovery point only up", HighRecoveryPoint::new),
        Defect.of(
            "does not cut the files of segments",
            file -> file.name().endsWith(".log") ? new Defect.NoCut(file) : file),
        new Defect("brings back what was deleted", NoDelete::new),
        new Defect("does not write epochs", disk -> new Defect.NoRename(disk, EPOCHS)),
        Defect.of(
            "does not force epochs",
            file -> file.name().startsWith(EPOCHS) ? Defect.unforced(file) : file),
        new Defect("does not cut epochs", UncutEpochs::new));
  }

  private static final class HighRecoveryPoint extends ForwardingStorage {
    private static final Pattern POINT = Pattern.compile("recovery-point (\\d+)");

    private long highest;

    HighRecoveryPoint(Storage disk) {
      super(disk);
    }

    @Override
    protected StorageFile wrap(StorageFile file) {
      return new ForwardingFile(file) {
        @Override
        public void write(long position, MemorySegment source) throws IOException {
          String text = new String(source.toArray(ValueLayout.JAVA_BYTE), US_ASCII);
          Matcher point = POINT.matcher(text);
          if (!file.name().startsWith("varve.checkpoint") || !point.find()) {
            super.write(position, source);
            return;
          }
          highest = Math.max(highest, Long.parseLong(point.group(1)));
          super.write(position, Defect.resealed(point.replaceFirst("recovery-point " + highest)));
        }
      };
    }
  }

  private static final class NoDelete extends ForwardingStorage {
    private static final String SUFFIX = ".deleted";

    NoDelete(Storage disk) {
      super(disk);
    }

    @Override
    public void delete(String name) throws IOException {
      String before = name.substring(0, Math.max(0, name.length() - SUFFIX.length()));
      if (name.endsWith(".log" + SUFFIX) && exists(name) && !exists(before)) {
        rename(name, before);
      } else {
        super.delete(name);
      }
    }
  }

  /** A file with fewer epochs does not take the place of one with more. */
  private static final class UncutEpochs extends ForwardingStorage {
    UncutEpochs(Storage disk) {
      super(disk);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      if (!to.equals(EPOCHS) || !exists(to) || size(from) >= size(to)) {
        super.rename(from, to);
      }
    }
  }
}
