package dev.varve.log.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * Hands every call on, for those who change what a few of them do.
 *
 * <p>Thread safety: as {@link Storage} says.
 */
public class ForwardingStorage implements Storage {
  private final Storage storage;

  /** Hands the calls on to another storage. */
  public ForwardingStorage(Storage storage) {
    this.storage = storage;
  }

  /** Puts a file of one's own around each that is created or opened. */
  protected StorageFile wrap(StorageFile file) {
    return file;
  }

  @Override
  public Path directory() {
    return storage.directory();
  }

  @Override
  public List<String> list() throws IOException {
    return storage.list();
  }

  @Override
  public boolean exists(String name) throws IOException {
    return storage.exists(name);
  }

  @Override
  public long size(String name) throws IOException {
    return storage.size(name);
  }

  @Override
  public StorageFile create(String name) throws IOException {
    return wrap(storage.create(name));
  }

  @Override
  public StorageFile open(String name) throws IOException {
    return wrap(storage.open(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    storage.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    storage.delete(name);
  }

  @Override
  public void forceDirectory() throws IOException {
    storage.forceDirectory();
  }

  @Override
  public long lastModifiedMillis(String name) throws IOException {
    return storage.lastModifiedMillis(name);
  }

  @Override
  public void setLastModifiedMillis(String name, long millis) throws IOException {
    storage.setLastModifiedMillis(name, millis);
  }

  @Override
  public void close() throws IOException {
    storage.close();
  }

  /** Hands every call on. Thread safety: as {@link StorageFile} says. */
  public static class ForwardingFile implements StorageFile {
    private final StorageFile file;

    /** Hands the calls on to another file. */
    public ForwardingFile(StorageFile file) {
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
    public void reserve(long position, long endPosition, int blockBytes) throws IOException {
      file.reserve(position, endPosition, blockBytes);
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
