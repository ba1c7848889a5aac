package dev.varve.cli;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.SplittableRandom;

/** The events of a small shop, the same on every run. */
final class OrderEvents {
  /** How the demo's log is set up: segments small enough to see some. */
  static final Map<String, String> TOPIC = Map.of("segment.bytes", Integer.toString(16 << 20));

  static final long FIRST_TIMESTAMP = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
  static final int MILLIS_PER_EVENT = 100;

  private static final String[] STEPS = {"placed", "paid", "packed", "shipped", "delivered"};
  private static final String[] ITEMS = {"kettle", "lamp", "chair", "notebook", "bicycle bell"};
  private static final int CUSTOMERS = 5000;

  private final SplittableRandom random = new SplittableRandom(42);
  private long number;
  private byte[] key = {};
  private byte[] value = {};

  /** Begins with the event of this number. */
  OrderEvents(long number) {
    this.number = number - 1;
  }

  void next() {
    number++;
    String order = "order-" + (100_000 + number / STEPS.length);
    key = order.getBytes(StandardCharsets.US_ASCII);
    String event =
        "{\"order\":\""
            + order
            + "\",\"step\":\""
            + STEPS[(int) (number % STEPS.length)]
            + "\",\"item\":\""
            + ITEMS[random.nextInt(ITEMS.length)]
            + "\",\"customer\":"
            + random.nextInt(CUSTOMERS)
            + ",\"cents\":"
            + random.nextInt(100, 100_000)
            + "}";
    value = event.getBytes(StandardCharsets.US_ASCII);
  }

  long timestamp() {
    return FIRST_TIMESTAMP + number * MILLIS_PER_EVENT;
  }

  byte[] key() {
    return key;
  }

  byte[] value() {
    return value;
  }
}
