package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.error.LogClosedException;
import dev.varve.log.record.RecordBatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PinnedBatchesTest {
  @TempDir Path root;

  @Test
  void asManyWholeBatchesAreReadAsFitIntoTheLimitAndAtLeastOne() {
    try (LogFixture fixture = LogFixture.open(root)) {
      int[] ends = new int[40];
      for (int i = 0; i < ends.length; i++) {
        fixture.append("key ".repeat(i % 5) + i);
        ends[i] = (int) fixture.log().segments().getFirst().sizeBytes();
      }
      for (String how : List.of("active", "sealed")) {
        for (int first = 0; first < ends.length; first += 3) {
          int begin = first == 0 ? 0 : ends[first - 1];
          for (int last = first; last < ends.length; last += 2) {
            int exact = ends[last] - begin;
            assertThat(offsets(fixture, first, exact)).as(how).isEqualTo(range(first, last));
            int less = Math.max(first, last - 1);
            assertThat(offsets(fixture, first, exact - 1)).as(how).isEqualTo(range(first, less));
          }
          assertThat(offsets(fixture, first, 1)).isEqualTo(range(first, first));
          assertThat(offsets(fixture, first, 0)).isEqualTo(range(first, first));
          assertThat(offsets(fixture, first, Integer.MIN_VALUE)).isEqualTo(range(first, first));
          assertThat(offsets(fixture, first, Integer.MAX_VALUE)).isEqualTo(range(first, 39));
        }
        fixture.roll().append("next").maintain();
      }
    }
  }

  private static List<Long> range(long first, long last) {
    List<Long> range = new ArrayList<>();
    for (long offset = first; offset <= last; offset++) {
      range.add(offset);
    }
    return range;
  }

  private static List<Long> offsets(LogFixture fixture, long offset, int bytesMax) {
    List<Long> offsets = new ArrayList<>();
    long bytes = 0;
    try (PinnedBatches batches = fixture.log().read(offset, bytesMax)) {
      long remaining = batches.remainingBytes();
      while (batches.next()) {
        offsets.addAll(range(batches.batch().baseOffset(), batches.batch().lastOffset()));
        bytes += batches.batch().sizeBytes();
      }
      assertThat(remaining).isEqualTo(bytes);
    }
    return offsets;
  }

  @Test
  void theFirstBatchContainsTheOffset() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.appendBatch("a", "b", "c").appendBatch("d", "e");
      assertThat(offsets(fixture, 2, 1)).containsExactly(0L, 1L, 2L);
      assertThat(offsets(fixture, 3, 1)).containsExactly(3L, 4L);
    }
  }

  @Test
  void aReadAtTheEndOfTheLogGivesNoBatches() {
    try (LogFixture fixture = LogFixture.open(root)) {
      assertThat(offsets(fixture, 0, 100)).isEmpty();
      fixture.append("a");
      assertThat(offsets(fixture, 1, 100)).isEmpty();
      fixture.roll();
      assertThat(offsets(fixture, 1, 100)).isEmpty();
      fixture.append("b");
      assertThat(offsets(fixture, 1, 100)).containsExactly(1L);
    }
  }

  @Test
  void aReadEndsWithItsSegment() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b").roll().append("c");
      assertThat(offsets(fixture, 0, Integer.MAX_VALUE)).containsExactly(0L, 1L);
      assertThat(offsets(fixture, 2, Integer.MAX_VALUE)).containsExactly(2L);
    }
  }

  @Test
  void batchesStayReadableWhileTheirSegmentIsRolledSettledAndDeleted() throws IOException {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b");
      byte[] stored = Arrays.copyOf(fixture.bytes(LogFixture.logOf(0)), logBytes(fixture));
      try (PinnedBatches batches = fixture.log().read(0, 1 << 20)) {
        fixture.roll().append("c").maintain();
        fixture.log().advanceStartOffset(2);
        fixture.maintain();
        RecordBatch batch = batches.batch();
        assertThat(batches.next()).isTrue();
        assertThat(batch.baseOffset()).isZero();
        assertThat(batches.next()).isTrue();
        assertThat(batch.baseOffset()).isEqualTo(1);
        assertThat(batches.next()).isFalse();
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        assertThat(batches.transferTo(Channels.newChannel(sent))).isEqualTo(stored.length);
        assertThat(sent.toByteArray()).isEqualTo(stored);
        assertThat(batches.remainingBytes()).isZero();
      }
    }
  }

  private static int logBytes(LogFixture fixture) {
    return (int) fixture.log().segments().getLast().sizeBytes();
  }

  @Test
  void whatATransferHasOpenedBeforeTheDeletionItGoesOnWith() throws IOException {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      byte[] stored = Arrays.copyOf(fixture.bytes(LogFixture.logOf(0)), logBytes(fixture));
      try (PinnedBatches batches = fixture.log().read(0, 1 << 30)) {
        Pipe pipe = Pipe.open();
        pipe.sink().configureBlocking(false);
        long first = batches.transferTo(pipe.sink());
        assertThat(first).isBetween(1L, stored.length - 1L);
        fixture.roll().append("next").maintain();
        fixture.log().advanceStartOffset(fixture.log().offsets().endOffset() - 1);
        fixture.maintain();
        assertThat(drainInto(batches, pipe)).isEqualTo(stored);
        pipe.sink().close();
        pipe.source().close();
      }
    }
  }

  private static void fill(LogFixture fixture) {
    for (int i = 0; i < 300; i++) {
      fixture.append("x".repeat(2000) + i);
    }
  }

  /** Reads from a pipe that takes little, transferring more whenever there is room. */
  private static byte[] drainInto(PinnedBatches batches, Pipe pipe) throws IOException {
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(1000);
    pipe.source().configureBlocking(false);
    while (true) {
      int read = pipe.source().read(buffer.clear());
      if (read > 0) {
        received.write(buffer.array(), 0, read);
      } else if (batches.remainingBytes() == 0) {
        return received.toByteArray();
      }
      batches.transferTo(pipe.sink());
    }
  }

  @Test
  void bytesAreTransferredToAFileAndToASocketAsTheyAreStored() throws Exception {
    try (LogFixture fixture = LogFixture.open(root)) {
      fill(fixture);
      byte[] stored = Arrays.copyOf(fixture.bytes(LogFixture.logOf(0)), logBytes(fixture));
      Path copy = root.resolve("copy");
      try (PinnedBatches batches = fixture.log().read(0, 1 << 30);
          FileChannel target =
              FileChannel.open(copy, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        assertThat(batches.transferTo(target)).isEqualTo(stored.length);
        assertThat(batches.transferTo(target)).isZero();
      }
      assertThat(Files.readAllBytes(copy)).isEqualTo(stored);
      assertThat(sentOverSocket(fixture, stored.length)).isEqualTo(stored);
    }
  }

  private static byte[] sentOverSocket(LogFixture fixture, int bytes) throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      ByteBuffer received = ByteBuffer.allocate(bytes);
      try (SocketChannel client = SocketChannel.open(server.getLocalAddress());
          SocketChannel accepted = server.accept()) {
        Thread receiver =
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    while (received.hasRemaining() && accepted.read(received) >= 0) {
                      // until all is there
                    }
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
        try (PinnedBatches batches = fixture.log().read(0, 1 << 30)) {
          assertThat(batches.transferTo(client)).isEqualTo(bytes);
        }
        receiver.join();
      }
      return received.array();
    }
  }

  @Test
  void anInterruptEndsATransferAndTheNextOneGoesOn() throws IOException {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a", "b");
      try (PinnedBatches batches = fixture.log().read(0, 1 << 20)) {
        Path copy = root.resolve("copy");
        try (FileChannel target =
            FileChannel.open(copy, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
          Thread.currentThread().interrupt();
          assertThatThrownBy(() -> batches.transferTo(target)).isInstanceOf(IOException.class);
          assertThat(Thread.interrupted()).isTrue();
        }
        try (FileChannel target = FileChannel.open(copy, StandardOpenOption.WRITE)) {
          assertThat(batches.transferTo(target)).isEqualTo(logBytes(fixture));
        }
        fixture.append("c").assertReads("a", "b", "c");
      }
    }
  }

  @Test
  void closedBatchesAreRefused() {
    try (LogFixture fixture = LogFixture.open(root)) {
      fixture.append("a");
      PinnedBatches batches = fixture.log().read(0, 1);
      assertThat(fixture.log().pins()).isEqualTo(1);
      batches.close();
      batches.close();
      assertThat(fixture.log().pins()).isZero();
      assertThatThrownBy(batches::next).isInstanceOf(LogClosedException.class);
      assertThatThrownBy(() -> batches.transferTo(Channels.newChannel(new ByteArrayOutputStream())))
          .isInstanceOf(LogClosedException.class);
    }
  }
}
