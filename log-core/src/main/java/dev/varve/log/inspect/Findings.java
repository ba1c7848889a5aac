package dev.varve.log.inspect;

import dev.varve.log.inspect.Finding.Severity;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Hands findings on as they are made, and counts them: a ruined log has too many to keep. */
final class Findings {
  private final Consumer<Finding> listener;
  private final @Nullable Findings counted;
  private long damages;
  private long notes;

  Findings(Consumer<Finding> listener) {
    this(listener, null);
  }

  private Findings(Consumer<Finding> listener, @Nullable Findings counted) {
    this.listener = listener;
    this.counted = counted;
  }

  /**
   * These findings as seen by a check of files that nobody relies on yet: what would be damage is a
   * note.
   */
  Findings asNotes() {
    return new Findings(listener, this);
  }

  void damage(Path file, long position, String found, String expected) {
    if (counted != null) {
      counted.note(file, position, found, expected);
      return;
    }
    damages++;
    listener.accept(new Finding(Severity.DAMAGE, file, position, found, expected));
  }

  void note(Path file, long position, String found, String expected) {
    if (counted != null) {
      counted.note(file, position, found, expected);
      return;
    }
    notes++;
    listener.accept(new Finding(Severity.NOTE, file, position, found, expected));
  }

  long damages() {
    return damages;
  }

  long notes() {
    return notes;
  }
}
