package dev.varve.jmh.peer;

/** What a peer may be able to do. Each benchmark needs one of these. */
public enum Operation {
  APPEND,
  APPEND_BATCH,
  APPEND_COMPRESSED,
  APPEND_DURABLE,
  READ,
  READ_COMPRESSED,
  READ_BY_INDEX,
  FIND_BY_TIME,
  FOLLOW,
  REOPEN,
  MAP_KEYS,
}
