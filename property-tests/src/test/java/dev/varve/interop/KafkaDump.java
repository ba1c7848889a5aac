package dev.varve.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The second oracle: DumpLogSegments of Apache Kafka 4.3, and what it complains about. It has no
 * exit status worth the name, so its complaints are found in what it prints.
 *
 * <p>It runs on a class path of its own, for it does not link against the classes of Kafka 4.4 that
 * {@link KafkaLog} uses. Each file gets a run of its own, so that an exception over one file does
 * not hide what is wrong with the next.
 *
 * <p>Thread safety: one run at a time in the process, which the class sees to: the tool prints to
 * {@code System.out} and {@code System.err}, and those are redirected meanwhile.
 */
final class KafkaDump {
  /** The file, written by the build, that holds the class path of the tool. */
  private static final String CLASS_PATH_FILE_PROPERTY = "varve.dumpLogSegments.classPathFile";

  private static final String TOOL_CLASS = "org.apache.kafka.tools.DumpLogSegments";
  private static final List<String> SUFFIXES =
      List.of(".log", ".index", ".timeindex", ".txnindex", ".snapshot");

  private KafkaDump() {}

  /** What the tool is told to look at. */
  enum Check {
    /** Every batch and every record in it; every entry of every index against its log. */
    CONTENT("--deep-iteration"),
    /**
     * The same but for the time indexes: the tool reads the rest of the log for every entry, which
     * takes minutes for a segment of full size.
     */
    CONTENT_WITHOUT_TIME_INDEXES("--deep-iteration"),
    /** Only lengths and last entries of the indexes, as a broker once did when it started. */
    INDEX_SANITY("--index-sanity-check"),
    /** The entries of the indexes against the logs, without printing them. */
    INDEX_ENTRIES("--verify-index-only");

    private final String option;

    Check(String option) {
      this.option = option;
    }

    private List<String> suffixes() {
      return switch (this) {
        case CONTENT -> SUFFIXES;
        case CONTENT_WITHOUT_TIME_INDEXES ->
            SUFFIXES.stream().filter(suffix -> !suffix.equals(".timeindex")).toList();
        case INDEX_SANITY, INDEX_ENTRIES -> List.of(".index", ".timeindex");
      };
    }
  }

  /** Complaints about the segment files of a directory after all checks, in the order of names. */
  static List<Complaint> complaints(Path directory) throws IOException {
    List<Complaint> complaints = new ArrayList<>();
    for (Check check : List.of(Check.CONTENT, Check.INDEX_SANITY)) {
      complaints.addAll(complaints(directory, check));
    }
    return complaints;
  }

  static List<Complaint> complaints(Path directory, Check check) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files =
          all.filter(file -> check.suffixes().stream().anyMatch(file.toString()::endsWith))
              .sorted()
              .toList();
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException(directory + " has no segment files to look at");
    }
    List<Complaint> complaints = new ArrayList<>();
    for (Path file : files) {
      for (String line : complaintsIn(dump(file, check))) {
        complaints.add(new Complaint(file.getFileName().toString(), check, line));
      }
    }
    return complaints;
  }

  /** All that the tool prints about one file; an exception that ends it comes last, as text. */
  static Output dump(Path file, Check check) {
    synchronized (KafkaDump.class) {
      PrintStream out = System.out;
      PrintStream err = System.err;
      ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
      ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
      try {
        System.setOut(new PrintStream(outBytes, true, UTF_8));
        System.setErr(new PrintStream(errBytes, true, UTF_8));
        String thrown = run("--files", file.toString(), check.option);
        System.out.flush();
        System.err.flush();
        return new Output(lines(outBytes), lines(errBytes), thrown);
      } finally {
        System.setOut(out);
        System.setErr(err);
      }
    }
  }

  /** Runs the tool and returns the exception that ended it, or nothing. */
  private static String run(String... arguments) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(Tool.MAIN.getDeclaringClass().getClassLoader());
    try {
      Tool.MAIN.invoke(null, (Object) arguments);
      return "";
    } catch (InvocationTargetException e) {
      return String.valueOf(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("cannot call " + Tool.MAIN, e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** The lines that mean that something is wrong, by the way they begin. */
  static List<String> complaintsIn(Output output) {
    List<String> complaints = new ArrayList<>();
    for (String line : output.out()) {
      if (line.contains("isvalid: false") || line.startsWith("Found ")) {
        complaints.add(line);
      }
    }
    boolean lawful = false;
    for (String line : output.err()) {
      // Gaps are lawful after compaction, and the tool takes the start of every file for one.
      lawful = line.startsWith("Non-consecutive offsets in ") || (lawful && line.startsWith("  "));
      if (!lawful && !line.isBlank()) {
        complaints.add(line);
      }
    }
    if (!output.thrown().isEmpty()) {
      complaints.add(output.thrown());
    }
    return complaints;
  }

  private static List<String> lines(ByteArrayOutputStream bytes) {
    return bytes.toString(UTF_8).lines().toList();
  }

  /** What a run printed, and the exception that ended it or an empty string. */
  record Output(List<String> out, List<String> err, String thrown) {}

  /** One thing that the tool found wrong with a file. */
  record Complaint(String file, Check check, String text) {}

  /** The tool, loaded once: the class path is long. */
  private static final class Tool {
    /** Ends the process for wrong arguments only. */
    static final Method MAIN = load();

    private static Method load() {
      try {
        String classPath = Files.readString(Path.of(System.getProperty(CLASS_PATH_FILE_PROPERTY)));
        List<URL> urls = new ArrayList<>();
        for (String entry : classPath.strip().split(File.pathSeparator, -1)) {
          urls.add(Path.of(entry).toUri().toURL());
        }
        // Kept open for as long as the process lives.
        URLClassLoader loader =
            new URLClassLoader(
                "DumpLogSegments", urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        return loader.loadClass(TOOL_CLASS).getMethod("main", String[].class);
      } catch (IOException | ReflectiveOperationException e) {
        throw new IllegalStateException("no DumpLogSegments to run", e);
      }
    }
  }
}
