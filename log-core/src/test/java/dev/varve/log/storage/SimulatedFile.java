package dev.varve.log.storage;

import dev.varve.log.storage.DiskFaults.Effect;
import dev.varve.log.storage.DiskFaults.Fault;
import dev.varve.log.storage.SimulatedDisk.Operation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.WritableByteChannel;

/** A file of a {@link SimulatedDisk}. Thread safety: as that of the disk, whose lock it takes. */
final class SimulatedFile implements StorageFile {
  private final SimulatedDisk disk;
  private final String name;
  private final FileContent content;
  private boolean closed;

  SimulatedFile(SimulatedDisk disk, String name, FileContent content) {
    this.disk = disk;
    this.name = name;
    this.content = content;
    content.opened();
  }

  @Override
  public String name() {
    return name;
  }

  private Effect operation(Operation operation, boolean needsRoom) throws IOException {
    return disk.operation(operation, name, needsRoom);
  }

  @Override
  public long size() throws IOException {
    synchronized (disk) {
      operation(Operation.LIST, false);
      return content.size();
    }
  }

  @Override
  public long read(long position, MemorySegment target) throws IOException {
    synchronized (disk) {
      Effect effect = operation(Operation.READ, false);
      int read = content.read(position, target);
      if (effect == Effect.STALE) {
        content.readOlder(position, target.asSlice(0, read));
      } else if (effect == Effect.FLIP && read > 0) {
        byte middle = target.get(ValueLayout.JAVA_BYTE, read / 2);
        target.set(ValueLayout.JAVA_BYTE, read / 2, (byte) (middle ^ 1));
      }
      return read;
    }
  }

  @Override
  public void write(long position, MemorySegment source) throws IOException {
    synchronized (disk) {
      long bytes = source.byteSize();
      Effect effect = operation(Operation.WRITE, position + bytes > content.size());
      if (effect == Effect.NONE) {
        return;
      }
      long fitting = effect == Effect.HALF ? bytes / 2 : disk.fitting(content, position, bytes);
      content.write(position, source, fitting, disk.faults().nextMillis());
      if (fitting < bytes) {
        throw DiskFaults.error(
            Operation.WRITE, name, effect == Effect.HALF ? Fault.SHORT_WRITE : Fault.ENOSPC);
      }
    }
  }

  @Override
  public void reserve(long position, long endPosition, int blockBytes) throws IOException {
    synchronized (disk) {
      operation(Operation.RESERVE, endPosition > content.backedBytes());
      long bytes = endPosition - position;
      long fitting = disk.fitting(content, position, bytes);
      content.reserve(position, position + fitting);
      if (fitting < bytes) {
        throw DiskFaults.error(Operation.RESERVE, name, Fault.ENOSPC);
      }
    }
  }

  @Override
  public void truncate(long size) throws IOException {
    synchronized (disk) {
      if (operation(Operation.TRUNCATE, false) == Effect.WHOLE) {
        content.truncate(size, disk.faults().nextMillis());
      }
    }
  }

  @Override
  public MemorySegment map(Access access, long size, Arena arena) throws IOException {
    synchronized (disk) {
      operation(Operation.MAP, false);
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
      switch (operation(Operation.FORCE, false)) {
        case LOSE -> {
          content.dropUnforced();
          throw DiskFaults.error(Operation.FORCE, name, Fault.EIO_ON_FORCE);
        }
        case NONE -> {
          // a defect
        }
        default -> content.force();
      }
    }
  }

  @Override
  public long transferTo(long position, long bytes, WritableByteChannel target) throws IOException {
    MemorySegment copy;
    synchronized (disk) {
      operation(Operation.READ, false);
      byte[] all = content.bytes();
      int from = (int) Math.min(position, all.length);
      copy = MemorySegment.ofArray(all).asSlice(from, Math.clamp(bytes, 0, all.length - from));
    }
    return target.write(copy.asByteBuffer());
  }

  @Override
  public void close() {
    synchronized (disk) {
      if (!closed) {
        closed = true;
        content.closed();
      }
    }
  }
}
