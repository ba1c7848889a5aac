package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.index.TransactionIndex;
import dev.varve.log.segment.SegmentFile.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A transaction index of a closed log that is not what the log says: found, told, made anew. */
class TransactionIndexDamageTest {
  private static final long SEALED = 2;
  private static final String INDEX = LogFixture.name(SEALED, Kind.TRANSACTION_INDEX);

  @TempDir Path root;

  /** What happens to the index of a segment in which two transactions were aborted. */
  record Damage(String what, Consumer<LogFixture> change) {
    @Override
    public String toString() {
      return what;
    }
  }

  static Stream<Damage> damages() {
    return Stream.of(
        new Damage("missing", log -> log.deleteFile(INDEX)),
        new Damage("empty", log -> log.write(INDEX, new byte[0])),
        new Damage("cut by an entry", log -> log.truncate(INDEX, TransactionIndex.ENTRY_BYTES)),
        new Damage("cut in an entry", log -> log.truncate(INDEX, 50)),
        new Damage("of another version", log -> log.flip(INDEX, 1, 1)),
        new Damage("with another producer", log -> log.flip(INDEX, 9, 1)),
        new Damage("with another first offset", log -> log.flip(INDEX, 17, 1)),
        new Damage("with another marker", log -> log.flip(INDEX, 25, 1)),
        new Damage("with another stable offset", log -> log.flip(INDEX, 33, 1)),
        new Damage("longer", log -> log.extend(INDEX, new byte[TransactionIndex.ENTRY_BYTES])));
  }

  @ParameterizedTest
  @MethodSource("damages")
  void theLogIsBelieved(Damage damage) {
    List<String> told = new ArrayList<>();
    LogListener listener =
        new LogListener() {
          @Override
          public void transactionIndexRebuilt(String file, String found) {
            told.add(file + ": " + found);
          }
        };
    try (LogFixture fixture = LogFixture.open(root, options -> options.listener(listener))) {
      abortedOverSegments(fixture);
      byte[] sound = fixture.bytes(INDEX);
      damage.change.accept(fixture);
      fixture.reopen();
      assertThat(fixture.report().closedInOrder()).isTrue();
      assertThat(fixture.committed(0)).containsExactly("a", "b", "c");
      assertThat(fixture.committed(0)).containsExactly("a", "b", "c");
      assertThat(told).singleElement().asString().startsWith(INDEX).contains("2 aborted");
      assertThat(fixture.bytes(INDEX)).isEqualTo(sound);
    }
  }

  /** Transactions begin in the first segment, and end in the second, which is not the last. */
  private static void abortedOverSegments(LogFixture fixture) {
    try (Producer first = fixture.log().producer("first");
        Producer second = fixture.log().producer("second")) {
      first.beginTransaction();
      second.beginTransaction();
      append(first, "x");
      append(second, "y");
      fixture.roll().append("a");
      append(first, "z");
    }
    fixture.append("b").roll().append("c").shut();
  }

  private static void append(Producer producer, String key) {
    producer.append(key.getBytes(UTF_8), LogFixture.valueOf(key));
  }
}
