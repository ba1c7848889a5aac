package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.record.Compression;
import dev.varve.log.record.Header;
import dev.varve.log.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.jspecify.annotations.Nullable;

class RoundTripProperties {
  private static final int TRIES = 25;

  private Path parent = Path.of("");

  /** A record that goes into a batch. */
  @FunctionalInterface
  interface Given {
    void appendTo(RecordBatchBuilder batch);
  }

  @BeforeTry
  void makeDirectory() throws IOException {
    parent = Files.createTempDirectory("varve-round-trip-");
  }

  @AfterTry
  void removeDirectory() throws IOException {
    try (Stream<Path> files = Files.walk(parent)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Property(tries = TRIES)
  void aLogPrintedAsJsonAndAppendedIsTheSameLog(@ForAll("records") List<Given> records) {
    Path original = parent.resolve("original-0");
    try (CommitLog log = CommitLog.open(original)) {
      RecordBatchBuilder batch = RecordBatchBuilder.of(Compression.NONE);
      for (Given record : records) {
        record.appendTo(batch);
      }
      log.append(batch.build());
    }
    String copy = parent.resolve("copy-0").toString();

    String json = CommandLineRun.of("cat", original.toString(), "--format=json").out();
    CommandLineRun append = CommandLineRun.withInput(json, "append", copy, "--format=json");

    assertThat(append.exitCode()).as(append.err()).isZero();
    assertThat(CommandLineRun.of("cat", copy, "--format=hex").out())
        .isEqualTo(CommandLineRun.of("cat", original.toString(), "--format=hex").out())
        .hasLineCount(records.size());
  }

  @Provide
  Arbitrary<List<Given>> records() {
    Arbitrary<Header> header =
        Combinators.combine(
                Arbitraries.strings().all().ofMaxLength(5).filter(RoundTripProperties::isEncodable),
                bytes())
            .as(Header::new);
    return Combinators.combine(
            Arbitraries.longs().between(-1, Long.MAX_VALUE / 2),
            bytes(),
            bytes(),
            header.list().ofMaxSize(3))
        .as(RoundTripProperties::given)
        .list()
        .ofMinSize(1)
        .ofMaxSize(20);
  }

  /** Whether there are no halves of surrogate pairs, which UTF-8 does not have. */
  private static boolean isEncodable(String text) {
    return UTF_8.newEncoder().canEncode(text);
  }

  private static Given given(
      long timestamp, byte @Nullable [] key, byte @Nullable [] value, List<Header> headers) {
    return batch -> batch.append(timestamp, key, value, headers);
  }

  /** Text as well as bytes that are none, empty ones, and none at all. */
  private static Arbitrary<byte @Nullable []> bytes() {
    Arbitrary<byte[]> text =
        Arbitraries.strings().all().ofMaxLength(20).map(s -> s.getBytes(UTF_8));
    return Arbitraries.oneOf(text, Arbitraries.bytes().array(byte[].class).ofMaxSize(20))
        .injectNull(0.2);
  }
}
