/**
 * The benchmarks as a suite: which workloads and peers go together, how they are run, and the
 * report in the terminal, as a page and as Markdown.
 */
@NullMarked
package dev.varve.jmh.suite;

import org.jspecify.annotations.NullMarked;
