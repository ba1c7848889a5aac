package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "none",
        "gzip",
        "gzip:1",
        "gzip:9",
        "snappy",
        "lz4",
        "lz4:17",
        "zstd",
        "zstd:-131072",
        "zstd:22"
      })
  void whatIsPrintedIsWhatIsParsed(String text) {
    assertThat(Compression.parse(text)).hasToString(text);
  }

  @Test
  void theDefaultLevelIsNotPrinted() {
    assertThat(Compression.parse("zstd:3")).isEqualTo(Compression.ZSTD).hasToString("zstd");
    assertThat(Compression.parse("lz4:9")).isEqualTo(Compression.LZ4).hasToString("lz4");
    assertThat(Compression.parse("gzip:-1")).isEqualTo(Compression.GZIP).hasToString("gzip");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip:0       | gzip level 0, expected 1 to 9",
        "gzip:10      | gzip level 10, expected 1 to 9",
        "lz4:0        | lz4 level 0, expected 1 to 17",
        "lz4:18       | lz4 level 18, expected 1 to 17",
        "zstd:23      | zstd level 23, expected -131072 to 22",
        "zstd:-131073 | zstd level -131073, expected -131072 to 22",
        "snappy:1     | snappy level 1, expected 0 to 0",
        "ZSTD         | compression \"ZSTD\", expected none, gzip, snappy, lz4 or zstd",
        "zstd:        | compression level in \"zstd:\", expected an integer after the colon",
        "zstd:high    | compression level in \"zstd:high\", expected an integer after the colon",
      })
  void whatIsNoCompressionIsRefused(String text, String message) {
    assertThatThrownBy(() -> Compression.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void codecsHaveTheNumbersOfTheFormat() {
    assertThat(Codec.values()).extracting(Codec::id).containsExactly(0, 1, 2, 3, 4);
    assertThat(Codec.forId(4)).isEqualTo(Codec.ZSTD);
    assertThatThrownBy(() -> Codec.forId(5)).hasMessage("codec 5, expected 0 to 4");
  }
}
