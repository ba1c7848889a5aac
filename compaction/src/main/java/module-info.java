/** The background compactor: its only lever is to replace sealed segments by others. */
module dev.varve.compaction {
  requires static org.jspecify;
  requires static com.google.errorprone.annotations;
  requires jdk.jfr;
  requires transitive dev.varve.log;

  exports dev.varve.compaction;
}
