package dev.varve.log.store;

import java.util.List;
import java.util.Map;

/**
 * What opening a store found and did.
 *
 * @param closedInOrder whether whoever had the directory last, Varve or a broker, stopped in order
 * @param opened how many logs were opened
 * @param failures the logs that could not be opened, and why
 * @param findings what was not as an orderly close leaves it, in the order in which it was found
 */
public record StoreReport(
    boolean closedInOrder,
    int opened,
    Map<TopicPartition, Throwable> failures,
    List<StoreFinding> findings) {
  /** Copies the collections. */
  public StoreReport {
    failures = Map.copyOf(failures);
    findings = List.copyOf(findings);
  }
}
