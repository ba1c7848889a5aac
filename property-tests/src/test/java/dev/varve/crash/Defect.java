package dev.varve.crash;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.log.record.BatchChecksum;
import dev.varve.log.record.RecordBatch;
import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.ForwardingStorage.ForwardingFile;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Something that a log could get wrong, made by getting it wrong between the log and its disk. An
 * exploration that does not notice one of these proves nothing by finding no violation.
 *
 * @param name what the log seems to do
 * @param in puts the defect between a log and its disk
 */
record Defect(String name, UnaryOperator<Storage> in) {
  private static final String CHECKPOINT = "varve.checkpoint";
  private static final String CHECKPOINT_REPLACEMENT = "varve.checkpoint.tmp";

  /** The defects, each of which must be caught. */
  static List<Defect> bank() {
    return List.of(
        of("does not force what was appended", file -> isLog(file) ? unforced(file) : file),
        of("does not force the first segment once it is rolled", Defect::firstLogUnforced),
        of("does not force the checkpoint", file -> isCheckpoint(file) ? unforced(file) : file),
        of("forces what an earlier force was asked for", LateForce::new),
        new Defect("never forces the directory", disk -> new NoDirectoryForce(disk, 0)),
        new Defect(
            "forces the directory only when it opens", disk -> new NoDirectoryForce(disk, 1)),
        new Defect("forces the directory one change late", LateDirectoryForce::new),
        new Defect("writes the checkpoint in place", CheckpointInPlace::new),
        new Defect("renames in two steps", RenameInSteps::new),
        new Defect("forgets to rename the checkpoint", disk -> new NoRename(disk, CHECKPOINT)),
        new Defect("writes the checkpoint after the next change", LateCheckpoint::new),
        checkpoint("does not keep the start offset", "start-offset \\d+", "start-offset 0"),
        checkpoint(
            "sets the recovery point too high", "recovery-point (\\d+)", "recovery-point 1$1"),
        of(
            "writes half of the checkpoint",
            file -> isCheckpoint(file) ? new HalfWrite(file) : file),
        new Defect("does not find the checkpoint", NoCheckpoint::new),
        of("does not cut what is not valid", file -> isLog(file) ? new NoCut(file) : file),
        of("cuts a byte too much", file -> isLog(file) ? new DeepCut(file) : file),
        of("does not check checksums", file -> isLog(file) ? new FittingChecksums(file) : file),
        of("does not see the last sector", file -> isLog(file) ? new BlindTail(file) : file),
        of("reads half of what it asks for", file -> isLog(file) ? new HalfRead(file) : file),
        of("stores into memory of its own", file -> isLog(file) ? new PrivateMapping(file) : file),
        of("rounds the size of a file up", file -> isLog(file) ? new RoundedSize(file) : file),
        new Defect("opens the first segment for every other", FirstLogOnly::new),
        new Defect("does not list the newest segment", NewestHidden::new),
        new Defect("deletes the next segment, too", GreedyDelete::new));
  }

  /** No defect at all. */
  static Defect none() {
    return new Defect("nothing", disk -> disk);
  }

  static Defect of(String name, Function<StorageFile, StorageFile> file) {
    return new Defect(
        name,
        disk ->
            new ForwardingStorage(disk) {
              @Override
              protected StorageFile wrap(StorageFile opened) {
                return file.apply(opened);
              }
            });
  }

  static Defect checkpoint(String name, String pattern, String replacement) {
    Pattern what = Pattern.compile(pattern);
    return of(
        name,
        file ->
            isCheckpoint(file)
                ? new ForwardingFile(file) {
                  @Override
                  public void write(long position, MemorySegment source) throws IOException {
                    String text = new String(source.toArray(ValueLayout.JAVA_BYTE), US_ASCII);
                    super.write(position, resealed(what.matcher(text).replaceFirst(replacement)));
                  }
                }
                : file);
  }

  /** A checkpoint whose checksum fits what it says. */
  static MemorySegment resealed(String text) {
    String lines = text.substring(0, text.lastIndexOf("crc "));
    CRC32C crc = new CRC32C();
    crc.update(lines.getBytes(US_ASCII));
    String sealed = lines + "crc " + HexFormat.of().toHexDigits((int) crc.getValue()) + "\n";
    return MemorySegment.ofArray(sealed.getBytes(US_ASCII));
  }

  private static boolean isLog(StorageFile file) {
    return file.name().endsWith(".log");
  }

  private static boolean isCheckpoint(StorageFile file) {
    return file.name().startsWith(CHECKPOINT);
  }

  private static StorageFile firstLogUnforced(StorageFile file) {
    return file.name().equals("0".repeat(20) + ".log") ? unforced(file) : file;
  }

  static StorageFile unforced(StorageFile file) {
    return new ForwardingFile(file) {
      @Override
      public void force() {}
    };
  }

  private static final class LateForce extends ForwardingFile {
    private boolean asked;

    LateForce(StorageFile file) {
      super(file);
    }

    @Override
    public void force() throws IOException {
      if (asked) {
        super.force();
      }
      asked = !asked;
    }
  }

  private static final class NoDirectoryForce extends ForwardingStorage {
    private int left;

    NoDirectoryForce(Storage disk, int first) {
      super(disk);
      this.left = first;
    }

    @Override
    public void forceDirectory() throws IOException {
      if (left-- > 0) {
        super.forceDirectory();
      }
    }
  }

  private static final class LateDirectoryForce extends ForwardingStorage {
    private boolean due;

