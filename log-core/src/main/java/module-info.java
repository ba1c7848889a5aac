/**
 * One commit log in one directory: records, segments, storage, producers, recovery, maintenance.
 */
module dev.varve.log {
  exports dev.varve.log.record;

  requires static org.jspecify;
  requires static com.google.errorprone.annotations;
  requires dev.varve.index;
  requires org.agrona;
  requires org.lz4.java;
  requires com.github.luben.zstd_jni;
  requires static org.xerial.snappy;
}
