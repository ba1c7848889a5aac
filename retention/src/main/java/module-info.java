/** Retention policies: their only lever is to advance the start offset. */
module dev.varve.retention {
  requires static org.jspecify;
  requires dev.varve.log;
}
