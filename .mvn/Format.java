import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs google-java-format over every Java file of the project, from its root: {@code check} fails
 * and names the files that differ, {@code apply} rewrites them. The root pom calls it.
 */
final class Format {
  private static final Path BUILD_OUTPUT = Path.of("target");

  public static void main(String[] args) throws Exception {
    boolean apply = args.length == 1 && args[0].equals("apply");
    List<String> options =
        apply ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed");
    String[] call = Stream.concat(options.stream(), javaFiles().stream()).toArray(String[]::new);
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    int exit = new Main(out, out, System.in).format(call);
    if (exit != 0 && !apply) {
      out.println("The files above are not formatted. Cure: mvn -N validate -Dformat=apply");
    }
    System.exit(exit);
  }

  private static List<String> javaFiles() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(""))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !isBuildOutput(file))
          .map(Path::toString)
          .sorted()
          .toList();
    }
  }

  private static boolean isBuildOutput(Path file) {
    for (Path part : file) {
      if (part.equals(BUILD_OUTPUT)) {
        return true;
      }
    }
    return false;
  }
}
