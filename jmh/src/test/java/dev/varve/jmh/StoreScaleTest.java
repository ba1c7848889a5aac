package dev.varve.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** It measures; the figures mean nothing. */
class StoreScaleTest {
  @Test
  void aStoreIsMeasured() throws Exception {
    StoreScale.Figures figures = StoreScale.measure(3, 1_000_000);
    assertThat(figures.descriptors()).isEqualTo(3 * 3 + 1);
    assertThat(figures.mappings()).isEqualTo(3);
    assertThat(figures.rounds()).isPositive();
    assertThat(figures.toString()).startsWith("   3  ");
    BudgetScale.Figures budget = figures.budget();
    assertThat(budget.segments()).isEqualTo(3 * 6);
    assertThat(budget.gone()).isBetween(5L, 12L);
    assertThat(budget.bytesMissing()).isZero();
    assertThat(budget.toString()).startsWith("   3  ");
  }
}
