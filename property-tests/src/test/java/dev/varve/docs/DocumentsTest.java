package dev.varve.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentsTest {
  private static final Path ROOT = Path.of(System.getProperty("varve.checkout", ".."));
  private static final Pattern JAVA_SNIPPET =
      Pattern.compile("^```java\\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)[^)]*\\)");
  private static final Pattern NAMED_TEST = Pattern.compile("`(\\w+(?:Test|Properties))`");

  @TempDir Path directory;

  @Test
  void theSnippetsOfTheReadmeRun() throws Exception {
    List<String> snippets = snippets("README.md");
    assertThat(snippets).hasSize(6);

    assertThat(run(snippets.getFirst())).isEqualTo("0: 2 espressos\n");
    assertThat(run(snippets.get(1))).isEqualTo("3 records\n");
    assertThat(run(snippets.get(1))).as("once more").isEqualTo("3 records\n");
    assertThat(run(snippets.get(2)))
        .isEqualTo("2 espressos\n2 espressos\n1 cappuccino\na ristretto\none ristretto less\n");
    assertThat(run(snippets.get(3)))
        .startsWith("0 stays, retention.ms: the newest record is of ")
        .endsWith(
            "; retention.bytes: without it 0 bytes are left, less than 10,737,418,240 bytes\n");
    assertThat(run(snippets.get(4)))
        .startsWith(
            "2: 1.30\nnothing is dirty that could be compacted; held back from offset 0 on:");
    assertThat(run(snippets.getLast())).isEqualTo("[orders-0, orders-2]\n");
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : documents()) {
      LINK.matcher(Files.readString(document))
          .results()
          .map(link -> link.group(1))
          .filter(link -> !link.startsWith("http"))
          .filter(link -> !Files.exists(document.resolveSibling(link)))
          .forEach(link -> broken.add(document + ": " + link));
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void everyTestThatADocumentNamesExists() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Path document : documents()) {
      NAMED_TEST
          .matcher(Files.readString(document))
          .results()
          .map(name -> name.group(1))
          .filter(name -> !isSource(name))
          .forEach(name -> missing.add(document + ": " + name));
    }
    assertThat(missing).isEmpty();
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"));
        Stream<Path> root = Files.list(ROOT)) {
      return Stream.concat(docs, root).filter(file -> file.toString().endsWith(".md")).toList();
    }
  }

  private static boolean isSource(String className) {
    try (Stream<Path> files = Files.walk(ROOT, 12)) {
      return files.anyMatch(file -> file.endsWith(className + ".java"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> snippets(String document) throws IOException {
    return JAVA_SNIPPET
        .matcher(Files.readString(ROOT.resolve(document)))
        .results()
        .map(snippet -> snippet.group(1))
        .toList();
  }

  /** Compiles a snippet as the body of a main method and returns what it prints. */
  private String run(String snippet) throws Exception {
    Path log = directory.resolve("orders-0");
    Path source = directory.resolve("Snippet.java");
    Files.writeString(
        source,
        """
        import static java.nio.charset.StandardCharsets.UTF_8;
        import dev.varve.compaction.CompactionConfig;
        import dev.varve.compaction.CompactorOptions;
        import dev.varve.compaction.LatestView;
        import dev.varve.compaction.LogCompaction;
        import dev.varve.log.*;
        import dev.varve.log.store.*;
        import dev.varve.retention.*;
        import java.nio.file.Path;
        import java.time.Duration;
        import java.util.List;
        import java.util.Map;

        public class Snippet {
          public static void main(String[] args) {
        %s
          }
        }
        """
            .replace(
                "%s",
                snippet
                    .replace("\"orders-0\"", "\"" + log + "\"")
                    .replace("\"prices-0\"", "\"" + directory.resolve("prices-0") + "\"")
                    .replace("\"data\"", "\"" + directory.resolve("data") + "\"")));
    int exit =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", directory.toString(), source.toString());
    assertThat(exit).isZero();
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream out = System.out;
    try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
      System.setOut(new PrintStream(printed, true, UTF_8));
      loader.loadClass("Snippet").getMethod("main", String[].class).invoke(null, (Object) null);
    } finally {
      System.setOut(out);
    }
    return printed.toString(UTF_8);
  }
}
