package dev.varve.compaction;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A pass of compaction in a flight recording; lasts as long as the pass. */
@Name("dev.varve.Compaction")
@Label("Compaction")
@Category("Varve")
@Description("A pass of compaction over a log")
@StackTrace(false)
final class CompactionEvent extends Event {
  @Label("Log")
  String log = "";

  @Label("First Dirty Offset")
  long firstDirtyOffset;

  @Label("End Offset")
  long endOffset;

  @Label("Keys")
  long keys;

  @Label("Bytes Before")
  @DataAmount
  long bytesBefore;

  @Label("Bytes After")
  @DataAmount
  long bytesAfter;

  void end(CompactionResult result) {
    log = result.log();
    firstDirtyOffset = result.firstDirtyOffset();
    endOffset = result.endOffset();
    keys = result.keys();
    bytesBefore = result.bytesBefore();
    bytesAfter = result.bytesAfter();
    commit();
  }
}
