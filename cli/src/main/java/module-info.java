/** The command line. */
module dev.varve.cli {
  requires static org.jspecify;
  requires com.fasterxml.jackson.core;
  requires dev.varve.compaction;
  requires dev.varve.log;
  requires dev.varve.retention;
  requires info.picocli;
  requires me.tongfei.progressbar;

  opens dev.varve.cli to
      info.picocli;
}
