package dev.varve.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.record.Compression;
import dev.varve.log.record.RecordBatchBuilder;
import dev.varve.log.record.RecordCursor;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** A log is a list of records, whatever happens to its segments, its process and its caches. */
class LogModelProperties {

  /** What the model keeps of a record. */
  record Entry(long offset, long timestamp, String key, String value) {}

  /** Something that is done to the log and to the model alike. */
  interface Operation {
    void on(Machine machine);
  }

  /** An operation that prints as what it does. */
  record Named(String name, Operation operation) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** The log, and the list that it should be. */
  static final class Machine implements AutoCloseable {
    private final LogFixture fixture;
    private final List<Entry> entries = new ArrayList<>();
    private long startOffset;
    private long endOffset;
    private int serial;

    Machine(Path root) {
      fixture =
          LogFixture.open(
              root,
              options ->
                  options
                      .segmentBytesMax(900)
                      .indexIntervalBytes(150)
                      .batchBytesMax(900)
                      .segmentMillisMax(Long.MAX_VALUE));
    }

    void append(Compression compression, List<Integer> timestamps) {
      RecordBatchBuilder builder = RecordBatchBuilder.of(compression);
      long base = endOffset;
      for (int timestamp : timestamps) {
        String key = "k" + serial++;
        String value = "v".repeat(1 + serial * 7 % 60) + serial;
        long millis = timestamp < 0 ? -1 : timestamp;
        builder.append(millis, key.getBytes(UTF_8), value.getBytes(UTF_8));
        entries.add(new Entry(endOffset++, millis, key, value));
      }
      assertThat(fixture.log().append(builder.build())).isEqualTo(base);
    }

    void advanceStart(int percent) {
      startOffset = startOffset + (endOffset - startOffset) * percent / 100;
      fixture.log().advanceStartOffset(startOffset);
      entries.removeIf(entry -> entry.offset() < startOffset);
    }

    /** The log was closed; one of its caches is damaged, and the next open must not show it. */
    void damage(int which, int how) {
      fixture.shut();
      List<String> caches =
          fixture.names().stream()
              .filter(name ->
                  name.equals(StateFiles.EPOCHS_FILE_NAME)
                      || SegmentFile.parse(name)
                          .filter(file -> file.kind() != Kind.LOG)
                          .isPresent())
              .toList();
      if (!caches.isEmpty()) {
        String name = caches.get(which % caches.size());
        String other = caches.get((which + how) % caches.size());
        byte[] bytes = fixture.bytes(name);
        switch (how % 6) {
          case 0 -> fixture.deleteFile(name);
          case 1 -> fixture.write(name, Arrays.copyOf(bytes, bytes.length / 2));
          case 2 -> fixture.write(name, noise(which, bytes.length + how));
          case 3 -> fixture.write(name, fixture.bytes(other));
          case 4 -> fixture.write(name, Arrays.copyOf(bytes, bytes.length + 24 * how));
          default -> fixture.write(name, new byte[0]);
        }
      }
      fixture.reopen();
    }

    private static byte[] noise(long seed, int bytes) {
      byte[] noise = new byte[bytes];
      new Random(seed).nextBytes(noise);
      return noise;
    }

    void readAt(int percent, int bytesMax) {
      long offset = startOffset + (endOffset - startOffset) * percent / 100;
      List<Entry> read = new ArrayList<>();
      long bytes = 0;
      int batchCount = 0;
      try (PinnedBatches batches = fixture.log().read(offset, bytesMax)) {
        RecordCursor cursor = new RecordCursor();
        while (batches.next()) {
          bytes += batches.batch().sizeBytes();
          batchCount++;
          assertThat(batchCount == 1 || bytes <= bytesMax).as("within %s bytes", bytesMax).isTrue();
          cursor.open(batches.batch());
          while (cursor.next()) {
            if (cursor.record().offset() >= offset) {
              read.add(entry(cursor.record()));
            }
          }
        }
      }
      List<Entry> expected = from(offset);
      assertThat(read).isEqualTo(expected.subList(0, read.size()));
      assertThat(read.isEmpty()).isEqualTo(expected.isEmpty());
    }

    private List<Entry> from(long offset) {
      return entries.stream().filter(entry -> entry.offset() >= offset).toList();
    }

