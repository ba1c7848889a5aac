package dev.varve.jmh;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/**
 * Compacts the log in a directory, all but its active segment, however many passes that takes.
 * Opening and closing are not measured.
 */
@FunctionalInterface
interface LogCleaning {
  /**
   * Compacts.
   *
   * @param directory of a log that was closed in order
   * @param keyMapBytes the memory for the keys
   */
  Figures clean(Path directory, int keyMapBytes) throws IOException;

  /** The time that all threads of this process have had a processor, in nanoseconds. */
  static long processCpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /**
   * What it did.
   *
   * @param passes how many it took
   * @param bytesBefore of the log, without the active segment
   * @param recordsBefore the records that were looked at, in all passes
   * @param recordsAfter those that stay
   * @param nanos how long it took
   * @param cpuNanos the time that all threads of the process had a processor meanwhile: collecting
   *     garbage and the work of the system for it included
   * @param allocatedBytes on the heap, by the thread that did it
   */
  record Figures(
      int passes,
      long bytesBefore,
      long recordsBefore,
      long recordsAfter,
      long nanos,
      long cpuNanos,
      long allocatedBytes) {
    double mebibytesPerSecond() {
      return bytesBefore / (double) (1 << 20) / (nanos / 1e9);
    }

    /** What it would be if nothing had to be waited for: neither the disk nor a processor. */
    double mebibytesPerCpuSecond() {
      return bytesBefore / (double) (1 << 20) / (cpuNanos / 1e9);
    }
  }
}
