package dev.varve.log.record;

/** Whose clock the timestamps of a batch come from. */
public enum TimestampType {
  /** Each record carries the timestamp that its writer gave it. */
  CREATE_TIME("CreateTime"),
  /** All records of the batch carry the time at which the log took the batch. */
  LOG_APPEND_TIME("LogAppendTime");

  private final String kafkaName;

  TimestampType(String kafkaName) {
    this.kafkaName = kafkaName;
  }

  /** Returns Kafka's name for this type, as in {@code message.timestamp.type}. */
  @Override
  public String toString() {
    return kafkaName;
  }
}
