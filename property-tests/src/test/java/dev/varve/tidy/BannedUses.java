package dev.varve.tidy;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Calls and types that are not used here, each with what is used in its place. Looks at compiled
 * classes, so that imports, static imports and method references make no difference.
 */
final class BannedUses {
  /** The one class that maps files, for a mapping that outlives its file kills the process. */
  static final Set<String> MAPPING_CLASSES = Set.of("dev.varve.log.storage.FileChannelFile");

  /** Where processes begin, and so the only classes that may end one. */
  static final Set<String> MAIN_CLASSES =
      Set.of("dev.varve.cli.Varve", "dev.varve.jmh.suite.BenchCommand");

  /** The edges, where the real clock and real threads are put in. */
  private static final Set<String> EDGE_MODULES = Set.of("cli", "jmh");

  /** What drives maintenance where the embedder does not, and what opens many logs at a time. */
  private static final Set<String> THREAD_CLASSES =
      Set.of("dev.varve.log.maintenance.MaintenanceThread", "dev.varve.log.store.ParallelLogs");

  private static final String CONSTRUCTOR = "<init>";

  private static final Predicate<Call> FORMATS_IN_DEFAULT_LOCALE =
      anyOf(
              List.of(
                  calls("java.lang.String", "format", "formatted", "toLowerCase", "toUpperCase"),
                  calls("java.io.PrintStream", "format", "printf"),
                  calls("java.io.PrintWriter", "format", "printf"),
                  calls("java.io.Console", "format", "printf"),
                  calls("java.time.format.DateTimeFormatter", "ofPattern"),
                  calls(
                      "java.text.NumberFormat",
                      "getInstance",
                      "getIntegerInstance",
                      "getNumberInstance",
                      "getPercentInstance"),
                  calls("java.util.Formatter", CONSTRUCTOR),
                  calls("java.text.DecimalFormat", CONSTRUCTOR),
                  calls("java.text.SimpleDateFormat", CONSTRUCTOR)))
          .and(call -> !call.takes(Locale.class));

  private static final Predicate<Call> READS_THE_CLOCK =
      anyOf(
          List.of(
              calls("java.lang.System", "currentTimeMillis", "nanoTime"),
              calls("java.time.InstantSource", "system"),
              call -> call.owner.equals("java.time.Clock") && call.name.startsWith("system"),
              call -> call.owner.equals("java.time.Clock") && call.name.startsWith("tick"),
              call ->
                  call.owner.startsWith("java.time.")
                      && call.name.equals("now")
                      && !call.takes(Clock.class)));

  private static final Predicate<Call> STARTS_A_THREAD =
      anyOf(
          List.of(
              calls(
                  "java.lang.Thread", CONSTRUCTOR, "ofPlatform", "ofVirtual", "startVirtualThread"),
              calls("java.util.Timer", CONSTRUCTOR),
              call -> call.owner.equals("java.util.concurrent.Executors"),
              call ->
                  call.owner.equals("java.util.concurrent.CompletableFuture")
                      && call.name.endsWith("Async")));

  private static final List<Ban> BANS =
      List.of(
          new Ban(
              "formats in the locale of the machine",
              "name the locale: Locale.ROOT for what programs read (String.format(Locale.ROOT, …))",
              FORMATS_IN_DEFAULT_LOCALE,
              place -> false),
          new Ban(
              "reads the clock of the machine",
              "take an InstantSource, or Agrona's EpochClock, and let LogOptions or the command"
                  + " line put the real one in",
              READS_THE_CLOCK,
              place ->
                  EDGE_MODULES.contains(place.module)
                      || place.isIn(Set.of("dev.varve.log.LogOptions"))),
          new Ban(
              "sleeps",
              "wait for the event itself (a latch, a condition), use Agrona's IdleStrategy, or"
                  + " advance the clock of the test",
              anyOf(
                  List.of(
                      calls("java.lang.Thread", "sleep"),
                      calls("java.util.concurrent.TimeUnit", "sleep"))),
              place -> !place.test && EDGE_MODULES.contains(place.module)),
          new Ban(
              "maps a file",
              "ask Storage for it: its lifetime is kept in " + String.join(", ", MAPPING_CLASSES),
              calls("java.nio.channels.FileChannel", "map"),
              place -> place.isIn(MAPPING_CLASSES)),
          new Ban(
              "ends the process",
              "throw, and let the main class choose the exit status",
              anyOf(
                  List.of(
                      calls("java.lang.System", "exit"),
                      calls("java.lang.Runtime", "exit", "halt"))),
              place -> place.isIn(MAIN_CLASSES)),
          new Ban(
              "starts a thread",
              "write a MaintenanceTask and let Maintenance, or the caller, drive it",
              STARTS_A_THREAD,
              place ->
                  place.test || EDGE_MODULES.contains(place.module) || place.isIn(THREAD_CLASSES)));

  private static final List<TypeBan> TYPE_BANS =
      List.of(
          new TypeBan(
              "sun.misc.", "java.lang.foreign.MemorySegment and VarHandle do this in the open"),
          new TypeBan(
              "jdk.internal.", "it needs a JVM flag from every embedder: use the public API"),
          new TypeBan(
              "java.nio.MappedByteBuffer", "MemorySegment, mapped by Storage: it can be closed"));

  private BannedUses() {}

  /** What these classes of a module do that is not done here, with place and cure, in order. */
  static List<String> findIn(String module, boolean test, Iterable<JavaClass> classes) {
    List<String> findings = new ArrayList<>();
    for (JavaClass type : classes) {
      Place place = new Place(module, test, type.getName());
      for (JavaCodeUnitAccess<?> access : type.getCodeUnitAccessesFromSelf()) {
        Call call = new Call(access.getTarget());
        BANS.stream()
            .filter(ban -> ban.calls.test(call) && !ban.allowedIn.test(place))
            .map(ban -> access.getDescription() + " " + ban.what + ". Cure: " + ban.cure)
            .forEach(findings::add);
      }
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String used = dependency.getTargetClass().getBaseComponentType().getName();
        TYPE_BANS.stream()
            .filter(ban -> used.startsWith(ban.prefix))
            .map(ban -> dependency.getDescription() + ". Cure: " + ban.cure)
            .forEach(findings::add);
      }
    }
    return findings.stream().distinct().sorted().toList();
  }

  private static Predicate<Call> calls(String owner, String... names) {
    return call -> call.owner.equals(owner) && List.of(names).contains(call.name);
  }

  private static Predicate<Call> anyOf(List<Predicate<Call>> choices) {
    return call -> choices.stream().anyMatch(choice -> choice.test(call));
  }

  /** A way of doing things, why it is banned, and who may do it all the same. */
  private record Ban(String what, String cure, Predicate<Call> calls, Predicate<Place> allowedIn) {}

  private record TypeBan(String prefix, String cure) {}

  /** Where a call stands. */
  private record Place(String module, boolean test, String className) {
    /** Whether this is one of the classes, or nested in one. */
    boolean isIn(Set<String> classes) {
      return classes.stream()
          .anyMatch(name -> className.equals(name) || className.startsWith(name + "$"));
    }
  }

  /** What is called, or named by a method reference. */
  private record Call(String owner, String name, List<String> parameters) {
    Call(CodeUnitAccessTarget target) {
      this(
          target.getOwner().getName(),
          target.getName(),
          target.getRawParameterTypes().stream().map(JavaClass::getName).toList());
    }

    boolean takes(Class<?> parameter) {
      return parameters.contains(parameter.getName());
    }
  }
}
