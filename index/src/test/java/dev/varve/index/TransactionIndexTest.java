package dev.varve.index;

import static dev.varve.index.HeapMemory.ALLOCATOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionIndexTest {
  @Test
  void entriesAreBigEndianAndAbsolute() {
    TransactionIndex index = TransactionIndex.growing(ALLOCATOR, 100);
    index.append(new AbortedTransaction(0x0102, 7, 112, 0x71));

    assertThat(HeapMemory.toHex(index.bytes()))
        .isEqualTo(
            "0000"
                + "0000000000000102"
                + "0000000000000007"
                + "0000000000000070"
                + "0000000000000071");
  }

  /**
   * Producer 1 began at 10 and was aborted at 110, while producer 3 was open from 50 on; producer 2
   * 120 to 130, still beside producer 3; producer 3 was aborted at 150, when all was done.
   */
  @ParameterizedTest
  @CsvSource(
      value = {
        "fetch, upperBound, producers, goesOn",
        "100,          110,     '1 3', false",
        "100,          120,     '1 3', false",
        "100,          121,   '1 2 3', false",
        "110,          111,     '1 3', false",
        "111,          112,         3, false",
        "130,          131,     '2 3', false",
        "131,          151,         3, false",
        "131,          152,         3, true",
        "150,          151,         3, false",
        "151,          152,        '', true",
        "100,         1000,   '1 2 3', true",
        "0,              5,        '', false",
        "0,             10,        '', false",
        "0,             11,         1, false",
        "0,             50,         1, false",
      },
      useHeadersInDisplayName = true)
  void collectsWhatOverlapsTheRange(long fetch, long upperBound, String producers, boolean goesOn) {
    TransactionIndex index = TransactionIndex.growing(ALLOCATOR, 100);
    index.append(new AbortedTransaction(1, 10, 110, 50));
    index.append(new AbortedTransaction(2, 120, 130, 50));
    index.append(new AbortedTransaction(3, 50, 150, 151));

    List<AbortedTransaction> aborted = new ArrayList<>();
    boolean next = index.collectAborted(fetch, upperBound, aborted);

    assertThat(aborted.stream().map(transaction -> "" + transaction.producerId()))
        .containsExactly(producers.isEmpty() ? new String[0] : producers.split(" ", -1));
    assertThat(next).isEqualTo(goesOn);
  }

  @Test
  void anEmptyIndexSaysGoOn() {
    List<AbortedTransaction> aborted = new ArrayList<>();

    assertThat(TransactionIndex.over(MemorySegment.NULL, 5).collectAborted(0, 10, aborted))
        .isTrue();
    assertThat(aborted).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "offset, entries",
        "0,            0",
        "110,          0",
        "111,          1",
        "130,          1",
        "131,          2",
        "1000,         2",
      },
      useHeadersInDisplayName = true)
  void truncationTakesTheMarkersAtOrAboveTheOffset(long offset, int entries) {
    TransactionIndex index = TransactionIndex.growing(ALLOCATOR, 100);
    index.append(new AbortedTransaction(1, 10, 110, 111));
    index.append(new AbortedTransaction(2, 120, 130, 131));

    index.truncateTo(offset);

    assertThat(index.entryCount()).isEqualTo(entries);
  }

  @Test
  void aPartialEntryAtTheEndIsIgnored() {
    TransactionIndex index = TransactionIndex.growing(ALLOCATOR, 0);
    index.append(new AbortedTransaction(1, 10, 110, 111));
    index.append(new AbortedTransaction(2, 120, 130, 131));
    MemorySegment cut = index.bytes().asSlice(0, 2 * TransactionIndex.ENTRY_BYTES - 1);

    assertThat(TransactionIndex.over(cut, 0).entryCount()).isEqualTo(1);
    TransactionIndex reopened = TransactionIndex.growing(ALLOCATOR, 0, cut);
    reopened.append(new AbortedTransaction(3, 115, 125, 126));
    assertThat(reopened.transaction(0)).isEqualTo(new AbortedTransaction(1, 10, 110, 111));
    assertThat(reopened.transaction(1)).isEqualTo(new AbortedTransaction(3, 115, 125, 126));
    assertThat(reopened.entryCount()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "first, last, stable, complaint",
        "10,     110,    111, 'marker at offset 110, expected above 110'",
        "10,      99,    100, 'marker at offset 99, expected above 110'",
        "121,    120,    121, 'first offset 121, expected from 0 to the marker''s 120'",
        "-1,     120,    121, 'first offset -1, expected from 0'",
        "115,    120,    122, 'last stable offset 122, expected from 0 to the one behind the"
            + " marker, 121'",
        "115,    120,     -1, 'last stable offset -1, expected from 0'",
      },
      useHeadersInDisplayName = true)
  void refusesWhatIsOutOfOrderOrRange(long first, long last, long stable, String complaint) {
    TransactionIndex index = TransactionIndex.growing(ALLOCATOR, 100);
    index.append(new AbortedTransaction(1, 10, 110, 111));

    assertThatThrownBy(() -> index.append(new AbortedTransaction(1, first, last, stable)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(complaint);
    assertThat(index.entryCount()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1})
  void slotsThatAreNotThereAreRefused(int slot) {
    TransactionIndex index = TransactionIndex.growing(ALLOCATOR, 100);

    assertThatThrownBy(() -> index.transaction(slot)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
