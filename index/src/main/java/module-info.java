/** Sorted lookup over memory that is handed in: no files, no threads. */
module dev.varve.index {
  requires static org.jspecify;

  exports dev.varve.index;
}
