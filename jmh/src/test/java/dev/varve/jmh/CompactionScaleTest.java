package dev.varve.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.compaction.CompactionResult;
import dev.varve.jmh.CompactedRecords.Choice;
import dev.varve.log.record.Compression;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** It measures; the figures mean nothing. */
class CompactionScaleTest {
  /** More than fit into a segment, or nothing could be compacted. */
  private static final int RECORDS = 700_000;

  @Test
  void varveAndKafkaAreMeasuredAndKeepAsMuch() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CompactionSpeed speed =
        new CompactionSpeed(new CompactedRecords(RECORDS, 1000, Choice.SKEWED), Compression.NONE);
    speed.measure(1, new PrintStream(out, true, StandardCharsets.UTF_8));
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("VARVE", "KAFKA", "1000 of ");
    assertThat(speed.toString()).startsWith("NONE  SKEWED");
  }

  @Test
  void manyKeysAreCheckedOneByOne() {
    CompactedRecords records = new CompactedRecords(RECORDS, 100_000, Choice.ALL_FIRST);
    CompactionManyKeys.Figures figures = new CompactionManyKeys(records, 1 << 18).measure();
    assertThat(figures.results()).hasSizeGreaterThan(1);
    assertThat(figures.results()).last().extracting(CompactionResult::complete).isEqualTo(true);
    assertThat(figures.toString()).contains("passes");
  }
}
