package dev.varve.log;

/**
 * What {@link LogWriter#append} says of a batch, in one word so as to make no garbage: its base
 * offset if it was appended, and the complement of the base offset that it has in the log if its
 * producer has repeated it.
 */
final class AppendAnswer {
  private AppendAnswer() {}

  /** The answer about a batch that is in the log already. */
  static long repeated(long originalOffset) {
    return ~originalOffset;
  }

  /** Whether the batch was in the log already. */
  static boolean isRepeated(long answer) {
    return answer < 0;
  }

  /** The base offset that the batch has in the log. */
  static long baseOffset(long answer) {
    return answer < 0 ? ~answer : answer;
  }
}
