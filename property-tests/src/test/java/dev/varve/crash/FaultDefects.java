package dev.varve.crash;

import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What a log could get wrong when its disk fails, made between the log and its disk. */
final class FaultDefects {
  private FaultDefects() {}

  /** The defects, each of which must be caught. */
  static List<Defect> bank() {
    return List.of(
        Defect.of("takes the second force for the first", RepeatedForce::new),
        Defect.of("takes a failed force for done", DeafForce::new),
        new Defect("forces the directory again when that failed", RepeatedDirectoryForce::new),
        Defect.of("does not hear that the disk is full", DeafReserve::new),
        Defect.of("does not hear that a write failed", DeafWrite::new),
        Defect.of("takes a read that failed for the end of the file", DeafRead::new),
        Defect.of("does not check checksums", Defect.FittingChecksums::new),
        new Defect("does not hear that a rename failed", DeafRename::new),
        Defect.of("leaves a file open when its close comes early", Unclosed::new),
        new Defect("leaves the directory locked", Unreleased::new));
  }

  private static final class RepeatedForce extends ForwardingFile {
    RepeatedForce(StorageFile file) {
      super(file);
    }

    @Override
    public void force() throws IOException {
      try {
        super.force();
      } catch (IOException e) {
        super.force();
      }
    }
  }

  private static final class DeafForce extends ForwardingFile {
    DeafForce(StorageFile file) {
      super(file);
    }

    @Override
    public void force() {
      try {
        super.force();
      } catch (IOException e) {
        // the defect
      }
    }
  }

  private static final class RepeatedDirectoryForce extends ForwardingStorage {
    RepeatedDirectoryForce(Storage disk) {
      super(disk);
    }

    @Override
    public void forceDirectory() throws IOException {
      try {
        super.forceDirectory();
      } catch (IOException e) {
        super.forceDirectory();
      }
    }
  }

  /** Maps memory of its own where the file is not long enough. */
  private static final class DeafReserve extends ForwardingFile {
    DeafReserve(StorageFile file) {
      super(file);
    }

    @Override
    public void reserve(long position, long endPosition, int blockBytes) {
      try {
        super.reserve(position, endPosition, blockBytes);
      } catch (IOException e) {
        // the defect
      }
    }

    @Override
    public MemorySegment map(Access access, long size, Arena arena) throws IOException {
      return size <= super.size() ? super.map(access, size, arena) : arena.allocate(size);
    }
  }

  private static final class DeafWrite extends ForwardingFile {
    DeafWrite(StorageFile file) {
      super(file);
    }

    @Override
    public void write(long position, MemorySegment source) {
      try {
        super.write(position, source);
      } catch (IOException e) {
        // the defect
      }
    }
  }

  private static final class DeafRead extends ForwardingFile {
    DeafRead(StorageFile file) {
      super(file);
    }

    @Override
    public long read(long position, MemorySegment target) {
      try {
        return super.read(position, target);
      } catch (IOException e) {
        return 0;
      }
    }
  }

  private static final class DeafRename extends ForwardingStorage {
    DeafRename(Storage disk) {
      super(disk);
    }

    @Override
    public void rename(String from, String to) {
      try {
        super.rename(from, to);
      } catch (IOException e) {
        // the defect
      }
    }
  }

  /** Is not closed after something on it has failed. */
  private static final class Unclosed extends ForwardingFile {
    private boolean failed;

    Unclosed(StorageFile file) {
      super(file);
    }

    @Override
    public void force() throws IOException {
      failed = true;
      super.force();
      failed = false;
    }

    @Override
    public void close() throws IOException {
      if (!failed) {
        super.close();
      }
    }
  }

  private static final class Unreleased extends ForwardingStorage {
    private boolean failed;

    Unreleased(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile create(String name) throws IOException {
      failed = true;
      StorageFile created = super.create(name);
      failed = false;
      return created;
    }

    @Override
    public void close() throws IOException {
      if (!failed) {
        super.close();
      }
    }
  }
}
