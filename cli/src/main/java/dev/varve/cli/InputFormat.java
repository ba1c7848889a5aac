package dev.varve.cli;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Makes a record of a line. */
interface InputFormat {
  /** The formats by the names that the user gives. */
  enum Name {
    LINES,
    TSV,
    JSON;

    InputFormat open(LongSupplier clock) {
      return switch (this) {
        case LINES -> new Lines(clock);
        case TSV -> new Tsv();
        case JSON -> new JsonInput(clock);
      };
    }

    @Override
    public String toString() {
      return switch (this) {
        case LINES -> "lines";
        case TSV -> "tsv";
        case JSON -> "json";
      };
    }
  }

  /** Fills the record from the bytes {@code [from, end)}. */
  void parse(byte[] bytes, int from, int end, InputRecord into)
      throws MalformedLineException, IOException;

  /** The line is the value, the time is now, there is no key. */
  final class Lines implements InputFormat {
    private final LongSupplier clock;

    Lines(LongSupplier clock) {
      this.clock = clock;
    }

    @Override
    public void parse(byte[] bytes, int from, int end, InputRecord into) {
      into.timestamp = clock.getAsLong();
      into.key = null;
      into.value = MemorySegment.ofArray(bytes).asSlice(from, end - from);
    }
  }

  /**
   * {@code timestamp<TAB>key<TAB>value}: an empty key is no key, an empty value a tombstone,
   * further tabs belong to the value.
   */
  final class Tsv implements InputFormat {
    private static final String EXPECTED = "timestamp<TAB>key<TAB>value";
    private static final int SHOWN_BYTES_MAX = 60;
    private static final int TIMESTAMP_DIGITS_MAX = 18;

    @Override
    public void parse(byte[] bytes, int from, int end, InputRecord into)
        throws MalformedLineException {
      int keyFrom = tab(bytes, from, end) + 1;
      int valueFrom = keyFrom == 0 ? 0 : tab(bytes, keyFrom, end) + 1;
      if (valueFrom == 0) {
        throw new MalformedLineException(
            shown(bytes, from, end) + " with " + (keyFrom == 0 ? "no tab" : "one tab"), EXPECTED);
      }
      into.timestamp = timestamp(bytes, from, keyFrom - 1);
      MemorySegment memory = MemorySegment.ofArray(bytes);
      into.key = sliceOrNull(memory, keyFrom, valueFrom - 1);
      into.value = sliceOrNull(memory, valueFrom, end);
    }

    private static @Nullable MemorySegment sliceOrNull(MemorySegment memory, int from, int end) {
      return from == end ? null : memory.asSlice(from, end - from);
    }

    private static int tab(byte[] bytes, int from, int end) {
      for (int at = from; at < end; at++) {
        if (bytes[at] == '\t') {
          return at;
        }
      }
      return -1;
    }

    /** Only the digits that {@code cat} would print, so that what comes out is what went in. */
    private static long timestamp(byte[] bytes, int from, int end) throws MalformedLineException {
      int digits = end - from;
      if (digits == 2 && bytes[from] == '-' && bytes[from + 1] == '1') {
        return -1;
      }
      boolean sound = digits > 0 && digits <= TIMESTAMP_DIGITS_MAX;
      sound &= digits == 1 || (sound && bytes[from] != '0');
      long timestamp = 0;
      for (int at = from; sound && at < end; at++) {
        int digit = bytes[at] - '0';
        sound = digit >= 0 && digit <= 9;
        timestamp = timestamp * 10 + digit;
      }
      if (!sound) {
        throw new MalformedLineException(
            "timestamp " + shown(bytes, from, end),
            "milliseconds since 1970 in decimal digits, or -1 for none");
      }
      return timestamp;
    }

    private static String shown(byte[] bytes, int from, int end) {
      int length = Math.min(end - from, SHOWN_BYTES_MAX);
      String text = new String(bytes, from, length, StandardCharsets.UTF_8);
      String cut = length < end - from ? "..." : "";
      return '"' + text.replace("\t", "\\t").replaceAll("\\p{Cntrl}", "?") + cut + '"';
    }
  }
}
