package dev.varve.tidy.bad;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/** One method for each thing that is banned, named after what is wrong with it. */
@SuppressWarnings("unused")
final class BannedCalls {
  private static final FileChannel.MapMode MODE = FileChannel.MapMode.READ_ONLY;

  String format(int number) {
    return String.format("%d", number);
  }

  String formatted(int number) {
    return "%d".formatted(number);
  }

  void printf(int number) {
    System.out.printf("%d", number);
  }

  UnaryOperator<String> lowerCaseByReference() {
    return String::toLowerCase;
  }

  long wallClock() {
    return System.currentTimeMillis();
  }

  LongSupplier nanoTimeByReference() {
    return System::nanoTime;
  }

  Instant now() {
    return Instant.now();
  }

  LocalDate today() {
    return LocalDate.now(ZoneOffset.UTC);
  }

  InstantSource systemClock() {
    return Clock.systemUTC();
  }

  void sleep() throws InterruptedException {
    Thread.sleep(1);
  }

  MappedByteBuffer mapOld(FileChannel channel) throws IOException {
    return channel.map(MODE, 0, 1);
  }

  Object mapNew(FileChannel channel) throws IOException {
    return channel.map(MODE, 0, 1, Arena.global());
  }

  void exit() {
    System.exit(1);
  }

  Thread thread() {
    return new Thread(this::exit);
  }

  Object pool() {
    return Executors.newCachedThreadPool();
  }

  /** What may be done. */
  String fine(Clock clock, String text) {
    return String.format(Locale.ROOT, "%s %s", Instant.now(clock), text.toLowerCase(Locale.ROOT));
  }
}
