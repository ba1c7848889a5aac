package dev.varve.tidy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The project as it lies on disk: its modules with their compiled classes, and its text files. */
final class Checkout {
  /** What must be compiled before the rules are looked at, or they would hold of nothing. */
  static final Set<String> SHIPPED_MODULES = Set.of("index", "log-core", "retention", "compaction");

  /** What jcstress makes of a race. */
  private static final Pattern GENERATED = Pattern.compile("_jcstress\\b");

  private static final Pattern MODULE = Pattern.compile("<module>([^<]*)</module>");
  private static final Set<String> FOLDERS_NOT_OURS = Set.of("target", ".git", ".idea");
  private static final Set<String> TEXT_FILES = Set.of("varve", "run");
  private static final List<String> TEXT_SUFFIXES =
      List.of(".java", ".xml", ".md", ".args", ".properties", ".sh", ".yml");

  private final Path root;

  private Checkout(Path root) {
    this.root = root;
  }

  /** The checkout that the tests run in. */
  static Checkout here() {
    return new Checkout(Path.of(System.getProperty("varve.checkout", "..")).normalize());
  }

  /** The modules of the root pom that hold Java. */
  List<Module> modules() throws IOException {
    List<Module> modules =
        MODULE
            .matcher(Files.readString(root.resolve("pom.xml")))
            .results()
            .map(match -> new Module(match.group(1), root.resolve(match.group(1))))
            .filter(module -> Files.isDirectory(module.folder.resolve("src")))
            .toList();
    for (Module module : modules) {
      if (SHIPPED_MODULES.contains(module.name) && module.shippedClasses().isEmpty()) {
        throw new IllegalStateException(
            module.name + " is not compiled: run mvn -pl property-tests -am verify");
      }
    }
    return modules;
  }

  /** Every text file that is under the project's care, as paths from the root. */
  List<SourceText> texts() throws IOException {
    List<SourceText> texts = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return FOLDERS_NOT_OURS.contains(nameOf(folder))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (isText(file)) {
              texts.add(
                  new SourceText(
                      root.relativize(file).toString().replace('\\', '/'), Files.readString(file)));
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return texts;
  }

  private static boolean isText(Path file) {
    String name = nameOf(file);
    return TEXT_FILES.contains(name) || TEXT_SUFFIXES.stream().anyMatch(name::endsWith);
  }

  private static String nameOf(Path path) {
    return String.valueOf(path.getFileName());
  }

  /** A folder of the build and what the compiler made of it. */
  record Module(String name, Path folder) {
    /**
     * Classes of {@code src/main}; none if the module has none, or is built later than the tests.
     */
    List<JavaClass> shippedClasses() {
      return importFrom(folder.resolve("target").resolve("classes"));
    }

    /** Classes of {@code src/test}, but for the examples of how not to do it. */
    List<JavaClass> testClasses() {
      return importFrom(folder.resolve("target").resolve("test-classes")).stream()
          .filter(type -> !type.getPackageName().startsWith(TidyTest.BAD_EXAMPLES))
          .toList();
    }

    private static List<JavaClass> importFrom(Path classes) {
      return Files.isDirectory(classes)
          ? new ClassFileImporter()
              .importPath(classes).stream()
                  .filter(type -> !GENERATED.matcher(type.getName()).find())
                  .toList()
          : List.of();
    }
  }
}
