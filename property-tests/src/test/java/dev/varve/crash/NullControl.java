package dev.varve.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The table of an exploration's null control: what the log gets wrong, how soon that was noticed,
 * and by what.
 *
 * <p>Thread safety: rows may come from several threads.
 */
final class NullControl {
  private static final int NAME_CHARS = 58;

  private final String of;
  private final Map<String, String> rows = new TreeMap<>();
  private final List<String> missed = new ArrayList<>();

  /** A table of an exploration of so and so. */
  NullControl(String of) {
    this.of = of;
  }

  /**
   * Explores workloads, shorter ones first, until one shows that something is wrong.
   *
   * @param states how many states were explored so far
   */
  void run(
      Defect defect,
      List<List<Step>> workloads,
      Consumer<List<Step>> explorer,
      LongSupplier states) {
    for (List<Step> steps : workloads) {
      try {
        explorer.accept(steps);
      } catch (AssertionError violation) {
        row(defect, states.getAsLong(), steps, violation);
        return;
      }
    }
    row(defect, states.getAsLong(), List.of(), null);
  }

  private synchronized void row(
      Defect defect, long states, List<Step> steps, @Nullable AssertionError violation) {
    if (violation == null) {
      missed.add(defect.name());
    }
    String found =
        violation == null
            ? "NOT CAUGHT in " + states + " states"
            : String.format(Locale.ROOT, "caught after %6d states, by %s", states, names(steps));
    rows.put(defect.name(), found);
  }

  private static String names(List<Step> steps) {
    return steps.isEmpty()
        ? "opening"
        : String.join(", ", steps.stream().map(Object::toString).toList());
  }

  synchronized void print() {
    System.out.println("null control of " + of + ": what the log gets wrong, and when it shows");
    rows.forEach((name, found) ->
        System.out.println(
            "  " + name + " ".repeat(Math.max(1, NAME_CHARS - name.length())) + found));
  }

  /** The defects that were not noticed. */
  synchronized List<String> missed() {
    return List.copyOf(missed);
  }
}
