package dev.varve.cli;

import dev.varve.log.error.LogException;
import dev.varve.log.store.StoreListing;
import dev.varve.log.store.TopicPartition;
import java.io.IOException;

/** Does the same with each log of a data directory; one that cannot be read stops no other. */
final class EachLog {
  private final StoreListing store;
  private final Streams streams;

  EachLog(StoreListing store, Streams streams) {
    this.store = store;
    this.streams = streams;
  }

  /** What is done with a log. */
  @FunctionalInterface
  interface Action {
    /** Does it; returns whether the log is sound. */
    boolean on(TopicPartition log) throws IOException;
  }

  /** Returns whether all logs could be read and are sound. What could not be read is told. */
  boolean run(Action action) {
    boolean sound = true;
    for (TopicPartition log : store.logs()) {
      try {
        sound &= action.on(log);
      } catch (OutputClosedException e) {
        throw e;
      } catch (LogException | IOException e) {
        streams.warn(Varve.message(e));
        sound = false;
      }
    }
    return sound;
  }
}
