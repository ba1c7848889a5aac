package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.record.RecordBatch;
import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a log could get wrong about what is durable when, made between the log and its disk. */
final class ForceDefects {
  private ForceDefects() {}

  /** The defects, each of which must be caught. */
  static List<Defect> bank() {
    return List.of(
        new Defect("says that it is durable, and then forces", EarlyAnswer::new),
        Defect.of(
            "counts what was appended after the force began",
            file -> file.name().endsWith(".log") ? new ForceWithoutNewest(file) : file),
        new Defect("does not force the directory after a roll", NamelessRoll::new),
        new Defect("deletes before the checkpoint says so", EarlyDelete::new));
  }

  /** A force is made when the next one is asked for, or a file or name is changed otherwise. */
  private static final class EarlyAnswer extends ForwardingStorage {
    private final List<StorageFile> due = new ArrayList<>();

    EarlyAnswer(Storage disk) {
      super(disk);
    }

    private void forceWhatIsDue() throws IOException {
      for (StorageFile file : List.copyOf(due)) {
        file.force();
      }
      due.clear();
    }

    @Override
    public void rename(String from, String to) throws IOException {
      forceWhatIsDue();
      super.rename(from, to);
    }

    @Override
    public StorageFile create(String name) throws IOException {
      forceWhatIsDue();
      return super.create(name);
    }

    @Override
    protected StorageFile wrap(StorageFile file) {
      return new ForwardingFile(file) {
        @Override
        public void force() throws IOException {
          forceWhatIsDue();
          due.add(file);
        }
      };
    }
  }

  /** The last batch is put away while the file is forced. */
  private static final class ForceWithoutNewest extends ForwardingFile {
    private @Nullable MemorySegment mapped;

    ForceWithoutNewest(StorageFile file) {
      super(file);
    }

    @Override
    public MemorySegment map(Access access, long size, Arena arena) throws IOException {
      MemorySegment whole = super.map(access, size, arena);
      mapped = access == Access.READ_WRITE ? whole : mapped;
      return whole;
    }

    @Override
    public void force() throws IOException {
      MemorySegment log = mapped;
      if (log == null || !log.scope().isAlive()) {
        super.force();
        return;
      }
      MemorySegment newest = newest(log);
      byte[] bytes = newest.toArray(ValueLayout.JAVA_BYTE);
      newest.fill((byte) 0);
      super.force();
      newest.copyFrom(MemorySegment.ofArray(bytes));
    }

    private static MemorySegment newest(MemorySegment log) {
      RecordBatch batch = new RecordBatch();
      long from = 0;
      long end = 0;
      while (end < log.byteSize()
          && batch.wrap(log, end).headerFault(log.byteSize() - end, RecordBatch.BATCH_BYTES_MAX)
              == null) {
        from = end;
        end += batch.sizeBytes();
      }
      return log.asSlice(from, end - from);
    }
  }

  private static final class NamelessRoll extends ForwardingStorage {
    private boolean rolled;

    NamelessRoll(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile create(String name) throws IOException {
      rolled = name.endsWith(".log") && !name.equals("0".repeat(20) + ".log");
      return super.create(name);
    }

    @Override
    public void forceDirectory() throws IOException {
      if (!rolled) {
        super.forceDirectory();
      }
      rolled = false;
    }
  }

  /** Segments go when the checkpoint that gives them up is about to be written. */
  private static final class EarlyDelete extends ForwardingStorage {
    private static final Pattern START = Pattern.compile("start-offset (\\d+)");

    EarlyDelete(Storage disk) {
      super(disk);
    }

    @Override
    protected StorageFile wrap(StorageFile file) {
      return new ForwardingFile(file) {
        @Override
        public void write(long position, MemorySegment source) throws IOException {
          String text = new String(source.toArray(ValueLayout.JAVA_BYTE), US_ASCII);
          Matcher start = START.matcher(text);
          if (file.name().startsWith("varve.checkpoint") && start.find()) {
            deleteBelow(Long.parseLong(start.group(1)));
          }
          super.write(position, source);
        }
      };
    }

    private void deleteBelow(long start) throws IOException {
      List<String> logs = list().stream().filter(name -> name.endsWith(".log")).toList();
      for (int i = 0; i + 1 < logs.size(); i++) {
        if (Long.parseLong(logs.get(i + 1).substring(0, 20)) <= start) {
          delete(logs.get(i));
        }
      }
      forceDirectory();
    }
  }
}
