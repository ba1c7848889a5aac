package dev.varve.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The methods of the hot paths stay small enough to be inlined: a guard that no noise of the
 * machine touches. HotSpot's second compiler inlines no method of more than {@value
 * #INLINED_BYTES_MAX} bytes of bytecode, however hot ({@code -XX:FreqInlineSize}).
 */
class HotMethodsTest {
  private static final int INLINED_BYTES_MAX = 325;

  /** What an append, a read and a compaction pass through for each batch or record. */
  static Stream<String> classesOfHotPaths() {
    return Stream.of(
        "dev.varve.log.CommitLog",
        "dev.varve.log.LogWriter",
        "dev.varve.log.AppendRules",
        "dev.varve.log.WriteLock",
        "dev.varve.log.FirstUndecided",
        "dev.varve.log.LogReader",
        "dev.varve.log.PinnedBatches",
        "dev.varve.log.ReadPath",
        "dev.varve.log.segment.ActiveSegment",
        "dev.varve.log.segment.SegmentView",
        "dev.varve.log.segment.SegmentIndexes",
        "dev.varve.log.producer.ProducerState",
        "dev.varve.log.producer.ProducerStates",
        "dev.varve.log.record.BatchChecksum",
        "dev.varve.log.record.EncodedBatch",
        "dev.varve.log.record.RecordBatch",
        "dev.varve.log.record.RecordBatchBuilder",
        "dev.varve.log.record.RecordCursor",
        "dev.varve.log.record.RecordParser",
        "dev.varve.log.record.RecordWriter",
        "dev.varve.log.record.Varint",
        "dev.varve.compaction.FoldedHash",
        "dev.varve.compaction.KeyBytes",
        "dev.varve.compaction.KeyCache",
        "dev.varve.compaction.KeyMap",
        "dev.varve.compaction.KeyTable",
        "dev.varve.index.OffsetIndex",
        "dev.varve.index.TimeIndex");
  }

  @ParameterizedTest
  @MethodSource("classesOfHotPaths")
  void noMethodIsTooLongToBeInlined(String name) throws IOException {
    Map<String, Integer> bytes = codeBytes(name);
    assertThat(bytes).as("methods of %s", name).isNotEmpty();
    bytes.values().removeIf(size -> size <= INLINED_BYTES_MAX);
    assertThat(bytes)
        .as("methods of %s with more than %d bytes of bytecode", name, INLINED_BYTES_MAX)
        .isEmpty();
  }

  /** Else a method that is too long would not be found either. */
  @Test
  void longMethodsAreFound() throws IOException {
    Map<String, Integer> bytes = codeBytes("java.util.regex.Pattern");
    assertThat(bytes.values()).anyMatch(size -> size > INLINED_BYTES_MAX);
  }

  private static Map<String, Integer> codeBytes(String className) throws IOException {
    Map<String, Integer> bytes = new TreeMap<>();
    for (MethodModel method : parse(className).methods()) {
      if (method.methodName().stringValue().startsWith("<")) {
        continue; // constructors run once
      }
      List<CodeAttribute> code =
          method.code().filter(CodeAttribute.class::isInstance).stream()
              .map(CodeAttribute.class::cast)
              .toList();
      for (CodeAttribute attribute : code) {
        String name = method.methodName().stringValue() + method.methodType().stringValue();
        bytes.put(name, attribute.codeLength());
      }
    }
    return bytes;
  }

  private static ClassModel parse(String className) throws IOException {
    String path = "/" + className.replace('.', '/') + ".class";
    try (InputStream in = HotMethodsTest.class.getResourceAsStream(path)) {
      assertThat(in).as(path).isNotNull();
      return ClassFile.of().parse(in.readAllBytes());
    }
  }
}
