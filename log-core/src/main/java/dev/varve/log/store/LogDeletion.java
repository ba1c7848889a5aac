package dev.varve.log.store;

import dev.varve.log.maintenance.MaintenanceTask;
import dev.varve.log.storage.StorageTree;
import java.io.IOException;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Deletes the files of logs that were deleted, a few of them a step. What is left when the process
 * ends is deleted by the next that opens the store.
 *
 * <p>Thread safety: safe for use by several threads; one of them at a time does a step.
 */
final class LogDeletion implements MaintenanceTask {
  /** About one segment. */
  private static final int FILES_A_STEP = 4;

  private final StorageTree tree;
  private final LogStoreListener listener;
  private final Queue<String> names = new ConcurrentLinkedQueue<>();

  /** Of which files may be gone already. */
  private String begun = "";

  LogDeletion(StorageTree tree, LogStoreListener listener) {
    this.tree = tree;
    this.listener = listener;
  }

  /** Takes over directories that were renamed. */
  void add(Collection<String> deleted) {
    names.addAll(deleted);
  }

  @Override
  public int doWork() throws IOException {
    String name = names.peek();
    if (name == null) {
      return 0;
    }
    boolean failed = true;
    boolean gone = false;
    try {
      if (!name.equals(begun)) {
        tree.forceDirectory(); // its old name must not come back with only half of the files
        begun = name;
      }
      gone = tree.deleteDirectory(name, FILES_A_STEP);
      failed = false;
      return 1;
    } finally {
      if (failed || gone) {
        names.remove(name);
      }
      if (failed) {
        names.add(name); // behind the others, which may be luckier
      }
    }
  }

  @Override
  public String roleName() {
    return "deletion";
  }

  @Override
  public String subject() {
    return tree.directory().toString();
  }

  @Override
  public long backlog() {
    return names.size();
  }

  @Override
  public void onFailure(Throwable failure) {
    listener.maintenanceFailed(roleName(), failure);
  }
}
