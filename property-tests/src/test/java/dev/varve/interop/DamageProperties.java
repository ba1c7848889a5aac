package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** That Varve and Kafka keep the same records of a log whose last segment is damaged. */
class DamageProperties {
  /** So early that to Kafka no producer is idle, whatever timestamps its batches have. */
  private static final long NOW_MILLIS = 5_000_000;

  private final KafkaClock clock = new KafkaClock(NOW_MILLIS);

  @Provide
  Arbitrary<LogSettings> settings() {
    return HistoryArbitraries.settings();
  }

  @Provide
  Arbitrary<List<LogStep>> histories() {
    return HistoryArbitraries.histories(30);
  }

  @Provide
  Arbitrary<Damage> damages() {
    return Combinators.combine(
            Arbitraries.of(Damage.Kind.class),
            Arbitraries.integers().between(0, 9_999),
            Arbitraries.integers().between(1, 3_000),
            Arbitraries.longs())
        .as(Damage::new);
  }

  @Property(tries = 20)
  void bothKeepWhatIsBeforeTheDamage(
      @ForAll("settings") LogSettings chosen,
      @ForAll("histories") List<LogStep> steps,
      @ForAll("damages") Damage damage,
      @ForAll boolean writtenByVarve)
      throws IOException {
    LogSettings settings = chosen.withRoomFor(steps);
    try (LogDirectory directory = LogDirectory.create()) {
      List<KafkaRecord> written = write(directory, settings, steps, writtenByVarve);
      // Whoever damages it does not leave word; nor did a broker, which keeps its own elsewhere.
      directory.deleteFilesEndingIn("varve.checkpoint");
      damage.applyTo(lastLog(directory));

      List<KafkaRecord> ofKafka;
      List<KafkaRecord> ofVarve;
      boolean keptDamage;
      try (LogDirectory copy = directory.copy();
          KafkaLog kafka = settings.kafka(copy.path(), clock).afterUncleanStop().open()) {
        ofKafka = kafka.readAll();
      }
      try (VarveLog varve = VarveLog.open(directory.path(), settings, clock)) {
        ofVarve = varve.readBeforeDamage();
        keptDamage = ofVarve.size() < varve.endOffset() - varve.startOffset();
      }
      assertThat(ofVarve).isEqualTo(ofKafka);
      assertThat(ofVarve).isEqualTo(written.subList(0, ofVarve.size()));
      if (keptDamage) {
        return; // nobody said that it was not durable, so it was not cut away
      }
      try (KafkaLog kafka = settings.kafka(directory.path(), clock).open()) {
        assertThat(kafka.readAll()).isEqualTo(ofVarve);
      }
    }
  }

  private List<KafkaRecord> write(
      LogDirectory directory, LogSettings settings, List<LogStep> steps, boolean byVarve)
      throws IOException {
    try (PartitionLog log =
        byVarve
            ? VarveLog.open(directory.path(), settings, clock)
            : settings.kafka(directory.path(), clock).open()) {
      LogStep.applyAll(steps, log);
      return log.readAll();
    }
  }

  private static Path lastLog(LogDirectory directory) throws IOException {
    return directory.files().stream()
        .filter(file -> file.toString().endsWith(".log"))
        .reduce((_, later) -> later)
        .orElseThrow();
  }

  /**
   * Something that happens to a file.
   *
   * @param place where, in ten thousandths of the file
   * @param bytes how much, where that can be said
   */
  record Damage(Kind kind, int place, int bytes, long seed) {
    private static final int LENGTH_AT = 8;
    private static final int CHECKSUM_AT = 17;

    enum Kind {
      CUT,
      ZEROS_FROM,
      ZEROS_APPENDED,
      NOISE_FROM,
      NOISE_APPENDED,
      BIT_FLIPPED
    }

    void applyTo(Path file) throws IOException {
      byte[] content = Files.readAllBytes(file);
      int at = (int) ((long) content.length * place / 10_000);
      Random random = new Random(seed);
      byte[] noise = new byte[bytes];
      random.nextBytes(noise);
      switch (kind) {
        case CUT -> content = Arrays.copyOf(content, at);
        case ZEROS_FROM -> Arrays.fill(content, at, content.length, (byte) 0);
        case ZEROS_APPENDED -> content = Arrays.copyOf(content, content.length + bytes);
        case NOISE_FROM -> {
          int from = checkedByte(content, at);
          System.arraycopy(noise, 0, content, from, Math.min(bytes, content.length - from));
        }
        case NOISE_APPENDED -> {
          int end = content.length;
          content = Arrays.copyOf(content, end + bytes);
          System.arraycopy(noise, 0, content, end, bytes);
        }
        case BIT_FLIPPED -> content[checkedByte(content, at)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, content);
    }

    /**
     * The byte at a position, or the next that a checksum protects. Of damage to the fields before
     * the checksum Kafka believes some, such as an offset out of all bounds or a magic of 3.
     */
    private static int checkedByte(byte[] content, int at) {
      int batch = 0;
      int next = nextBatch(content, batch);
      while (next <= at) {
        batch = next;
        next = nextBatch(content, batch);
      }
      return Math.max(at, batch + CHECKSUM_AT);
    }

    private static int nextBatch(byte[] content, int batch) {
      return batch
          + RecordBatch.SIZE_PREFIX_BYTES
          + ByteBuffer.wrap(content).getInt(batch + LENGTH_AT);
    }
  }
}
