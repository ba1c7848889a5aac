package dev.varve.jmh.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobTest {
  @Test
  void aQuickJobMeasuresEachOfItsParametersAtOneValue() {
    List<Workload> quick =
        Arrays.stream(Workload.values()).filter(next -> next.quick() != null).toList();
    for (Job job : Job.of(quick, true, Path.of("logs"))) {
      for (String parameter : List.of("peer", "codec", "valueBytes", "threads", "batchRecords")) {
        var values = job.options().getParameter(parameter);
        assertThat(values.hasValue() ? values.get() : List.of())
            .as(job + ", " + parameter)
            .hasSizeLessThanOrEqualTo(1);
      }
    }
  }
}
