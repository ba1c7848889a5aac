package dev.varve.index;

import static dev.varve.index.HeapMemory.ALLOCATOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeIndexTest {
  @Test
  void entriesAreBigEndianAndRelativeToTheBase() {
    TimeIndex index = TimeIndex.growing(ALLOCATOR, 100, 10);
    index.append(0x0102_0304_0506_0708L, 109);
    index.append(Long.MAX_VALUE, 0x7fff_ffffL + 100);

    assertThat(HeapMemory.toHex(index.bytes()))
        .isEqualTo("010203040506070800000009" + "7fffffffffffffff7fffffff");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "target,               slot, offset",
        "-9223372036854775808,   -1,    100",
        "-1,                     -1,    100",
        "0,                      -1,    100",
        "999,                    -1,    100",
        "1000,                    0,    109",
        "1499,                    0,    109",
        "1500,                    1,    131",
        "1599,                    1,    131",
        "1600,                    2,    131",
        "9223372036854775807,     2,    131",
      },
      useHeadersInDisplayName = true)
  void lookupFindsTheGreatestTimestampAtOrBelowTheTarget(long target, int slot, long offset) {
    TimeIndex index = workedExample();

    assertThat(index.floorSlot(target)).isEqualTo(slot);
    assertThat(index.floorOffset(target)).isEqualTo(offset);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "offset,               entries, lastTimestamp, lastOffset",
        "-9223372036854775808,       0,            -1,         -1",
        "100,                        0,            -1,         -1",
        "109,                        0,            -1,         -1",
        "110,                        1,          1000,        109",
        "131,                        1,          1000,        109",
        "132,                        3,          1600,        131",
        "9223372036854775807,        3,          1600,        131",
      },
      useHeadersInDisplayName = true)
  void truncationTakesTheEntriesAtOrAboveTheOffset(
      long offset, int entries, long lastTimestamp, long lastOffset) {
    TimeIndex index = workedExample();

    index.truncateTo(offset);

    assertThat(index.entryCount()).isEqualTo(entries);
    assertThat(index.lastTimestamp()).isEqualTo(lastTimestamp);
    assertThat(index.lastOffset()).isEqualTo(lastOffset);
  }

  /** The sizes around the warm end (682 entries), its double, and around the first growths. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 340, 341, 342, 681, 682, 683, 684, 1365, 4000})
  void everyTargetIsFoundInAnIndexOfAnySize(int entries) {
    TimeIndex index = TimeIndex.growing(ALLOCATOR, 7, 4001);
    for (int slot = 0; slot < entries; slot++) {
      index.append(2L * slot + 2, 7 + slot);
    }

    for (int timestamp = 0; timestamp <= 2 * entries + 3; timestamp++) {
      assertThat(index.floorSlot(timestamp)).isEqualTo(Math.min(entries, timestamp / 2) - 1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1600, 1599, 0, -1, Long.MIN_VALUE})
  void timestampsNoGreaterThanTheLastAreDropped(long timestamp) {
    TimeIndex index = workedExample();

    assertThat(index.append(timestamp, 140)).isFalse();
    assertThat(index.entryCount()).isEqualTo(3);
  }

  @Test
  void timestampZeroIsOrdinaryAndMinusOneIsNone() {
    TimeIndex index = TimeIndex.growing(ALLOCATOR, 0, 10);

    assertThat(index.append(-1, 5)).isFalse();
    assertThat(index.append(0, 5)).isTrue();
    assertThat(index.timestamp(0)).isZero();
    assertThat(index.offset(0)).isEqualTo(5);
  }

  @Test
  void keepsASlotForTheClosingEntry() {
    TimeIndex index = TimeIndex.growing(ALLOCATOR, 0, 3);
    index.append(10, 1);
    assertThat(index.isFull()).isFalse();

    index.append(20, 2);
    assertThat(index.isFull()).isTrue();

    assertThat(index.append(30, 3)).isTrue();
    assertThatThrownBy(() -> index.append(40, 4)).isInstanceOf(IllegalStateException.class);
    assertThat(index.append(30, 4)).as("nothing to add").isFalse();
  }

  @Test
  void anIndexOpenedAgainUnderALowerLimitIsFullAndStillTakesTheClosingEntry() {
    TimeIndex index = TimeIndex.growing(ALLOCATOR, 100, 2, workedExample().bytes());

    assertThat(index.isFull()).isTrue();
    assertThat(index.append(2000, 150)).isTrue();
    assertThat(index.lastTimestamp()).isEqualTo(2000);
    assertThat(index.offset(3)).isEqualTo(150);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "offset,       complaint",
        "130,         'offset 130, expected from 131 to 2147483747'",
        "-1,          'offset -1, expected from 131 to 2147483747'",
        "2147483748,  'offset 2147483748, expected from 131 to 2147483747'",
      },
      useHeadersInDisplayName = true)
  void refusesOffsetsOutOfOrderOrRange(long offset, String complaint) {
    TimeIndex index = workedExample();

    assertThatThrownBy(() -> index.append(1700, offset))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(complaint);
    assertThat(index.entryCount()).isEqualTo(3);
  }

  @Test
  void theIndexOfASealedSegmentCannotBeChanged() {
    TimeIndex index = TimeIndex.over(workedExample().bytes(), 100);

    assertThat(index.lastTimestamp()).isEqualTo(1600);
    assertThatThrownBy(() -> index.append(1700, 140)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> index.truncateTo(0)).isInstanceOf(IllegalStateException.class);
    assertThat(index.bytes().isReadOnly()).isTrue();
  }

  @Test
  void refusesLimitsAndBasesThatMakeNoSense() {
    assertThatThrownBy(() -> TimeIndex.growing(ALLOCATOR, 0, 1))
        .hasMessage("at most 1 entries, expected a limit from 2 to 178956970");
    assertThatThrownBy(() -> TimeIndex.growing(ALLOCATOR, -1, 2))
        .hasMessage("base offset -1, expected 0 or more");
    assertThatThrownBy(() -> TimeIndex.over(MemorySegment.NULL, -5))
        .hasMessage("base offset -5, expected 0 or more");
  }

  private static TimeIndex workedExample() {
    TimeIndex index = TimeIndex.growing(ALLOCATOR, 100, 10);
    index.append(1000, 109);
    index.append(1500, 131);
    index.append(1600, 131);
    return index;
  }
}
