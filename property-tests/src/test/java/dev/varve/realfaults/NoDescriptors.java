package dev.varve.realfaults;

import dev.varve.log.CommitLog;
import dev.varve.log.LogOptions;
import dev.varve.log.error.LogException;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The process has used all its descriptors: whatever needs one is refused, everything else goes on,
 * and all of it when descriptors are back.
 */
final class NoDescriptors implements Scenario {
  private static final int MORE_RECORDS = 5000;
  private static final int DESCRIPTORS_MAX = 10_000;

  @Override
  public String run(Path parent, LogState state) throws IOException {
    Path directory = parent.resolve("log-0");
    LogOptions options = LogOptions.builder().segmentBytesMax(256 << 10).build();
    loadClasses();
    long end;
    String row;
    CommitLog log = CommitLog.open(directory, options);
    try (log) {
      state.prepare(log);
      NumberedRecords.append(log, MORE_RECORDS);
      putInOrder(log);
      List<FileInputStream> taken = takeAll();
      LogException append;
      LogException open;
      long refusedAt;
      try {
        append = refusalOf(() -> NumberedRecords.append(log, MORE_RECORDS));
        refusedAt = log.offsets().endOffset();
        open = refusalOf(() -> CommitLog.open(parent.resolve("other-0"), options).close());
        readWithoutNewFiles(log, refusedAt);
      } finally {
        for (FileInputStream one : taken) {
          one.close();
        }
      }
      NumberedRecords.assertEndsAt(log, refusedAt);
      NumberedRecords.append(log, MORE_RECORDS);
      log.flush();
      end = log.offsets().endOffset();
      NumberedRecords.assertEndsAt(log, end);
      CommitLog.open(parent.resolve("other-0"), options).close();
      row =
          "with "
              + taken.size()
              + " files more: append refused at record "
              + refusedAt
              + " ("
              + append.getClass().getSimpleName()
              + "), opening another log refused ("
              + open.getClass().getSimpleName()
              + "); appended on to "
              + end;
    }
    try (CommitLog reopened = CommitLog.open(directory, options)) {
      NumberedRecords.assertEndsAt(reopened, end);
    }
    return row + ", all there after reopening";
  }

  /**
   * So that the background is not in the midst of something: a force of the directory takes a
   * descriptor, and a log that cannot force it stops.
   */
  private static void putInOrder(CommitLog log) {
    while (log.maintenance() > 0) {
      Thread.onSpinWait();
    }
  }

  /** The segment that takes appends is mapped, so that reading it needs nothing. */
  private static void readWithoutNewFiles(CommitLog log, long endOffset) {
    long last = endOffset - 1;
    try (var reader = log.reader(last)) {
      if (!reader.next() || reader.record().offset() != last || reader.next()) {
        throw new AssertionError("the last record cannot be read");
      }
    }
  }

  private static LogException refusalOf(Runnable action) {
    try {
      action.run();
    } catch (LogException e) {
      if (!String.valueOf(e.getCause()).contains("Too many open files")) {
        throw new AssertionError("refused for another reason", e);
      }
      return e;
    }
    throw new AssertionError("not refused, without a descriptor");
  }

  private static List<FileInputStream> takeAll() {
    List<FileInputStream> taken = new ArrayList<>();
    try {
      while (taken.size() < DESCRIPTORS_MAX) {
        taken.add(new FileInputStream("/dev/null"));
      }
    } catch (IOException e) {
      return taken;
    }
    throw new AssertionError("more than " + DESCRIPTORS_MAX + " descriptors");
  }

  /** To load a class takes a descriptor too. What is tested is the log, so its classes are here. */
  private static void loadClasses() throws IOException {
    try {
      for (Class<?> one : List.of(CommitLog.class, NoDescriptors.class)) {
        URI source = one.getProtectionDomain().getCodeSource().getLocation().toURI();
        if (Files.isDirectory(Path.of(source))) {
          loadClasses(Path.of(source));
        } else {
          try (FileSystem jar = FileSystems.newFileSystem(Path.of(source), Map.of())) {
            loadClasses(jar.getPath("/"));
          }
        }
      }
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  private static void loadClasses(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        String name = root.relativize(file).toString().replace('/', '.').replace(".class", "");
        if (name.startsWith("dev.varve.log.") || name.startsWith("dev.varve.realfaults.")) {
          try {
            Class.forName(name);
          } catch (ClassNotFoundException | LinkageError e) {
            // an optional part, whose library is not here
          }
        }
      }
    }
  }
}
