package dev.varve.log.inspect;

import dev.varve.log.error.LogDirectoryException;
import dev.varve.log.producer.InvalidStateFileException;
import dev.varve.log.producer.LeaderEpochs;
import dev.varve.log.segment.LogCheckpoint;
import dev.varve.log.segment.SegmentFile;
import dev.varve.log.segment.SegmentFile.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prints what is in the files of a log, for people: one line for each batch, index entry or
 * producer, indented under the line of its file. Damage is printed where it is met.
 *
 * <p>Takes no lock and changes nothing. Thread safety: for one thread.
 */
public final class LogDump {
  private final Appendable out;
  private final boolean records;

  /**
   * Prints to a destination.
   *
   * @param records whether to print the records of each batch too
   */
  public LogDump(Appendable out, boolean records) {
    this.out = out;
    this.records = records;
  }

  /**
   * Prints all files of a log, in the order of their names.
   *
   * @return whether no damage was met
   * @throws LogDirectoryException if there is no log
   */
  public boolean directory(LogDirectory directory) throws IOException {
    boolean sound = true;
    for (String name : directory.names()) {
      if (directory.isPlainFile(name) && isKnown(name)) {
        sound &= file(directory.path().resolve(name));
      } else if (!name.equals("varve.lock")) {
        out.append(name).append(": not a file of a log\n");
      }
    }
    return sound;
  }

  /**
   * Prints one file; what it is follows from its name.
   *
   * @return whether no damage was met
   * @throws LogDirectoryException if the name is not that of a file of a log, or there is no file
   */
  public boolean file(Path path) throws IOException {
    String name = path.getFileName().toString();
    if (!Files.exists(path)) {
      throw new LogDirectoryException(path + " does not exist; expected a log or a file of one");
    }
    if (!isKnown(name)) {
      throw new LogDirectoryException(
          path
              + " is not named like a file of a log; expected a name such as "
              + SegmentFile.name(0, Kind.LOG));
    }
    out.append(name).append(": ").append(Long.toString(Files.size(path))).append(" bytes\n");
    SegmentFile file = SegmentFile.parse(name).orElse(null);
    if (file == null) {
      return text(path, name);
    }
    return switch (file.kind()) {
      case LOG -> new BatchDump(out, records).print(path);
      case OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX -> new IndexDump(out).print(path, file);
      case PRODUCER_SNAPSHOT -> new SnapshotDump(out).print(path);
    };
  }

  private boolean text(Path path, String name) throws IOException {
    String text = new String(StateFile.read(path), StandardCharsets.US_ASCII);
    for (String line : text.lines().toList()) {
      out.append("  ").append(Printable.text(line)).append('\n');
    }
    List<String> faults = new ArrayList<>();
    try {
      if (name.equals(LogCheckpoint.FILE_NAME)) {
        LogCheckpoint.parse(StateFile.read(path));
      } else if (name.equals(EpochsCheck.FILE_NAME)) {
        LeaderEpochs.parse(StateFile.read(path));
      }
    } catch (InvalidStateFileException e) {
      faults.add(String.valueOf(e.getMessage()));
    }
    for (String fault : faults) {
      out.append("  damage: ").append(fault).append('\n');
    }
    return faults.isEmpty();
  }

  private static boolean isKnown(String name) {
    return SegmentFile.parse(name).isPresent()
        || name.equals(LogCheckpoint.FILE_NAME)
        || name.equals(EpochsCheck.FILE_NAME)
        || name.equals(StateFilesCheck.METADATA_NAME);
  }
}
