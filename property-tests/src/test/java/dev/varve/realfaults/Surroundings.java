package dev.varve.realfaults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is put around a process so that it meets a fault and nobody else does. A mount lives in a
 * mount namespace of the process alone: it goes when the process does, however that ends.
 */
enum Surroundings {
  /** A directory like any other. */
  NONE("exec \"$@\""),

  /** A file system in memory, with room for little. */
  SMALL_TMPFS("mount -t tmpfs -o size=6m varve-test \"$DIR\" && exec \"$@\""),

  /** A file system on a loop device, with room for little, that turns read-only at an error. */
  SMALL_EXT4(
      "truncate -s 12M \"$DIR.image\" && mkfs.ext4 -q -m 0 \"$DIR.image\""
          + " && mount -o loop,errors=remount-ro \"$DIR.image\" \"$DIR\" && exec \"$@\""),

  /** Few descriptors, for the process may use them all. */
  FEW_DESCRIPTORS("ulimit -n 256 && exec \"$@\""),

  /** Without the superuser's right to pass over permissions. */
  NO_PRIVILEGE(
      "if [ \"$(id -u)\" -eq 0 ];"
          + " then exec setpriv --bounding-set=-dac_override,-dac_read_search \"$@\";"
          + " else exec \"$@\"; fi");

  private static final List<String> IN_OWN_NAMESPACE =
      List.of("unshare", "--mount", "--propagation", "private");

  private final String script;

  Surroundings(String script) {
    this.script = script;
  }

  /** The file that holds the file system which is mounted on a directory. */
  static Path imageOf(Path directory) {
    return Path.of(directory + ".image");
  }

  private boolean mounts() {
    return script.contains("mount ");
  }

  /** The command that runs another one in these surroundings. */
  List<String> around(Path directory, List<String> command) {
    List<String> wrapped = new ArrayList<>();
    if (mounts()) {
      wrapped.addAll(IN_OWN_NAMESPACE);
    }
    wrapped.addAll(List.of("env", "DIR=" + directory, "sh", "-c", script, "sh"));
    wrapped.addAll(command);
    return wrapped;
  }

  /** Why these surroundings cannot be had here, in the system's words; null if they can. */
  @Nullable String refusal(Path directory) throws IOException, InterruptedException {
    Process trial;
    try {
      trial =
          new ProcessBuilder(around(directory, List.of("true"))).redirectErrorStream(true).start();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
    String said = new String(trial.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    return trial.waitFor() == 0 ? null : said;
  }
}
