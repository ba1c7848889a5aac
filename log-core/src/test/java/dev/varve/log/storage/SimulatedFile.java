package dev.varve.log.storage;

import dev.varve.log.storage.SimulatedDisk.Operation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;

/** A file of a {@link SimulatedDisk}. Thread safety: as that of the disk, whose lock it takes. */
final class SimulatedFile implements StorageFile {
  private final SimulatedDisk disk;
  private final String name;
  private final FileContent content;

  SimulatedFile(SimulatedDisk disk, String name, FileContent content) {
    this.disk = disk;
    this.name = name;
    this.content = content;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() throws IOException {
    synchronized (disk) {
      disk.faults().operation(Operation.LIST, name);
      return content.size();
    }
  }

  @Override
  public long read(long position, MemorySegment target) throws IOException {
    synchronized (disk) {
      disk.faults().operation(Operation.READ, name);
      return content.read(position, target);
    }
  }

  @Override
  public void write(long position, MemorySegment source) throws IOException {
    synchronized (disk) {
      DiskFaults faults = disk.faults();
      try {
        if (!faults.operation(Operation.WRITE, name)) {
          return;
        }
      } catch (DiskFaults.ShortWriteException e) {
        content.write(position, source, source.byteSize() / 2, faults.nextMillis());
        throw e;
      }
      content.write(position, source, source.byteSize(), faults.nextMillis());
    }
  }

  @Override
  public void reserve(long position, long endPosition, int blockBytes) throws IOException {
    synchronized (disk) {
      disk.faults().operation(Operation.RESERVE, name);
      content.reserve(position, endPosition);
    }
  }

  @Override
  public void truncate(long size) throws IOException {
    synchronized (disk) {
      if (disk.faults().operation(Operation.TRUNCATE, name)) {
        content.truncate(size, disk.faults().nextMillis());
      }
    }
  }

  @Override
  public MemorySegment map(Access access, long size, Arena arena) throws IOException {
    synchronized (disk) {
      disk.faults().operation(Operation.MAP, name);
      if (access == Access.READ_WRITE) {
        content.extendTo(size);
      }
      MemorySegment mapped = content.map(size, arena);
      return access == Access.READ ? mapped.asReadOnly() : mapped;
    }
  }

  @Override
  public void force() throws IOException {
    synchronized (disk) {
      try {
        if (disk.faults().operation(Operation.FORCE, name)) {
          content.force();
        }
      } catch (DiskFaults.PagesDroppedException e) {
        content.dropUnforced();
        throw e;
      }
    }
  }

  @Override
  public long transferTo(long position, long bytes, WritableByteChannel target) throws IOException {
    MemorySegment copy;
    synchronized (disk) {
      disk.faults().operation(Operation.READ, name);
      byte[] all = content.bytes();
      int from = (int) Math.min(position, all.length);
      copy = MemorySegment.ofArray(all).asSlice(from, Math.clamp(bytes, 0, all.length - from));
    }
    return target.write(copy.asByteBuffer());
  }

  @Override
  public void close() {}
}