    void readFrom(int percent) {
      long offset = startOffset + (endOffset - startOffset) * percent / 100;
      assertThat(read(offset)).isEqualTo(from(offset));
    }

    private List<Entry> read(long offset) {
      List<Entry> read = new ArrayList<>();
      try (LogReader reader = fixture.log().reader(offset)) {
        while (reader.next()) {
          read.add(entry(reader.record()));
        }
      }
      return read;
    }

    private static Entry entry(dev.varve.log.record.Record record) {
      byte[] key = record.copyKey();
      byte[] value = record.copyValue();
      return new Entry(
          record.offset(),
          record.timestamp(),
          key == null ? "none" : new String(key, UTF_8),
          value == null ? "none" : new String(value, UTF_8));
    }

    void lookUp(int timestamp) {
      OptionalLong expected =
          entries.stream()
              .filter(entry -> entry.timestamp() >= timestamp)
              .mapToLong(Entry::offset)
              .findFirst();
      assertThat(fixture.log().offsetForTimestamp(timestamp)).isEqualTo(expected);
    }

    void check() {
      fixture.assertOffsets(startOffset, endOffset);
      assertThat(read(startOffset)).isEqualTo(entries);
    }

    @Override
    public void close() {
      fixture.close();
    }
  }

  @Property(tries = 60)
  void aLogIsAListOfRecords(@ForAll("operations") List<Named> operations) throws IOException {
    Path root = Files.createTempDirectory("varve-model");
    try (Machine machine = new Machine(root)) {
      for (Named operation : operations) {
        operation.operation().on(machine);
        machine.check();
      }
      for (int timestamp = -1; timestamp < 1002; timestamp += 77) {
        machine.lookUp(timestamp);
      }
      machine.fixture.reopen();
      machine.check();
    } finally {
      LogFixture.deleteTree(root);
    }
  }

  @Provide
  Arbitrary<List<Named>> operations() {
    return operation().list().ofMinSize(5).ofMaxSize(40);
  }

  private static Arbitrary<Named> operation() {
    Arbitrary<Integer> percents = Arbitraries.integers().between(0, 100);
    Arbitrary<Integer> timestamps = Arbitraries.integers().between(-200, 1000);
    return Arbitraries.frequencyOf(
        Tuple.of(8, appends(timestamps)),
        Tuple.of(3, just("maintain", machine -> machine.fixture.log().maintenance())),
        Tuple.of(1, just("flush", machine -> machine.fixture.log().flush())),
        Tuple.of(2, just("reopen", machine -> machine.fixture.reopen())),
        Tuple.of(2, just("kill", machine -> machine.fixture.kill().reopen())),
        Tuple.of(1, named("advance start by % ", percents, Machine::advanceStart)),
        Tuple.of(
            2,
            Combinators.combine(
                    Arbitraries.integers().between(0, 60), Arbitraries.integers().between(0, 17))
                .as((which, how) ->
                    new Named("damage " + which + "/" + how, m -> m.damage(which, how)))),
        Tuple.of(
            3,
            Combinators.combine(percents, Arbitraries.integers().between(-1, 3000))
                .as((at, max) -> new Named("read " + at + "%/" + max, m -> m.readAt(at, max)))),
        Tuple.of(3, named("read from % ", percents, Machine::readFrom)),
        Tuple.of(3, named("look up ", timestamps, Machine::lookUp)));
  }

  private static Arbitrary<Named> appends(Arbitrary<Integer> timestamps) {
    return Combinators.combine(
            Arbitraries.of(Compression.NONE, Compression.NONE, Compression.LZ4, Compression.GZIP),
            timestamps.list().ofMinSize(1).ofMaxSize(6))
        .as((compression, times) ->
            new Named("append " + compression + times, m -> m.append(compression, times)));
  }

  private static Arbitrary<Named> just(String name, Operation operation) {
    return Arbitraries.just(new Named(name, operation));
  }

  /** An operation with a number. */
  private interface Numbered {
    void on(Machine machine, int number);
  }

  private static Arbitrary<Named> named(
      String name, Arbitrary<Integer> numbers, Numbered operation) {
    return numbers.map(number -> new Named(name + number, m -> operation.on(m, number)));
  }
}
