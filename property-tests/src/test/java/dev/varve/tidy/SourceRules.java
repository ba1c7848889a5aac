package dev.varve.tidy;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** Rules about the text of the sources: sizes, names, leftovers. */
final class SourceRules {
  static final int FILE_LINES_MAX = 500;
  static final int METHOD_LINES_MAX = 60;

  /** Names that say nothing of what the class is. */
  private static final Pattern EMPTY_NAME = Pattern.compile("\\w+(Manager|Utils?|Impl|Helper)");

  private static final List<TextBan> TEXT_BANS =
      List.of(
          new TextBan(
              Pattern.compile("\\b(TODO|FIXME|XXX)\\b"),
              "is a leftover",
              "do it, or say what is missing in the closing note",
              false),
          new TextBan(
              Pattern.compile("@Disabled\\b"),
              "switches a test off",
              "mend the test or delete it; @DisabledOnOs with a reason is fine",
              true),
          new TextBan(
              Pattern.compile(
                  "(/home/|/Users/|[A-Z]:\\\\+Users\\\\+)\\w+|(?<![\\w.])/(root|work)/|\\.\\./shared\\b"),
              "is a path of somebody's machine",
              "a path from the checkout, or a temporary folder",
              false));

  private SourceRules() {}

  /** What is wrong with a file, each with its line and cure. */
  static List<String> findIn(SourceText text) throws IOException {
    List<String> findings = new ArrayList<>();
    List<String> lines = text.content().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      for (TextBan ban : TEXT_BANS) {
        if ((text.isJava() || !ban.javaOnly) && ban.pattern.matcher(lines.get(i)).find()) {
          findings.add(
              at(text, i + 1) + lines.get(i).strip() + " " + ban.what + ". Cure: " + ban.cure);
        }
      }
    }
    if (text.isJava()) {
      if (lines.size() > FILE_LINES_MAX) {
        findings.add(
            at(text, lines.size())
                + "the file has more than "
                + FILE_LINES_MAX
                + " lines. Cure: find the missing object and give it a file");
      }
      findings.addAll(findInTree(text));
    }
    return findings;
  }

  private static List<String> findInTree(SourceText text) throws IOException {
    JavacTask task =
        (JavacTask)
            ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, problem -> {}, List.of(), null, List.of(new InMemory(text)));
    List<String> findings = new ArrayList<>();
    for (CompilationUnitTree unit : task.parse()) {
      new Measure(text, unit, Trees.instance(task).getSourcePositions(), findings).scan(unit, null);
    }
    return findings;
  }

  private static String at(SourceText text, long line) {
    return text.path() + ":" + line + ": ";
  }

  private record TextBan(Pattern pattern, String what, String cure, boolean javaOnly) {}

  /** Looks at every method and every class of a file, nested ones too. */
  private static final class Measure extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final SourceText text;
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final List<String> findings;

    Measure(
        SourceText text,
        CompilationUnitTree unit,
        SourcePositions positions,
        List<String> findings) {
      this.text = text;
      this.unit = unit;
      this.positions = positions;
      this.findings = findings;
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
      LineMap lines = unit.getLineMap();
      long first = lines.getLineNumber(positions.getStartPosition(unit, method));
      long last = lines.getLineNumber(positions.getEndPosition(unit, method));
      if (last - first + 1 > METHOD_LINES_MAX) {
        findings.add(
            at(text, first)
                + method.getName()
                + " has "
                + (last - first + 1)
                + " lines, more than "
                + METHOD_LINES_MAX
                + ". Cure: give its parts names");
      }
      return super.visitMethod(method, null);
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void unused) {
      if (EMPTY_NAME.matcher(type.getSimpleName()).matches()) {
        findings.add(
            at(text, unit.getLineMap().getLineNumber(positions.getStartPosition(unit, type)))
                + type.getSimpleName()
                + " is a name for anything. Cure: say what the class is or does");
      }
      return super.visitClass(type, null);
    }
  }

  private static final class InMemory extends SimpleJavaFileObject {
    private final String content;

    InMemory(SourceText text) {
      super(URI.create("string:///" + text.path()), JavaFileObject.Kind.SOURCE);
      this.content = text.content();
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return content;
    }
  }
}
