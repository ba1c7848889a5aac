package dev.varve.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That what a process told to be appended is there after the process was killed, in Varve and, once
 * Varve has put the directory in order, in Kafka.
 */
class KilledProcessTest {
  private final KafkaClock clock = new KafkaClock(0);
  private final LogSettings settings = LogSettings.ofSegmentBytes(AppendingProcess.SEGMENT_BYTES);
  private LogDirectory directory;

  @BeforeEach
  void makeDirectory() throws IOException {
    directory = LogDirectory.create();
  }

  @AfterEach
  void deleteDirectory() throws IOException {
    directory.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 700, 5_000})
  void everyAcknowledgedRecordIsThereAndKafkaAgrees(int acknowledgements) throws Exception {
    long lastAcknowledged = appendUntilKilledAfter(acknowledgements);
    List<KafkaRecord> recovered;
    try (VarveLog log = VarveLog.open(directory.path(), settings, clock)) {
      assertThat(log.openReport().closedInOrder()).isFalse();
      recovered = log.readAll();
    }

    assertThat(recovered).hasSizeGreaterThan((int) lastAcknowledged);
    for (int i = 0; i < recovered.size(); i++) {
      assertThat(recovered.get(i).offset()).isEqualTo(i);
      assertThat(recovered.get(i).value()).isEqualTo(Bytes.utf8(AppendingProcess.valueOf(i)));
    }
    assertThat(KafkaDump.complaints(directory.path(), KafkaDump.Check.INDEX_SANITY)).isEmpty();
    try (LogDirectory copy = directory.copy();
        KafkaLog unclean = settings.kafka(copy.path(), clock).afterUncleanStop().open();
        KafkaLog clean = settings.kafka(directory.path(), clock).open()) {
      assertThat(unclean.readAll()).isEqualTo(recovered);
      assertThat(clean.readAll()).isEqualTo(recovered);
    }
  }

  /** Returns the last offset that the process told. */
  private long appendUntilKilledAfter(int acknowledgements) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                AppendingProcess.class.getName(),
                directory.path().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = process.inputReader()) {
      StringBuilder told = new StringBuilder();
      for (int i = 0; i < acknowledgements; i++) {
        told.append(out.readLine()).append('\n');
      }
      // By its handle, for the process itself would close our end of the pipe too.
      assertThat(process.toHandle().destroyForcibly()).isTrue();
      // The pipe still holds what was told before the kill; the last line may be half of one.
      char[] rest = new char[1 << 16];
      for (int read = out.read(rest); read >= 0; read = out.read(rest)) {
        told.append(rest, 0, read);
      }
      process.waitFor();
      int end = told.lastIndexOf("\n");
      return Long.parseLong(told.substring(told.lastIndexOf("\n", end - 1) + 1, end));
    } finally {
      process.destroyForcibly();
    }
  }
}