    LateDirectoryForce(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile create(String name) throws IOException {
      forceIfDue();
      return super.create(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      forceIfDue();
      super.rename(from, to);
    }

    @Override
    public void forceDirectory() {
      due = true;
    }

    private void forceIfDue() throws IOException {
      if (due) {
        due = false;
        super.forceDirectory();
      }
    }
  }

  private static final class CheckpointInPlace extends ForwardingStorage {
    CheckpointInPlace(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile create(String name) throws IOException {
      return super.create(name.equals(CHECKPOINT_REPLACEMENT) ? CHECKPOINT : name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      if (!from.equals(CHECKPOINT_REPLACEMENT)) {
        super.rename(from, to);
      }
    }
  }

  private static final class RenameInSteps extends ForwardingStorage {
    RenameInSteps(Storage disk) {
      super(disk);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      try (StorageFile source = open(from);
          StorageFile target = create(to)) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) source.size()]);
        source.read(0, bytes);
        target.write(0, bytes);
      }
      delete(from);
    }
  }

  /** A file that is written under another name never gets its own. */
  static final class NoRename extends ForwardingStorage {
    private final String name;

    NoRename(Storage disk, String name) {
      super(disk);
      this.name = name;
    }

    @Override
    public void rename(String from, String to) throws IOException {
      if (!to.equals(name)) {
        super.rename(from, to);
      }
    }
  }

  /** The rename of one checkpoint waits until another is written. */
  private static final class LateCheckpoint extends ForwardingStorage {
    private boolean due;

    LateCheckpoint(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile create(String name) throws IOException {
      if (due && name.equals(CHECKPOINT_REPLACEMENT)) {
        super.rename(CHECKPOINT_REPLACEMENT, CHECKPOINT);
        super.forceDirectory();
      }
      return super.create(name);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      if (to.equals(CHECKPOINT)) {
        due = true;
      } else {
        super.rename(from, to);
      }
    }
  }

  private static final class NoCheckpoint extends ForwardingStorage {
    NoCheckpoint(Storage disk) {
      super(disk);
    }

    @Override
    public boolean exists(String name) throws IOException {
      return !name.equals(CHECKPOINT) && super.exists(name);
    }
  }

  private static final class HalfWrite extends ForwardingFile {
    HalfWrite(StorageFile file) {
      super(file);
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
      super.write(position, source.asSlice(0, source.byteSize() / 2));
    }
  }

  static final class NoCut extends ForwardingFile {
    NoCut(StorageFile file) {
      super(file);
    }

    @Override
    public void truncate(long size) {}
  }

  private static final class DeepCut extends ForwardingFile {
    DeepCut(StorageFile file) {
      super(file);
    }

    @Override
    public void truncate(long size) throws IOException {
      super.truncate(Math.max(0, size - 1));
    }
  }

  /** Makes the checksum of whatever looks like a batch fit. */
  static final class FittingChecksums extends ForwardingFile {
    private static final ValueLayout.OfInt INT =
        ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final long CHECKSUM_AT = 17;

    FittingChecksums(StorageFile file) {
      super(file);
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
      long read = super.read(position, target);
      RecordBatch batch = new RecordBatch();
      BatchChecksum checksum = new BatchChecksum();
      long at = 0;
      while (at < read && batch.wrap(target, at).headerFault(read - at, 1 << 20) == null) {
        int size = batch.sizeBytes();
        target.set(INT, at + CHECKSUM_AT, checksum.compute(target.asByteBuffer(), (int) at, size));
        at += size;
      }
      return read;
    }
  }

  private static final class BlindTail extends ForwardingFile {
    private static final int SECTOR_BYTES = 512;

    BlindTail(StorageFile file) {
      super(file);
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
      long read = super.read(position, target);
      long from = Math.max(0, read - SECTOR_BYTES);
      target.asSlice(from, read - from).fill((byte) 0);
      return read;
    }
  }

  private static final class HalfRead extends ForwardingFile {
    HalfRead(StorageFile file) {
      super(file);
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
      long read = super.read(position, target);
      target.asSlice(read / 2, read - read / 2).fill((byte) 0);
      return read / 2;
    }
  }

  private static final class PrivateMapping extends ForwardingFile {
    PrivateMapping(StorageFile file) {
      super(file);
    }

    @Override
    public MemorySegment map(Access access, long size, Arena arena) throws IOException {
      MemorySegment shared = super.map(access, size, arena);
      return access == Access.READ
          ? shared
          : arena.allocate(Math.max(1, size)).asSlice(0, size).copyFrom(shared);
    }
  }

  private static final class RoundedSize extends ForwardingFile {
    RoundedSize(StorageFile file) {
      super(file);
    }

    @Override
    public long size() throws IOException {
      return (super.size() + 511) / 512 * 512;
    }
  }

  private static final class FirstLogOnly extends ForwardingStorage {
    FirstLogOnly(Storage disk) {
      super(disk);
    }

    @Override
    public StorageFile open(String name) throws IOException {
      String first = "0".repeat(20) + ".log";
      return super.open(name.endsWith(".log") && exists(first) ? first : name);
    }
  }

  private static final class NewestHidden extends ForwardingStorage {
    NewestHidden(Storage disk) {
      super(disk);
    }

    @Override
    public List<String> list() throws IOException {
      List<String> names = super.list();
      List<String> logs = names.stream().filter(name -> name.endsWith(".log")).toList();
      return logs.size() < 2
          ? names
          : names.stream().filter(name -> !name.equals(logs.getLast())).toList();
    }
  }

  private static final class GreedyDelete extends ForwardingStorage {
    GreedyDelete(Storage disk) {
      super(disk);
    }

    @Override
    public void delete(String name) throws IOException {
      super.delete(name);
      if (name.endsWith(".log.deleted")) {
        List<String> logs = list().stream().filter(file -> file.endsWith(".log")).toList();
        super.delete(logs.getFirst());
      }
    }
  }
}
