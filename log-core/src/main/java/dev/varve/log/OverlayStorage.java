package dev.varve.log;

import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;

/**
 * A storage seen through a sheet of glass: whatever is changed is changed on the glass, in memory,
 * and the storage below stays as it is. Recovery on it decides what it would decide on the storage.
 *
 * <p>Keeps the pages that were written and no others, so that its memory is that of the changes. It
 * forces nothing. Closing it leaves the storage open.
 *
 * <p>Thread safety: for one thread, while nobody changes the storage.
 */
final class OverlayStorage implements Storage {
  private final Storage storage;
  private final TreeMap<String, OverlayContent> files = new TreeMap<>();

  OverlayStorage(Storage storage) throws IOException {
    this.storage = storage;
    for (String name : storage.list()) {
      files.put(name, OverlayContent.of(storage, name));
    }
  }

  @Override
  public Path directory() {
    return storage.directory();
  }

  @Override
  public List<String> list() {
    return List.copyOf(files.keySet());
  }

  @Override
  public boolean exists(String name) {
    return files.containsKey(name);
  }

  @Override
  public long size(String name) throws IOException {
    return content(name).size();
  }

  @Override
  public StorageFile create(String name) throws IOException {
    OverlayContent content = OverlayContent.empty();
    files.put(name, content);
    return new OverlayFile(name, content, null);
  }

  @Override
  public StorageFile open(String name) throws IOException {
    OverlayContent content = content(name);
    String below = content.nameBelow();
    return new OverlayFile(name, content, below == null ? null : storage.open(below));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    files.put(to, content(from));
    files.remove(from);
  }

  @Override
  public void delete(String name) {
    files.remove(name);
  }

  @Override
  public void forceDirectory() {
    // nothing here outlives the process
  }

  @Override
  public long lastModifiedMillis(String name) throws IOException {
    return content(name).modifiedMillis();
  }

  @Override
  public void setLastModifiedMillis(String name, long millis) throws IOException {
    content(name).setModifiedMillis(millis);
  }

  @Override
  public void close() {
    files.clear();
  }

  private OverlayContent content(String name) throws IOException {
    OverlayContent content = files.get(name);
    if (content == null) {
      throw new FileNotFoundException(directory().resolve(name) + ": no such file");
    }
    return content;
  }
}
