package dev.varve.log.storage;

/**
 * A storage that forces nothing: for tests of what survives the process, which power loss is not.
 */
public class UnforcedStorage extends ForwardingStorage {
  public UnforcedStorage(Storage storage) {
    super(storage);
  }

  @Override
  public void forceDirectory() {
    // as the class says
  }

  @Override
  protected StorageFile wrap(StorageFile file) {
    return new ForwardingFile(file) {
      @Override
      public void force() {
        // as the class says
      }
    };
  }
}
