package dev.varve.log.record;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.record.BatchCodec.MalformedStreamException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BatchCodecTest {

  private static final int MIB = 1 << 20;
  private static final byte[] HELLO = "hello".getBytes(US_ASCII);

  /** Where a stream lies in its buffer: not at the start, as in a batch. */
  private static final int AT = RecordBatch.HEADER_BYTES;

  private final ScratchMemory target = new ScratchMemory(1);

  @ParameterizedTest
  @CsvSource({
    "LZ4,    04224d1860408205000080" + "68656c6c6f" + "00000000",
    "SNAPPY, 82534e41505059000000000100000001" + "00000007" + "051068656c6c6f",
    "ZSTD,   28b52ffd2005290000" + "68656c6c6f",
    "GZIP,   1f8b08000000000000ff" + "cb48cdc9c90700" + "86a6103605000000",
  })
  void streamsAreWrittenAsKafkaWritesThem(Codec codec, String hex) {
    assertThat(HexFormat.of().formatHex(compressed(Compression.of(codec), HELLO))).isEqualTo(hex);
  }

  static List<Arguments> streamsOfOtherWriters() {
    String gzip = "1f8b08000000000000ffcb48cdc9c9070086a6103605000000";
    String snappy = "82534e41505059000000000100000001";
    return List.of(
        Arguments.of(
            "gzip with every optional part",
            Codec.GZIP,
            "1f8b081e0000000000ff03006162636e616d6500636f6d6d656e74000000cb48cdc9c9070086a6103605000000"),
        Arguments.of(
            "gzip of two members",
            Codec.GZIP,
            "1f8b08000000000000ffcb48cd01001bf10be503000000"
                + "1f8b08000000000000ffcbc907009d4a9c5502000000"),
        Arguments.of("gzip and noise", Codec.GZIP, gzip + "01".repeat(25)),
        Arguments.of(
            "lz4 with the content's checksum",
            Codec.LZ4,
            "04224d186440a70500008068656c6c6f00000000f97700fb"),
        Arguments.of(
            "lz4 with all checksums, in the largest blocks",
            Codec.LZ4,
            "04224d1874708e0500008068656c6c6ff97700fb00000000f97700fb"),
        Arguments.of(
            "lz4 with the content's size",
            Codec.LZ4,
            "04224d187c400500000000000000030500008068656c6c6ff97700fb00000000f97700fb"),
        Arguments.of("zstd with checksum", Codec.ZSTD, "28b52ffd240529000068656c6c6fa36d9f88"),
        Arguments.of("zstd without size", Codec.ZSTD, "28b52ffd005829000068656c6c6f"),
        Arguments.of(
            "zstd of two frames",
            Codec.ZSTD,
            "28b52ffd200319000068656c" + "28b52ffd20021100006c6f"),
        Arguments.of("snappy without framing", Codec.SNAPPY, "051068656c6c6f"),
        Arguments.of(
            "snappy of two streams",
            Codec.SNAPPY,
            snappy + "00000005" + "030868656c" + snappy + "00000004" + "02046c6f"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("streamsOfOtherWriters")
  void streamsOfOtherWritersAreRead(String name, Codec codec, String hex) throws Exception {
    assertThat(decompressed(codec, HexFormat.of().parseHex(hex), MIB)).as(name).isEqualTo(HELLO);
    // Once more without room, so that zstd has to stream.
    assertThat(decompressed(codec, HexFormat.of().parseHex(hex), HELLO.length)).isEqualTo(HELLO);
  }

  static List<Arguments> malformedStreams() {
    String snappy = "82534e41505059000000000100000001";
    return List.of(
        Arguments.of(Codec.GZIP, "", "no gzip header"),
        Arguments.of(Codec.GZIP, "1f8b0800", "no gzip header"),
        Arguments.of(Codec.GZIP, "1f8b08e00000000000ffcb48cdc9c90700", "no gzip header"),
        Arguments.of(Codec.GZIP, "1f8b08000000000000ffcb48cd", "an unfinished member"),
        Arguments.of(Codec.GZIP, "1f8b08000000000000ffcb48cdc9c9070086a6", "2 bytes of trailer"),
        Arguments.of(
            Codec.GZIP,
            "1f8b08000000000000ffcb48cdc9c9070086a6103605000001",
            "a wrong checksum or size"),
        Arguments.of(
            Codec.GZIP,
            "1f8b08000000000000ffcb48cdc9c9070086a6103705000000",
            "a wrong checksum or size"),
        Arguments.of(Codec.GZIP, "1f8b08000000000000ffffffff", "damaged data"),
        Arguments.of(Codec.LZ4, "", "no lz4 frame"),
        Arguments.of(Codec.LZ4, "04224d19604082" + "00000000", "no lz4 frame"),
        Arguments.of(Codec.LZ4, "04224d18604083" + "00000000", "frame header checksum"),
        Arguments.of(Codec.LZ4, "04224d18404082" + "00000000", "frame flags 1000000"),
        Arguments.of(Codec.LZ4, "04224d18a04082" + "00000000", "frame flags 10100000"),
        Arguments.of(Codec.LZ4, "04224d18614082" + "00000000", "frame flags 1100001"),
        Arguments.of(Codec.LZ4, "04224d18603082" + "00000000", "block descriptor 110000"),
        Arguments.of(Codec.LZ4, "04224d18604182" + "00000000", "block descriptor 1000001"),
        Arguments.of(Codec.LZ4, "04224d1860c082" + "00000000", "block descriptor 11000000"),
        Arguments.of(Codec.LZ4, "04224d18604082" + "0000", "a cut frame"),
        Arguments.of(Codec.LZ4, "04224d1868408200000000", "a cut frame header"),
        Arguments.of(Codec.LZ4, "04224d18604082" + "05000080" + "6865", "a block of 5 bytes"),
        Arguments.of(
            Codec.LZ4, "04224d18604082" + "ffffff7f" + "6865", "a block of 2147483647 bytes"),
        Arguments.of(
            Codec.LZ4, "04224d18604082" + "02000000" + "ffff" + "00000000", "a damaged block"),
        Arguments.of(Codec.LZ4, "04224d18604082" + "00000000" + "00", "1 bytes behind the frame"),
        Arguments.of(
            Codec.LZ4,
            "04224d1874708e0500008068656c6c6ff97700fc00000000f97700fb",
            "block checksum"),
        Arguments.of(Codec.ZSTD, "28b52ffd2005", "damage"),
        Arguments.of(Codec.ZSTD, "28b52ffe200529000068656c6c6f", "damage"),
        Arguments.of(Codec.ZSTD, "28b52ffd240529000068656c6c6fa36d9f89", "damage"),
        Arguments.of(Codec.SNAPPY, "", "damage"),
        Arguments.of(Codec.SNAPPY, snappy + "000000", "3 bytes of a block's length"),
        Arguments.of(Codec.SNAPPY, snappy + "00000000", "a block of 0 bytes"),
        Arguments.of(Codec.SNAPPY, snappy + "ffffffff", "a block of -1 bytes"),
        Arguments.of(Codec.SNAPPY, snappy + "00000008051068656c6c6f", "a block of 8 bytes"),
        Arguments.of(Codec.SNAPPY, snappy + "00000006051068656c6c", "damage"),
        Arguments.of(Codec.SNAPPY, "82534e41505059000000000200000002", "version 2"));
  }

  @ParameterizedTest
  @MethodSource("malformedStreams")
  void malformedStreamsAreRefused(Codec codec, String hex, String found) {
    assertThatThrownBy(() -> decompressed(codec, HexFormat.of().parseHex(hex), MIB))
        .isInstanceOf(MalformedStreamException.class)
        .hasMessageContaining("found " + found);
  }

  @ParameterizedTest
  @CsvSource({
    // 2 GiB, with hardly a byte behind the claim
    "ZSTD,   28b52ffde0" + "0000008000000000" + "290000" + "68656c6c6f",
    "SNAPPY, ffffffff07" + "1068656c6c6f",
    "SNAPPY, 82534e41505059000000000100000001" + "0000000b" + "ffffffff07" + "1068656c6c6f",
  })
  void aClaimOfTwoGibibytesIsNotBelieved(Codec codec, String hex) {
    assertThatThrownBy(() -> decompressed(codec, HexFormat.of().parseHex(hex), 1 << 30))
        .isInstanceOf(MalformedStreamException.class);
    assertThat(target.capacityBytes()).isLessThan(MIB);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aSmallStreamThatInflatesPastTheLimitIsRefusedAtTheLimit(Codec codec) {
    byte[] bomb = compressed(Compression.of(codec), new byte[64 * MIB]);
    assertThat(bomb.length).isLessThan(4 * MIB);

    assertThatThrownBy(() -> decompressed(codec, bomb, MIB))
        .isInstanceOf(MalformedStreamException.class)
        .hasMessage("found records that inflate to more, expected at most 1048576 bytes");
    assertThat(target.capacityBytes()).isLessThan(4 * MIB);
  }

  static Stream<Arguments> codecsAndSizes() {
    return Stream.of(Codec.GZIP, Codec.SNAPPY, Codec.LZ4, Codec.ZSTD)
        .flatMap(codec ->
            IntStream.of(1, 4095, 4096, 32767, 32768, 32769, 65535, 65536, 65537, 200_000)
                .mapToObj(size -> Arguments.of(codec, size)));
  }

  @ParameterizedTest
  @MethodSource("codecsAndSizes")
  void noiseAndZerosOfAllSizesComeBackAndFitTheirLimitExactly(Codec codec, int sizeBytes)
      throws Exception {
    for (byte[] plain : List.of(RecordArbitraries.noise(sizeBytes), new byte[sizeBytes])) {
      byte[] packed = compressed(Compression.of(codec), plain);
      assertThat(decompressed(codec, packed, sizeBytes)).isEqualTo(plain);
      assertThatThrownBy(() -> decompressed(codec, packed, sizeBytes - 1))
          .isInstanceOf(MalformedStreamException.class);
    }
  }

  @Test
  void nothingIsACodecForNone() {
    assertThatThrownBy(() -> BatchCodecs.open(Compression.NONE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] compressed(Compression compression, byte[] plain) {
    ScratchMemory packed = new ScratchMemory(AT);
    int sizeBytes =
        BatchCodecs.open(compression).compress(scratch(plain), AT, plain.length, packed, AT);
    return packed.segment().asSlice(AT, sizeBytes).toArray(ValueLayout.JAVA_BYTE);
  }

  private byte[] decompressed(Codec codec, byte[] packed, int sizeBytesMax)
      throws MalformedStreamException {
    int sizeBytes =
        BatchCodecs.open(Compression.of(codec))
            .decompress(scratch(packed), AT, packed.length, target, sizeBytesMax);
    return target.segment().asSlice(0, sizeBytes).toArray(ValueLayout.JAVA_BYTE);
  }

  private static ScratchMemory scratch(byte[] content) {
    ScratchMemory scratch = new ScratchMemory(AT + content.length);
    MemorySegment.copy(content, 0, scratch.segment(), ValueLayout.JAVA_BYTE, AT, content.length);
    return scratch;
  }
}
