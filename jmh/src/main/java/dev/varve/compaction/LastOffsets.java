package dev.varve.compaction;

import java.security.DigestException;

/** A map of last offsets that has as much memory as the keys of a {@link KeyStream} need. */
interface LastOffsets extends AutoCloseable {
  /** Forgets all keys. */
  void clear();

  /** Puts all records; their offsets are their places in the stream. */
  void putAll() throws DigestException;

  /** How many records are the last of their keys, when all were put. */
  int countLatest() throws DigestException;

  /** How many keys a MiB holds. */
  double keysPerMebibyte();

  /** How many keys were compared with the log since the last clear. */
  long logComparisons();

  @Override
  void close();
}
