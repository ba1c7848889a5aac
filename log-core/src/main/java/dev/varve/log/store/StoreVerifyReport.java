package dev.varve.log.store;

/**
 * How much of what a data directory has beside its logs is wrong.
 *
 * @param damages how many findings were damage
 * @param notes how many were not
 */
public record StoreVerifyReport(long damages, long notes) {

  /** Whether nothing is damaged. */
  public boolean isSound() {
    return damages == 0;
  }
}
