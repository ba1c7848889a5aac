package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers of all sizes, against the definition of the encoding. */
class VarintTest {
  private static final int POSITION = 3;

  /** Zero, and both sides of each power of two, positive and negative. */
  static LongStream longs() {
    return LongStream.concat(
        LongStream.of(0, Long.MIN_VALUE, Long.MAX_VALUE),
        LongStream.range(0, Long.SIZE - 1)
            .map(bit -> 1L << bit)
            .flatMap(power -> LongStream.of(power - 1, power, power + 1))
            .flatMap(number -> LongStream.of(number, -number)));
  }

  static LongStream ints() {
    return longs().filter(number -> number == (int) number);
  }

  @ParameterizedTest
  @MethodSource("longs")
  void longsAreWrittenAsDefined(long number) {
    byte[] expected = encoded(BigInteger.valueOf(number));
    byte[] array = new byte[POSITION + Varint.LONG_BYTES_MAX];
    assertThat(Varint.sizeBytes(number)).isEqualTo(expected.length);
    assertThat(Varint.put(array, POSITION, number)).isEqualTo(POSITION + expected.length);
    assertThat(Arrays.copyOfRange(array, POSITION, POSITION + expected.length)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("ints")
  void intsAreWrittenAsDefined(long number) {
    byte[] expected = encoded(BigInteger.valueOf(number));
    byte[] array = new byte[POSITION + Varint.BYTES_MAX];
    assertThat(Varint.sizeBytes((int) number)).isEqualTo(expected.length);
    assertThat(Varint.put(array, POSITION, (int) number)).isEqualTo(POSITION + expected.length);
    assertThat(Arrays.copyOfRange(array, POSITION, POSITION + expected.length)).isEqualTo(expected);
  }

  /** Zig-zag, then seven bits a byte, the least significant first. */
  private static byte[] encoded(BigInteger number) {
    BigInteger rest =
        number.signum() < 0
            ? number.negate().shiftLeft(1).subtract(BigInteger.ONE)
            : number.shiftLeft(1);
    byte[] bytes = new byte[Math.max(1, (rest.bitLength() + 6) / 7)];
    for (int i = 0; i < bytes.length; i++) {
      int more = i < bytes.length - 1 ? 0x80 : 0;
      bytes[i] = (byte) ((rest.shiftRight(7 * i).intValue() & 0x7f) | more);
    }
    return bytes;
  }
}
