/** Retention policies: their only lever is to advance the start offset. */
module dev.varve.retention {
  requires static org.jspecify;
  requires static com.google.errorprone.annotations;
  requires transitive dev.varve.log;

  exports dev.varve.retention;
}
