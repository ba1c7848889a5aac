package dev.varve.index;

import static dev.varve.index.HeapMemory.ALLOCATOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OffsetIndexTest {
  @Test
  void entriesAreBigEndianAndRelativeToTheBase() {
    OffsetIndex index = OffsetIndex.growing(ALLOCATOR, 100, 10);
    index.append(109, 4200);
    index.append(0x7fff_ffffL + 100, 0x0102_0304);

    assertThat(HeapMemory.toHex(index.bytes())).isEqualTo("0000000900001068" + "7fffffff01020304");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "target,               slot, position",
        "0,                      -1,        0",
        "99,                     -1,        0",
        "100,                    -1,        0",
        "108,                    -1,        0",
        "109,                     0,     4200",
        "114,                     0,     4200",
        "115,                     1,     8400",
        "130,                     1,     8400",
        "131,                     2,    12700",
        "9223372036854775807,     2,    12700",
        "-1,                     -1,        0",
        "-9223372036854775808,   -1,        0",
      },
      useHeadersInDisplayName = true)
  void lookupFindsTheGreatestEntryAtOrBelowTheTarget(long target, int slot, int position) {
    OffsetIndex index = workedExample();

    assertThat(index.floorSlot(target)).isEqualTo(slot);
    assertThat(index.floorPosition(target)).isEqualTo(position);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "offset,               entries, lastOffset",
        "-9223372036854775808,       0,         -1",
        "0,                          0,         -1",
        "100,                        0,         -1",
        "109,                        0,         -1",
        "110,                        1,        109",
        "115,                        1,        109",
        "116,                        2,        115",
        "131,                        2,        115",
        "132,                        3,        131",
        "9223372036854775807,        3,        131",
      },
      useHeadersInDisplayName = true)
  void truncationTakesTheEntriesAtOrAboveTheOffset(long offset, int entries, long lastOffset) {
    OffsetIndex index = workedExample();

    index.truncateTo(offset);

    assertThat(index.entryCount()).isEqualTo(entries);
    assertThat(index.lastOffset()).isEqualTo(lastOffset);
  }

  @Test
  void appendGoesOnAfterATruncation() {
    OffsetIndex index = workedExample();

    index.truncateTo(115);
    index.append(112, 4300);

    assertThat(index.offset(1)).isEqualTo(112);
    assertThat(index.position(1)).isEqualTo(4300);
    assertThat(index.entryCount()).isEqualTo(2);
  }

  /** The sizes around the warm end, its double, and around the first growths. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 511, 512, 513, 1023, 1024, 1025, 1026, 2048, 2049, 5000})
  void everyTargetIsFoundInAnIndexOfAnySize(int entries) {
    OffsetIndex index = OffsetIndex.growing(ALLOCATOR, 7, 5000);
    for (int slot = 0; slot < entries; slot++) {
      index.append(7 + 2L * slot + 2, 100 * slot + 100);
    }

    // Entries have the relative offsets 2, 4, 6, ...
    for (int relativeOffset = 0; relativeOffset <= 2 * entries + 3; relativeOffset++) {
      int slot = Math.min(entries, relativeOffset / 2) - 1;
      assertThat(index.floorSlot(7 + relativeOffset)).isEqualTo(slot);
      assertThat(index.floorPosition(7 + relativeOffset)).isEqualTo(100 * (slot + 1));
    }
  }

  @Test
  void isFullAtItsLimitAndNotBefore() {
    OffsetIndex index = OffsetIndex.growing(ALLOCATOR, 0, 3);
    index.append(1, 61);
    index.append(2, 122);
    assertThat(index.isFull()).isFalse();

    index.append(3, 183);

    assertThat(index.isFull()).isTrue();
    assertThatThrownBy(() -> index.append(4, 244))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("3 entries");
    assertThat(index.entryCount()).isEqualTo(3);
  }

  @Test
  void anIndexOpenedAgainGoesOnWhereItEnded() {
    MemorySegment written = workedExample().bytes();

    OffsetIndex index = OffsetIndex.growing(ALLOCATOR, 100, 10, written);
    index.append(140, 16900);

    assertThat(index.entryCount()).isEqualTo(4);
    assertThat(index.floorPosition(139)).isEqualTo(12700);
    assertThat(index.floorPosition(140)).isEqualTo(16900);
    assertThat(written.byteSize()).isEqualTo(3 * 8);
  }

  @Test
  void anIndexOpenedAgainUnderALowerLimitKeepsItsEntriesAndIsFull() {
    OffsetIndex index = OffsetIndex.growing(ALLOCATOR, 100, 2, workedExample().bytes());

    assertThat(index.isFull()).isTrue();
    assertThat(index.entryCount()).isEqualTo(3);
    index.truncateTo(115);
    assertThat(index.isFull()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "offset,     position, complaint",
        "131,           12800, 'offset 131, expected above 131 and at most 2147483747'",
        "99,            12800, 'offset 99, expected above 131'",
        "-1,            12800, 'offset -1, expected above 131'",
        "2147483748,    12800, 'offset 2147483748, expected above 131 and at most 2147483747'",
        "132,           12700, 'position 12700, expected above 12700'",
        "132,               0, 'position 0, expected above 12700'",
        "132,              -1, 'position -1, expected above 12700'",
      },
      useHeadersInDisplayName = true)
  void refusesWhatIsOutOfOrderOrRange(long offset, int position, String complaint) {
    OffsetIndex index = workedExample();

    assertThatThrownBy(() -> index.append(offset, position))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(complaint);
    assertThat(index.entryCount()).isEqualTo(3);
  }

  @Test
  void theIndexOfASealedSegmentCannotBeChanged() {
    OffsetIndex index = OffsetIndex.over(workedExample().bytes(), 100);

    assertThat(index.isFull()).isTrue();
    assertThatThrownBy(() -> index.append(200, 20000)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> index.truncateTo(0)).isInstanceOf(IllegalStateException.class);
    assertThat(index.bytes().isReadOnly()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void slotsThatAreNotThereAreRefused(int slot) {
    OffsetIndex index = workedExample();

    assertThatThrownBy(() -> index.offset(slot)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> index.position(slot)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void refusesLimitsAndBasesThatMakeNoSense() {
    assertThatThrownBy(() -> OffsetIndex.growing(ALLOCATOR, 0, 0))
        .hasMessage("at most 0 entries, expected a limit from 1 to 268435455");
    assertThatThrownBy(() -> OffsetIndex.growing(ALLOCATOR, -1, 1))
        .hasMessage("base offset -1, expected 0 or more");
    assertThatThrownBy(() -> OffsetIndex.over(MemorySegment.NULL, -5))
        .hasMessage("base offset -5, expected 0 or more");
  }

  @Test
  void memoryGrowsByDoublingFromAPage() {
    long[] allocatedBytes = new long[1];
    OffsetIndex index =
        OffsetIndex.growing(
            (byteSize, byteAlignment) -> {
              allocatedBytes[0] += byteSize;
              return ALLOCATOR.allocate(byteSize, byteAlignment);
            },
            0,
            1500);
    assertThat(allocatedBytes[0]).isEqualTo(4096);

    for (int slot = 0; slot < 1500; slot++) {
      index.append(slot + 1, slot + 1);
    }

    assertThat(allocatedBytes[0]).isEqualTo(4096 + 8192 + 1500 * 8);
  }

  @Test
  void lookupsAfterTheMemoryIsFreedAreRefused() {
    OffsetIndex index;
    try (Arena arena = Arena.ofConfined()) {
      index = OffsetIndex.growing(arena, 0, 10);
      index.append(1, 61);
    }

    assertThatThrownBy(() -> index.floorPosition(1)).isInstanceOf(IllegalStateException.class);
  }

  private static OffsetIndex workedExample() {
    OffsetIndex index = OffsetIndex.growing(ALLOCATOR, 100, 10);
    index.append(109, 4200);
    index.append(115, 8400);
    index.append(131, 12700);
    return index;
  }
}
