package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkDirectory;
import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.jmh.peer.Peer;
import dev.varve.jmh.peer.PeerKind;
import dev.varve.jmh.peer.PeerSettings;
import dev.varve.log.record.Compression;
import java.io.IOException;

/** A peer in a fresh directory, which is deleted with all that it holds on close. */
final class OpenPeer implements AutoCloseable {
  private final BenchmarkDirectory directory;
  private final PeerSettings settings;
  private final Peer peer;

  private OpenPeer(BenchmarkDirectory directory, PeerKind kind, PeerSettings settings)
      throws IOException {
    this.directory = directory;
    this.settings = settings;
    boolean opened = false;
    try {
      this.peer = kind.open(settings);
      opened = true;
    } finally {
      if (!opened) {
        directory.close();
      }
    }
  }

  /** An empty peer; see {@link PeerSettings} for what is said. */
  static OpenPeer empty(
      PeerKind kind, Compression compression, int valueBytes, int batchRecords, long recordCount)
      throws IOException {
    BenchmarkDirectory directory = BenchmarkDirectory.create();
    return new OpenPeer(
        directory,
        kind,
        new PeerSettings(directory.path(), compression, valueBytes, batchRecords, recordCount));
  }

  /** A peer that holds all its records. */
  static OpenPeer filled(
      PeerKind kind, Compression compression, int valueBytes, int batchRecords, long recordCount)
      throws IOException {
    OpenPeer open = empty(kind, compression, valueBytes, batchRecords, recordCount);
    fill(open.peer, open.settings);
    return open;
  }

  /** Appends as many records as the settings say. */
  static void fill(Peer peer, PeerSettings settings) throws IOException {
    BenchmarkRecords records = new BenchmarkRecords(settings.valueBytes());
    try (Peer.Appender appender = peer.appender()) {
      for (long done = 0; done < settings.recordCount(); done += settings.batchRecords()) {
        if (settings.batchRecords() == 1) {
          records.advance();
          appender.append(records.timestamp(), records.key(), records.value());
        } else {
          appender.appendBatch(records, settings.batchRecords());
        }
      }
    }
  }

  Peer peer() {
    return peer;
  }

  PeerSettings settings() {
    return settings;
  }

  @Override
  public void close() throws IOException {
    try {
      peer.close();
    } finally {
      directory.close();
    }
  }
}
