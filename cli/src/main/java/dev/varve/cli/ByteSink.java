package dev.varve.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A large buffer before an output stream, filled with bytes, numbers and hexadecimal digits without
 * a string for each. That the stream cannot be written to is told by {@link OutputClosedException}.
 */
final class ByteSink extends OutputStream {
  private static final int BUFFER_BYTES = 256 << 10;

  /** The longest number in decimal digits, with its sign. */
  private static final int NUMBER_BYTES_MAX = 20;

  private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final OutputStream out;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int length;

  ByteSink(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) {
    room(1);
    buffer[length++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int from, int count) {
    put(MemorySegment.ofArray(bytes), from, count);
  }

  /** Adds ASCII characters. */
  ByteSink put(String ascii) {
    for (int i = 0; i < ascii.length(); i++) {
      write(ascii.charAt(i));
    }
    return this;
  }

  ByteSink put(char ascii) {
    write(ascii);
    return this;
  }

  /** Adds bytes of memory. */
  ByteSink put(MemorySegment memory, long position, int count) {
    int done = 0;
    while (done < count) {
      room(1);
      int part = Math.min(count - done, buffer.length - length);
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, position + done, buffer, length, part);
      length += part;
      done += part;
    }
    return this;
  }

  /** Adds bytes of memory as hexadecimal digits. */
  ByteSink putHex(MemorySegment memory, long position, int count) {
    for (int i = 0; i < count; i++) {
      room(2);
      int b = memory.get(ValueLayout.JAVA_BYTE, position + i);
      buffer[length++] = DIGITS[(b >> 4) & 0xf];
      buffer[length++] = DIGITS[b & 0xf];
    }
    return this;
  }

  /** Adds a number in decimal digits. */
  ByteSink put(long number) {
    room(NUMBER_BYTES_MAX);
    if (number == Long.MIN_VALUE) {
      return put(Long.toString(number)); // has no positive counterpart
    }
    long rest = number;
    if (rest < 0) {
      buffer[length++] = '-';
      rest = -rest;
    }
    int digits = digits(rest);
    for (int at = length + digits - 1; at >= length; at--) {
      buffer[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
    return this;
  }

  private static int digits(long number) {
    int digits = 1;
    for (long rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return digits;
  }

  private void room(int bytes) {
    if (buffer.length - length < bytes) {
      drain();
    }
  }

  private void drain() {
    try {
      out.write(buffer, 0, length);
      length = 0;
    } catch (IOException e) {
      length = 0;
      throw new OutputClosedException(e);
    }
  }

  @Override
  public void flush() {
    drain();
    try {
      out.flush();
    } catch (IOException e) {
      throw new OutputClosedException(e);
    }
  }

  /** Flushes; the stream itself belongs to the process. */
  @Override
  public void close() {
    flush();
  }
}
