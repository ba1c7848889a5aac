package dev.varve.crash;

import dev.varve.log.storage.ForwardingStorage;
import dev.varve.log.storage.Storage;
import dev.varve.log.storage.StorageFile;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Does something during a force, when the disk has put aside what it is to force and the call has
 * not returned: what another thread could do then, without one.
 */
final class Meanwhile extends ForwardingStorage {
  private @Nullable Runnable action;

  Meanwhile(Storage disk) {
    super(disk);
  }

  void duringNextForce(@Nullable Runnable next) {
    action = next;
  }

  @Override
  protected StorageFile wrap(StorageFile file) {
    return new ForwardingFile(file) {
      @Override
      public void force() throws IOException {
        super.force();
        Runnable due = action;
        action = null;
        if (due != null) {
          due.run();
        }
      }
    };
  }
}
