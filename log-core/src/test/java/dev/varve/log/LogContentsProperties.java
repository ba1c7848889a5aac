package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.error.CorruptLogException;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Opening succeeds on any contents, and reading fails in no way but the documented one. */
class LogContentsProperties {
  private static final List<Kind> KINDS = List.of(Kind.values());

  @Property(tries = 80)
  void anyContentsOpenAndReadOrAreReportedAsDamage(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int changes) throws IOException {
    Path root = Files.createTempDirectory("varve-contents");
    Random random = new Random(seed);
    try (LogFixture fixture = LogFixture.open(root)) {
      for (int i = 0; i < 12; i++) {
        if (random.nextInt(4) == 0) {
          fixture.roll();
        }
        fixture.append("k" + i);
      }
      if (random.nextBoolean()) {
        fixture.kill();
      }
      fixture.shut();
      for (int i = 0; i < changes; i++) {
        change(fixture, random);
      }
      for (int i = 0; i < 2; i++) {
        fixture.reopen();
        readAll(fixture);
        fixture.append("after " + i).roll().append("later " + i);
        long end = fixture.log().offsets().endOffset();
        assertThat(fixture.keys(end - 2)).containsExactly("after " + i, "later " + i);
      }
    } finally {
      LogFixture.deleteTree(root);
    }
  }

  private static void change(LogFixture fixture, Random random) {
    List<String> names = fixture.names();
    if (names.isEmpty()) {
      return;
    }
    String name = names.get(random.nextInt(names.size()));
    byte[] bytes = fixture.bytes(name);
    switch (random.nextInt(7)) {
      case 0 -> fixture.deleteFile(name);
      case 1 -> fixture.truncate(name, random.nextInt(bytes.length + 1));
      case 2 -> fixture.extend(name, noise(random));
      case 3 -> fixture.extend(name, new byte[random.nextInt(300)]);
      case 4 -> fixture.write(name, noise(random));
      case 5 ->
          fixture.write(
              LogFixture.name(random.nextInt(20), KINDS.get(random.nextInt(KINDS.size()))), bytes);
      default -> {
        if (bytes.length > 0) {
          int at = random.nextInt(bytes.length);
          fixture.flip(name, at, 1 << random.nextInt(8));
        }
      }
    }
  }

  private static byte[] noise(Random random) {
    byte[] noise = new byte[random.nextInt(300)];
    random.nextBytes(noise);
    return noise;
  }

  private static void readAll(LogFixture fixture) {
    LogOffsets offsets = fixture.log().offsets();
    for (long offset = offsets.startOffset();
        offset < Math.min(offsets.endOffset(), offsets.startOffset() + 40);
        offset++) {
      try (LogReader reader = fixture.log().reader(offset)) {
        while (reader.next()) {
          assertThat(reader.record().offset()).isBetween(offset, offsets.endOffset());
        }
      } catch (CorruptLogException e) {
        assertThat(e).hasMessageContaining("found").hasMessageContaining("expected");
      }
      try (PinnedBatches batches = fixture.log().read(offset, 200)) {
        while (batches.next()) {
          assertThat(batches.batch().lastOffset()).isGreaterThanOrEqualTo(offset);
        }
      } catch (CorruptLogException e) {
        assertThat(e.position()).isNotNegative();
      }
    }
    try {
      fixture.log().offsetForTimestamp(LogFixture.START_MILLIS);
    } catch (CorruptLogException e) {
      assertThat(e.file()).endsWith(".log");
    }
    assertThat(fixture.log().segments()).isNotEmpty();
  }
}
