package dev.varve.crash;

import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What a log could get wrong about replacing segments, made between the log and its disk. */
final class CompactionDefects {
  private static final String FIRST_LOG = "0".repeat(20) + ".log";

  private CompactionDefects() {}

  /** The defects, each of which must be caught. */
  static List<Defect> bank() {
    return List.of(
        Defect.of(
            "does not force what takes the place of segments",
            file -> isReplacement(file) ? Defect.unforced(file) : file),
        Defect.of(
            "leaves the end out of what takes the place of segments",
            file -> isReplacement(file) ? new ShortWrite(file) : file),
        Defect.checkpoint(
            "does not say that segments are being replaced",
            "rewrite \\d+ \\d+\n(replacement .*\n)*",
            ""),
        Defect.checkpoint(
            "does not know where the segments that go end",
            "rewrite (\\d+) (\\d+)",
            "rewrite $1 9$2"),
        new Defect("deletes the segments before what takes their place", EarlyDelete::new),
        new Defect(
            "never puts a replacement in place", disk -> new Defect.NoRename(disk, FIRST_LOG)),
        new Defect("puts a replacement in place that is not complete", EarlySwap::new));
  }

  private static boolean isReplacement(StorageFile file) {
    return file.name().endsWith(".log.cleaned");
  }

  private static final class ShortWrite extends ForwardingFile {
    ShortWrite(StorageFile file) {
      super(file);
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
      super.write(position, source.asSlice(0, source.byteSize() * 3 / 4));
    }
  }

  private static final class EarlyDelete extends ForwardingStorage {
    EarlyDelete(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile create(String name) throws IOException {
      if (name.endsWith(".log.cleaned")) {
        super.delete(name.replace(".cleaned", ""));
      }
      return super.create(name);
    }
  }

  /** A file that is about to be written has the name of one that is complete. */
  private static final class EarlySwap extends ForwardingStorage {
    EarlySwap(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile create(String name) throws IOException {
      return super.create(name.replace(".cleaned", ".swap"));
    }

    @Override
    public void setLastModifiedMillis(String name, long millis) throws IOException {
      super.setLastModifiedMillis(name.replace(".cleaned", ".swap"), millis);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      if (!from.endsWith(".cleaned")) {
        super.rename(from, to);
      }
    }
  }
}
