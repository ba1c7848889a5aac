package dev.varve.jmh;

import dev.varve.jmh.peer.BenchmarkRecords;
import dev.varve.jmh.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Threads that append to one peer, which is closed with them, each with an appender and records of
 * its own. With one thread, the caller's own thread works.
 *
 * <p>Thread safety: for one thread, which must be the one that closes it.
 */
final class AppendTeam implements AutoCloseable {
  private final OpenPeer open;
  private final List<ExecutorService> threads = new ArrayList<>();
  private final List<Member> members = new ArrayList<>();

  /** Takes the peer over. */
  AppendTeam(OpenPeer open, int threadCount) throws IOException {
    this.open = open;
    Peer peer = open.peer();
    int valueBytes = open.settings().valueBytes();
    for (int i = 0; i < threadCount && threadCount > 1; i++) {
      threads.add(Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory()));
    }
    for (int i = 0; i < threadCount; i++) {
      // Some peers bind an appender to the thread that made it.
      members.add(
          on(i, () -> new Member(peer.appender(), new BenchmarkRecords(valueBytes))).join());
    }
  }

  /** Shares a number of records out evenly, and returns when all are done. */
  void append(long recordCount, Share share) throws IOException {
    long each = Math.ceilDiv(recordCount, members.size());
    List<Work<Boolean>> running = new ArrayList<>();
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      running.add(
          on(
              i,
              () -> {
                share.append(member.appender, member.records, each);
                return true;
              }));
    }
    for (Work<Boolean> work : running) {
      work.join();
    }
  }

  private <T> Work<T> on(int thread, Callable<T> task) throws IOException {
    if (threads.isEmpty()) {
      T done = call(task);
      return () -> done;
    }
    Future<T> future = threads.get(thread).submit(task);
    return () -> call(future::get);
  }

  private static <T> T call(Callable<T> task) throws IOException {
    try {
      return task.call();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      on(
              i,
              () -> {
                member.appender.close();
                return true;
              })
          .join();
    }
    threads.forEach(ExecutorService::shutdown);
    open.close();
  }

  private record Member(Peer.Appender appender, BenchmarkRecords records) {}

  private interface Work<T> {
    T join() throws IOException;
  }

  /** What one thread does. */
  interface Share {
    void append(Peer.Appender appender, BenchmarkRecords records, long recordCount)
        throws IOException;
  }
}
