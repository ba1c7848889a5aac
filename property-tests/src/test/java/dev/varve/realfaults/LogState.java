package dev.varve.realfaults;

import dev.varve.log.CommitLog;

/**
 * What a log is in the midst of when a fault meets it. Every fault is run on every state, so a
 * state that is added here meets them all.
 */
enum LogState {
  /** Records, and nothing else. */
  PLAIN("plain") {
    @Override
    void prepare(CommitLog log) {
      NumberedRecords.append(log, 1000);
    }
  };

  private final String title;

  LogState(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /** Brings a new log into this state. What it appends are {@link NumberedRecords}. */
  abstract void prepare(CommitLog log);
}
