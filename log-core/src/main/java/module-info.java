/**
 * One commit log in one directory: records, segments, storage, producers, recovery, maintenance.
 */
module dev.varve.log {
  requires static org.jspecify;
  requires static com.google.errorprone.annotations;
  requires dev.varve.index;
  requires transitive org.agrona;
  requires org.lz4.java;
  requires com.github.luben.zstd_jni;
  requires static org.xerial.snappy;

  exports dev.varve.log;
  exports dev.varve.log.error;
  exports dev.varve.log.inspect;
  exports dev.varve.log.maintenance;
  exports dev.varve.log.record;
  exports dev.varve.log.storage;
  exports dev.varve.log.store;
}
