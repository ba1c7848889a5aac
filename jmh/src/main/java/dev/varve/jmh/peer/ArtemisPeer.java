package dev.varve.jmh.peer;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.activemq.artemis.core.io.nio.NIOSequentialFileFactory;
import org.apache.activemq.artemis.core.journal.LoaderCallback;
import org.apache.activemq.artemis.core.journal.PreparedTransactionInfo;
import org.apache.activemq.artemis.core.journal.RecordInfo;
import org.apache.activemq.artemis.core.journal.impl.JournalImpl;

/**
 * The journal of Apache Artemis on NIO, which is what its broker takes without a native library:
 * files of 10 MiB, a buffer of 490 KiB and a timeout of 3.3 ms, as in the broker's defaults.
 *
 * <p>An append without {@code sync} lies in that buffer until it is full or the timeout has passed,
 * so <em>it may be lost when the process is killed</em>. A durable append waits for the next force
 * of the buffer, which all who wait share. A batch is a transaction without sync. A record carries
 * an identifier and its size twice, and <em>no checksum</em>. Its memory keeps an entry for each
 * record that lives. It cannot be read while it is written: the broker loads it once, at its start,
 * and that is measured as its opening.
 */
final class ArtemisPeer implements Peer {
  private static final int FILE_BYTES = 10 << 20;
  private static final int FILES_MIN = 2;
  private static final int FILES_POOLED = 10;
  private static final int BUFFER_BYTES = 490 << 10;
  private static final int BUFFER_TIMEOUT_NANOS = 3_333_333;
  private static final byte RECORD_TYPE = 1;

  private final Path directory;
  private final AtomicLong nextId = new AtomicLong(1);
  private final AtomicLong nextTransaction = new AtomicLong(1);
  private JournalImpl journal;
  private boolean loaded;

  ArtemisPeer(PeerSettings settings) throws IOException {
    directory = settings.directory();
    journal = started();
    load(journal, new Visitor(false));
    loaded = true;
  }

  private JournalImpl started() {
    NIOSequentialFileFactory files =
        new NIOSequentialFileFactory(
            directory.toFile(), true, BUFFER_BYTES, BUFFER_TIMEOUT_NANOS, 1, false);
    files.start();
    JournalImpl made =
        new JournalImpl(FILE_BYTES, FILES_MIN, FILES_POOLED, 0, 0, files, "journal", "log", 1);
    made.start();
    return made;
  }

  private static void load(JournalImpl journal, Visitor visitor) throws IOException {
    try {
      journal.load(visitor);
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  @Override
  public Appender appender() {
    return new JournalAppender();
  }

  @Override
  public Reader reader() {
    return new LoadingReader();
  }

  @Override
  public void close() {
    stop();
  }

  private void stop() {
    if (loaded) {
      journal.stop();
      loaded = false;
    }
  }

  private final class JournalAppender implements Appender {
    @Override
    public void append(long timestamp, byte[] key, byte[] value) throws IOException {
      add(key, value, false);
    }

    @Override
    public void appendDurable(long timestamp, byte[] key, byte[] value) throws IOException {
      add(key, value, true);
    }

    private void add(byte[] key, byte[] value, boolean sync) throws IOException {
      try {
        journal.appendAddRecord(
            nextId.getAndIncrement(), RECORD_TYPE, BenchmarkRecords.join(key, value), sync);
      } catch (Exception e) {
        throw new IOException(e);
      }
    }

    @Override
    public void appendBatch(BenchmarkRecords records, int recordCount) throws IOException {
      long transaction = nextTransaction.getAndIncrement();
      try {
        for (int i = 0; i < recordCount; i++) {
          records.advance();
          journal.appendAddRecordTransactional(
              transaction,
              nextId.getAndIncrement(),
              RECORD_TYPE,
              BenchmarkRecords.join(records.key(), records.value()));
        }
        journal.appendCommitRecord(transaction, false);
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }

  /** Stops the journal and loads it anew. */
  private final class LoadingReader implements Reader {
    @Override
    public long readAll() throws IOException {
      return visit(false);
    }

    @Override
    public long readAllBytes() throws IOException {
      return visit(true);
    }

    private long visit(boolean bytes) throws IOException {
      stop();
      Visitor visitor = new Visitor(bytes);
      journal = started();
      load(journal, visitor);
      loaded = true;
      return visitor.sum;
    }

    @Override
    public long read(long index) {
      throw new UnsupportedOperationException("has no index");
    }

    @Override
    public long find(long timestamp) {
      throw new UnsupportedOperationException("keeps no time");
    }

    @Override
    public long poll() {
      throw new UnsupportedOperationException("is not followed");
    }
  }

  private static final class Visitor implements LoaderCallback {
    private final boolean bytes;
    private long sum;

    Visitor(boolean bytes) {
      this.bytes = bytes;
    }

    @Override
    public void addRecord(RecordInfo record) {
      sum +=
          bytes
              ? ByteSum.of(MemorySegment.ofArray(record.data), 0, record.data.length)
              : record.data.length;
    }

    @Override
    public void addPreparedTransaction(PreparedTransactionInfo transaction) {}

    @Override
    public void deleteRecord(long id) {}

    @Override
    public void updateRecord(RecordInfo record) {}

    @Override
    public void failedTransaction(
        long transaction, List<RecordInfo> records, List<RecordInfo> recordsToDelete) {}
  }
}
