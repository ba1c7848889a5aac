package dev.varve.jmh.suite;

/** The little of HTML that is needed in more than one place. */
final class Html {
  private Html() {}

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
