package dev.varve.jmh.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.varve.log.record.Compression;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is measured does what it is measured at. */
class PeerTest {
  private static final int RECORD_COUNT = 1000;
  private static final int BATCH_RECORDS = 100;
  private static final int VALUE_BYTES = 100;
  private static final long RECORD_BYTES = BenchmarkRecords.KEY_BYTES + VALUE_BYTES;

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void whatWasAppendedOneByOneIsReadBack(PeerKind kind) throws Exception {
    assumeThat(kind.operations()).containsAnyOf(Operation.READ, Operation.REOPEN);
    PeerSettings settings = settings(1, Compression.NONE);
    try (Peer peer = kind.open(settings)) {
      fill(peer, 1);
      try (Peer.Reader reader = peer.reader()) {
        assertThat(reader.readAll()).isEqualTo(RECORD_COUNT * RECORD_BYTES);
        assertThat(reader.readAllBytes()).isNotZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatWasAppendedInBatchesIsReadBack(PeerKind kind) throws Exception {
    assumeThat(kind.operations()).containsAnyOf(Operation.READ, Operation.REOPEN);
    try (Peer peer = kind.open(settings(BATCH_RECORDS, Compression.NONE))) {
      fill(peer, BATCH_RECORDS);
      try (Peer.Reader reader = peer.reader()) {
        assertThat(reader.readAll()).isEqualTo(RECORD_COUNT * RECORD_BYTES);
        assertThat(reader.readAllBytes()).isNotZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void compressedBatchesAreReadBack(PeerKind kind) throws Exception {
    assumeThat(kind.operations()).contains(Operation.APPEND_COMPRESSED, Operation.READ_COMPRESSED);
    for (String codec : new String[] {"gzip", "snappy", "lz4", "zstd"}) {
      PeerSettings settings =
          new PeerSettings(
              Files.createDirectory(directory.resolve(codec)),
              Compression.parse(codec),
              VALUE_BYTES,
              100,
              RECORD_COUNT);
      try (Peer peer = kind.open(settings)) {
        fill(peer, BATCH_RECORDS);
        try (Peer.Reader reader = peer.reader()) {
          assertThat(reader.readAll()).isEqualTo(RECORD_COUNT * RECORD_BYTES);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRecordIsFoundByItsNumberAndItsTime(PeerKind kind) throws Exception {
    try (Peer peer = kind.open(settings(1, Compression.NONE))) {
      fill(peer, 1);
      try (Peer.Reader reader = peer.reader()) {
        if (kind.operations().contains(Operation.READ_BY_INDEX)) {
          assertThat(reader.read(567)).isEqualTo(RECORD_BYTES);
        }
        if (kind.operations().contains(Operation.FIND_BY_TIME)) {
          assertThat(reader.find(BenchmarkRecords.FIRST_TIMESTAMP + 567)).isEqualTo(567);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReaderFollowsTheAppender(PeerKind kind) throws Exception {
    assumeThat(kind.operations()).contains(Operation.FOLLOW);
    BenchmarkRecords records = new BenchmarkRecords(VALUE_BYTES);
    try (Peer peer = kind.open(settings(1, Compression.NONE));
        Peer.Appender appender = peer.appender()) {
      records.advance();
      appender.append(records.timestamp(), records.key(), records.stampedValue(12345));
      try (Peer.Reader reader = peer.reader()) {
        assertThat(reader.poll()).isEqualTo(12345);
        assertThat(reader.poll()).isEqualTo(-1);
        appender.append(records.timestamp(), records.key(), records.stampedValue(23456));
        assertThat(reader.poll()).isEqualTo(23456);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDurableAppendIsAnAppend(PeerKind kind) throws Exception {
    assumeThat(kind.operations()).contains(Operation.APPEND_DURABLE);
    BenchmarkRecords records = new BenchmarkRecords(VALUE_BYTES);
    try (Peer peer = kind.open(settings(1, Compression.NONE));
        Peer.Appender appender = peer.appender()) {
      records.advance();
      appender.appendDurable(records.timestamp(), records.key(), records.value());
      if (!kind.isLimit()) { // whose durable appends go elsewhere
        try (Peer.Reader reader = peer.reader()) {
          assertThat(reader.readAll()).isEqualTo(RECORD_BYTES);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatWasClosedHoldsWhatItHeld(PeerKind kind) throws Exception {
    assumeThat(kind.operations()).contains(Operation.REOPEN);
    PeerSettings settings = settings(BATCH_RECORDS, Compression.NONE);
    try (Peer peer = kind.open(settings)) {
      fill(peer, BATCH_RECORDS);
    }
    try (Peer peer = kind.open(settings);
        Peer.Reader reader = peer.reader()) {
      assertThat(reader.readAll()).isEqualTo(RECORD_COUNT * RECORD_BYTES);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatAPeerCannotDoItSays(PeerKind kind) throws Exception {
    try (Peer peer = kind.open(settings(1, Compression.NONE))) {
      fill(peer, 1);
      try (Peer.Reader reader = peer.reader()) {
        if (!kind.isLimit() && !kind.operations().contains(Operation.READ_BY_INDEX)) {
          assertThatThrownBy(() -> reader.read(1))
              .isInstanceOf(UnsupportedOperationException.class);
        }
        if (!kind.isLimit() && !kind.operations().contains(Operation.FIND_BY_TIME)) {
          assertThatThrownBy(() -> reader.find(BenchmarkRecords.FIRST_TIMESTAMP))
              .isInstanceOf(UnsupportedOperationException.class);
        }
        if (!kind.isLimit() && !kind.operations().contains(Operation.FOLLOW)) {
          assertThatThrownBy(reader::poll).isInstanceOf(UnsupportedOperationException.class);
        }
      }
    }
  }

  private PeerSettings settings(int batchRecords, Compression compression) {
    return new PeerSettings(directory, compression, VALUE_BYTES, batchRecords, RECORD_COUNT);
  }

  private static void fill(Peer peer, int batchRecords) throws Exception {
    BenchmarkRecords records = new BenchmarkRecords(VALUE_BYTES);
    try (Peer.Appender appender = peer.appender()) {
      for (int i = 0; i < RECORD_COUNT; i += batchRecords) {
        if (batchRecords == 1) {
          records.advance();
          appender.append(records.timestamp(), records.key(), records.value());
        } else {
          appender.appendBatch(records, batchRecords);
        }
      }
    }
  }
}
