package dev.varve.tidy;

/**
 * A text file of the project.
 *
 * @param path from the root of the checkout, with slashes
 */
record SourceText(String path, String content) {
  boolean isJava() {
    return path.endsWith(".java");
  }
}
