package dev.varve.crash;

import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * A storage that passes every call on to another: the ground on which a {@link Defect} changes the
 * one call that it gets wrong. It stands between the log and the simulated disk, so that to the log
 * a defect looks as if it were one of its own: a force that it forgot, an order that it swapped.
 */
class DefectiveDisk implements Storage {
  private final Storage disk;

  DefectiveDisk(Storage disk) {
    this.disk = disk;
  }

  Storage disk() {
    return disk;
  }

  /** Wraps a file that was opened or created. */
  StorageFile file(StorageFile file) {
    return file;
  }

  @Override
  public Path directory() {
    return disk.directory();
  }

  @Override
  public List<String> list() throws IOException {
    return disk.list();
  }

  @Override
  public boolean exists(String name) throws IOException {
    return disk.exists(name);
  }

  @Override
  public long size(String name) throws IOException {
    return disk.size(name);
  }

  @Override
  public StorageFile create(String name) throws IOException {
    return file(disk.create(name));
  }

  @Override
  public StorageFile open(String name) throws IOException {
    return file(disk.open(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    disk.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    disk.delete(name);
  }

  @Override
  public void forceDirectory() throws IOException {
    disk.forceDirectory();
  }

  @Override
  public long lastModifiedMillis(String name) throws IOException {
    return disk.lastModifiedMillis(name);
  }

  @Override
  public void setLastModifiedMillis(String name, long millis) throws IOException {
    disk.setLastModifiedMillis(name, millis);
  }

  @Override
  public void close() throws IOException {
    disk.close();
  }

  /** A file that passes every call on to another. */
  static class DefectiveFile implements StorageFile {
    private final StorageFile file;

    DefectiveFile(StorageFile file) {
      this.file = file;
    }

    @Override
    public String name() {
      return file.name();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
      return file.read(position, target);
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
      file.write(position, source);
    }

    @Override
    public void reserve(long size) throws IOException {
      file.reserve(size);
    }

    @Override
    public void truncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    public MemorySegment map(Access access, long size, Arena arena) throws IOException {
      return file.map(access, size, arena);
    }

    @Override
    public void force() throws IOException {
      file.force();
    }

    @Override
    public long transferTo(long position, long bytes, WritableByteChannel target)
        throws IOException {
      return file.transferTo(position, bytes, target);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
