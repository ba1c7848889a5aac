package dev.varve.crash;

import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What a log could get wrong about giving up what is old, made between the log and its disk. */
final class RetentionDefects {
  /** Those of other banks that concern it. */
  private static final Set<String> OF_OTHERS =
      Set.of(
          "deletes before the checkpoint says so",
          "does not keep the start offset",
          "forgets to rename the checkpoint",
          "deletes the next segment, too");

  private RetentionDefects() {}

  /** The defects, each of which must be caught. */
  static List<Defect> bank() {
    Stream<Defect> others =
        Stream.concat(Defect.bank().stream(), ForceDefects.bank().stream())
            .filter(defect -> OF_OTHERS.contains(defect.name()));
    List<Defect> bank =
        Stream.concat(
                others,
                Stream.of(
                    new Defect("deletes the newest segment, too", NewestDelete::new),
                    Defect.checkpoint(
                        "begins further on than it was told",
                        "start-offset ([1-9]\\d*)",
                        "start-offset 1$1")))
            .toList();
    if (bank.size() != OF_OTHERS.size() + 2) {
      throw new IllegalStateException("found " + bank + ", expected " + OF_OTHERS + " and 2 more");
    }
    return bank;
  }

  private static final class NewestDelete extends ForwardingStorage {
    NewestDelete(Storage disk) {
      super(disk);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      super.rename(from, to);
      if (to.endsWith(".log.deleted")) {
        List<String> logs = list().stream().filter(name -> name.endsWith(".log")).sorted().toList();
        super.delete(logs.getLast());
      }
    }
  }
}
