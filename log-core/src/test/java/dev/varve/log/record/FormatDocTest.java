package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemoryLayout.PathElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the table of the batch header in {@code docs/FORMAT.md} against the layout. */
class FormatDocTest {
  private static final Pattern ROW = Pattern.compile("\\| (\\d+) \\| (\\d+) \\| (\\w+) \\|");

  @Test
  void theTableOfTheBatchHeaderIsTheLayout() throws IOException {
    List<String> documented =
        ROW.matcher(Files.readString(Path.of("..", "docs", "FORMAT.md")))
            .results()
            .map(row -> row.group(1) + "+" + row.group(2) + " " + row.group(3))
            .toList();
    List<String> coded =
        RecordBatchLayout.HEADER.memberLayouts().stream()
            .map(member -> {
              String name = member.name().orElseThrow();
              long at = RecordBatchLayout.HEADER.byteOffset(PathElement.groupElement(name));
              return at + "+" + member.byteSize() + " " + name;
            })
            .toList();

    assertThat(documented).isEqualTo(coded);
  }
}
