package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.storage.DirectoryStorage;
import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Threads that wait together share a force, and none returns with a force that began too early. */
@Timeout(120)
class GroupCommitTest {
  private static final int THREADS = 8;
  private static final int APPENDS = 500;

  @TempDir Path root;

  private final AtomicLong coveredEnd = new AtomicLong();
  private final AtomicLong forces = new AtomicLong();
  private volatile @Nullable CommitLog log;

  @Test
  void whoeverReturnsIsCoveredByAForceThatBeganAfterItsAppend() throws Exception {
    Storage storage = new CountingStorage(DirectoryStorage.open(root));
    LogOptions options = LogOptions.builder().durability(Durability.PER_APPEND).build();
    try (CommitLog opened = CommitLog.open(storage, options);
        var threads = Executors.newFixedThreadPool(THREADS)) {
      log = opened;
      List<Future<?>> appenders = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        appenders.add(threads.submit(() -> appendAll(opened)));
      }
      for (Future<?> appender : appenders) {
        appender.get();
      }
      assertThat(opened.offsets().durableEnd()).isEqualTo(THREADS * APPENDS);
    }
    assertThat(forces).as("forces are shared").hasValueLessThan(THREADS * APPENDS);
  }

  private void appendAll(CommitLog opened) {
    for (int i = 0; i < APPENDS; i++) {
      long offset = opened.append(null, new byte[10]);
      assertThat(coveredEnd).hasValueGreaterThan(offset);
      assertThat(opened.offsets().durableEnd()).isGreaterThan(offset);
    }
  }

  /** Notes, of each force that has ended, where the log ended when it began. */
  private final class CountingStorage extends ForwardingStorage {
    CountingStorage(Storage storage) {
      super(storage);
    }

    @Override
    protected StorageFile wrap(StorageFile file) {
      return new ForwardingFile(file) {
        @Override
        public void force() throws IOException {
          CommitLog current = log;
          if (current == null || !name().endsWith(".log")) {
            super.force();
            return;
          }
          long endAtBegin = current.offsets().endOffset();
          super.force();
          coveredEnd.accumulateAndGet(endAtBegin, Math::max);
          forces.incrementAndGet();
        }
      };
    }
  }
}
