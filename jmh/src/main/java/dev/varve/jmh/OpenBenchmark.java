package dev.varve.jmh;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.jmh.peer.Peer;
import dev.varve.jmh.peer.PeerKind;
import dev.varve.jmh.peer.PeerSettings;
import dev.varve.log.record.Compression;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Opening a log that was closed in order, and one whose process was killed; all of it lies in the
 * page cache. The limit is the scan: every batch copied out and summed.
 *
 * <p>What a killed process leaves is a copy of its directory, taken while the log is open. Varve's
 * has the checkpoint that it had when the first record was appended, as if nothing was known to be
 * durable: the worst case, in which every batch has to be scanned. Every iteration opens a fresh
 * copy, so the disk holds the log twice. The copy is forced: opening makes durable what is not, at
 * the speed of the disk.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the methods that set the fields
public class OpenBenchmark {
  private static final String CHECKPOINT = "varve.checkpoint";
  private static final int BATCH_RECORDS = 100;
  private static final int VALUE_BYTES = 1024;

  /** What is measured. */
  @Param public PeerKind peer = PeerKind.VARVE;

  /** How much the log holds, in mebibytes. */
  @Param("2048")
  public int logMebibytes;

  /** How the process ended that had the log before. */
  @Param public Ending ending = Ending.CLOSED;

  private BenchmarkDirectory directory;
  private PeerSettings settings;
  private Path original;
  private Path copy;
  private Peer opened;

  /** How a process ends. */
  public enum Ending {
    CLOSED,
    KILLED
  }

  /** Fills the log. */
  @Setup(Level.Trial)
  public void fill() throws IOException {
    directory = BenchmarkDirectory.create();
    original = Files.createDirectory(directory.path().resolve("original"));
    copy = directory.path().resolve("copy");
    long recordCount = ((long) logMebibytes << 20) / VALUE_BYTES / BATCH_RECORDS * BATCH_RECORDS;
    settings =
        new PeerSettings(original, Compression.NONE, VALUE_BYTES, BATCH_RECORDS, recordCount);
    Peer filled = peer.open(settings);
    try {
      if (ending == Ending.KILLED && peer == PeerKind.VARVE) {
        Path first = directory.path().resolve(CHECKPOINT);
        Files.copy(original.resolve(CHECKPOINT), first);
        OpenPeer.fill(filled, settings);
        copyTree(original, copy);
        Files.copy(first, copy.resolve(CHECKPOINT), REPLACE_EXISTING);
      } else {
        OpenPeer.fill(filled, settings);
        if (ending == Ending.KILLED) {
          copyTree(original, copy);
        }
      }
    } finally {
      filled.close();
    }
    if (ending == Ending.KILLED) {
      BenchmarkDirectory.deleteTree(original);
      Files.move(copy, original);
    }
  }

  /** Copies the log. */
  @Setup(Level.Iteration)
  public void copyLog() throws IOException {
    copyTree(original, copy);
    settings =
        new PeerSettings(
            copy, Compression.NONE, VALUE_BYTES, BATCH_RECORDS, settings.recordCount());
  }

  private static void copyTree(Path from, Path to) throws IOException {
    List<Path> tree;
    try (Stream<Path> walk = Files.walk(from)) {
      tree = walk.toList();
    }
    for (Path path : tree) {
      Path target = to.resolve(from.relativize(path));
      if (Files.isDirectory(path)) {
        Files.createDirectories(target);
      } else {
        Files.copy(path, target, COPY_ATTRIBUTES); // another time would be another log
        force(target);
      }
    }
  }

  /** What a killed process has left is on its way to the disk; writing it would be measured too. */
  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Closes and deletes the copy. */
  @TearDown(Level.Iteration)
  public void deleteCopy() throws IOException {
    opened.close();
    BenchmarkDirectory.deleteTree(copy);
  }

  /** Deletes all. */
  @TearDown(Level.Trial)
  public void delete() {
    directory.close();
  }

  /** Until the log is ready to be appended to and read. */
  @Benchmark
  public Object open() throws IOException {
    opened = peer.open(settings);
    return opened;
  }
}
