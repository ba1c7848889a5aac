package dev.varve.retention;

/** Lets segments go without which the log is large enough. */
record SizeRule(long retentionBytes) implements RetentionRule {
  private static final String NAME = "retention.bytes";

  SizeRule {
    if (retentionBytes < 0) {
      throw new IllegalArgumentException(
          NAME + " is " + retentionBytes + ", expected 0 or more (no limit: leave the rule out)");
    }
  }

  @Override
  public Judgement judge(Candidate candidate) {
    long without = candidate.bytesLeft() - candidate.segment().sizeBytes();
    boolean expired = without >= retentionBytes;
    String reason =
        "without it "
            + Amounts.bytes(without)
            + " are left, "
            + (expired ? "not less than " : "less than ")
            + Amounts.bytes(retentionBytes);
    return new Judgement(expired, NAME, reason);
  }
}
