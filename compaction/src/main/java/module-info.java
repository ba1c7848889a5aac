/** The background compactor: its only lever is to replace sealed segments by others. */
module dev.varve.compaction {
  requires static org.jspecify;
  requires dev.varve.log;
}
