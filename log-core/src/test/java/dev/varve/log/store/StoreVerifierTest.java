package dev.varve.log.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.CommitLog;
import dev.varve.log.inspect.Finding;
import dev.varve.log.inspect.LogVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found beside the logs of a data directory. */
class StoreVerifierTest {
  private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
  private static final String MARKER = ".kafka_cleanshutdown";
  private static final String STARTS = "log-start-offset-checkpoint";
  private static final String UNIQUE = ".5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70";

  @TempDir private Path data;

  /** orders-0 with the offsets 1 and 2, orders-1 without any. */
  @BeforeEach
  void makeStore() {
    try (LogStore store = LogStore.open(data)) {
      CommitLog orders = store.create(ORDERS);
      for (int i = 0; i < 3; i++) {
        orders.append(null, "v".getBytes(UTF_8));
      }
      orders.advanceStartOffset(1);
      store.create(new TopicPartition("orders", 1));
    }
  }

  /** What is found, with the file named from the data directory on. */
  private List<String> findings() throws IOException {
    List<Finding> found = new ArrayList<>();
    StoreListing store = StoreListing.of(data).orElseThrow();
    StoreVerifier verifier = StoreVerifier.of(store, found::add);
    for (TopicPartition log : store.logs()) {
      verifier.compare(log, LogVerifier.verify(store.directory(log), _ -> {}));
    }
    StoreVerifyReport report = verifier.end();
    assertThat(report.damages()).isEqualTo(found.stream().filter(Finding::isDamage).count());
    assertThat(report.damages() + report.notes()).isEqualTo(found.size());
    assertThat(report.isSound()).isEqualTo(report.damages() == 0);
    return found.stream()
        .map(finding ->
            (finding.isDamage() ? "damage " : "note ")
                + data.relativize(finding.file())
                + ": "
                + finding.found()
                + ", expected "
                + finding.expected())
        .toList();
  }

  private void put(String name, String content) throws IOException {
    Files.write(data.resolve(name), content.getBytes(US_ASCII));
  }

  private void lose(String name) throws IOException {
    Files.delete(data.resolve(name));
  }

  @Test
  void whatAStoreLeavesIsSound() throws IOException {
    assertThat(findings()).isEmpty();
  }

  @Test
  void soIsAStoreThatIsOpen() throws IOException {
    try (LogStore store = LogStore.open(data)) {
      store.log(ORDERS).append(null, new byte[1]);
      store.log(ORDERS).advanceStartOffset(2);
      assertThat(findings()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "version=2|property version: \"2\", expected 0 or 1",
        "cluster.id=a|property version: none, expected 0 or 1",
        "version=1,node.id=1|property cluster.id: none, expected a name",
        "version=1,cluster.id=a|property node.id: none, expected a number from 0 to 2147483647",
        "version=1,cluster.id=a,node.id=2147483648|property node.id: \"2147483648\", expected a"
            + " number from 0 to 2147483647",
        "version=1,cluster.id=a,node.id=99999999999|property node.id: \"99999999999\", expected a"
            + " number from 0 to 2147483647",
        "version=1,cluster.id=a,node.id=1,directory.id=x|property directory.id: \"x\", expected 22"
            + " characters of base64",
      })
  void metaPropertiesThatNoBrokerReads(String content, String finding) throws IOException {
    put("meta.properties", content.replace(',', '\n'));
    assertThat(findings()).containsExactly("damage meta.properties: " + finding);
  }

  @Test
  void everythingThatIsWrongWithMetaPropertiesIsTold() throws IOException {
    put("meta.properties", "version=1\nnode.id=-1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAA\n");
    assertThat(findings()).hasSize(3).allMatch(line -> line.startsWith("damage meta.properties"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "recovery-point-offset-checkpoint",
        STARTS,
        "replication-offset-checkpoint",
        "cleaner-offset-checkpoint"
      })
  void aFileWithOffsetsThatIsMalformedOrOfNoLogOrBeyondOne(String name) throws IOException {
    String sound = name.equals(STARTS) ? "orders 0 1" : "orders 0 3";
    put(name, "0\n2\n" + sound + "\n");
    assertThat(findings())
        .containsExactly(
            "damage " + name + ": line 2: \"2\", expected the number of entries that follow");
    put(name, "0\n2\n" + sound + "\norders one 0\n");
    assertThat(findings())
        .singleElement()
        .asString()
        .startsWith("damage " + name + ": line 4: \"orders one 0\", expected ");
    put(name, "0\n2\n" + sound + "\nnobody 3 17\n");
    assertThat(findings())
        .containsExactly(
            "damage " + name + ": line 4: offset 17 of nobody-3, expected logs that are here only");
    put(name, "0\n1\norders 0 4\n");
    assertThat(findings())
        .containsExactly(
            "damage "
                + name
                + ": line 3: offset 4 of orders-0, expected at most the end of the"
                + " log, 3");
  }

  @Test
  void withoutTheMarkerOfACleanStopLessIsReliedOn() throws IOException {
    lose(MARKER);
    put(STARTS, "0\n2\norders 0 1\nnobody 3 17\n");
    lose("recovery-point-offset-checkpoint");
    lose("meta.properties");
    assertThat(findings()).hasSize(3).allMatch(line -> line.startsWith("note "));
  }

  @Test
  void theMarkerOfACleanStopVouchesForWhatIsMissing() throws IOException {
    lose(STARTS);
    lose("recovery-point-offset-checkpoint");
    lose("cleaner-offset-checkpoint");
    lose("meta.properties");
    assertThat(findings())
        .containsExactlyInAnyOrder(
            "damage recovery-point-offset-checkpoint: no file, expected one beside the marker of a"
                + " clean stop",
            "damage " + STARTS + ": no file, expected one beside the marker of a clean stop",
            "note cleaner-offset-checkpoint: no file, expected one beside the marker of a clean"
                + " stop",
            "damage meta.properties: no file, expected the one by which a broker knows its data"
                + " directories");
  }

  /** A broker would show what was given up. */
  @Test
  void aStartThatIsNotedTooLowOrNotAtAll() throws IOException {
    put(STARTS, "0\n1\norders 0 0\n");
    assertThat(findings())
        .containsExactly(
            "damage "
                + STARTS
                + ": line 3: offset 0 of orders-0, expected where the log begins,"
                + " 1");
    put(STARTS, "0\n0\n");
    put("recovery-point-offset-checkpoint", "");
    assertThat(findings())
        .containsExactly(
            "damage " + STARTS + ": no entry of orders-0, expected where the log begins, 1",
            "note recovery-point-offset-checkpoint: no entry of orders-0, expected the end of the"
                + " log, 3, beside the marker of a clean stop");
    lose(MARKER);
    assertThat(findings()).isEmpty();
  }

  @Test
  void aMarkerBesideALogThatIsOpenIsWorthKnowing() throws IOException {
    try (CommitLog _ = CommitLog.open(data.resolve("orders-0"))) {
      assertThat(findings())
          .containsExactly(
              "note "
                  + MARKER
                  + ": the marker of a clean stop, with which a broker does not scan orders-0,"
                  + " expected none, as that was not closed in order, unless a broker has had it"
                  + " since");
    }
  }

  @Test
  void topicIdsThatAreMissingOrContradictEachOther() throws IOException {
    lose("orders-1/partition.metadata");
    assertThat(findings())
        .containsExactly(
            "note orders-1/partition.metadata: no file, expected the id of topic orders");
    put("orders-1/partition.metadata", "version: 0\ntopic_id: MkU3OEVBNTcwNTJENDM2Qg");
    assertThat(findings())
        .singleElement()
        .asString()
        .startsWith(
            "damage orders-1/partition.metadata: topic id MkU3OEVBNTcwNTJENDM2Qg, expected ")
        .endsWith(", as orders-0 has it: a broker takes one of them for a stray");
  }

  @ParameterizedTest
  @CsvSource({
    "lost+found, a strange directory",
    "orders-2" + UNIQUE + "-delete, files of a log that was deleted",
    "orders-2" + UNIQUE + "-future, a directory that only a broker knows what to do with",
    "orders-2" + UNIQUE + "-stray, a directory that only a broker knows what to do with",
    "__cluster_metadata-0, a directory that only a broker knows what to do with",
  })
  void otherDirectoriesAreToldAndNoError(String name, String found) throws IOException {
    Files.createDirectory(data.resolve(name));
    assertThat(findings())
        .singleElement()
        .asString()
        .startsWith("note " + name + ": " + found + ", expected ");
  }

  /** A broker notes offsets of a copy that it is moving by the name of the log. */
  @Test
  void anEntryOfALogThatABrokerIsMovingIsLawful() throws IOException {
    Files.createDirectory(data.resolve("orders-2" + UNIQUE + "-future"));
    put(STARTS, "0\n2\norders 0 1\norders 2 17\n");
    assertThat(findings()).noneMatch(line -> line.startsWith("damage"));
  }

  @Test
  void configurationsThatNoTopicCanHave() throws IOException {
    put("varve.topics", "orders/segment.bytes=x\norders/retention.ms=7\n");
    assertThat(findings())
        .singleElement()
        .asString()
        .startsWith("damage varve.topics: entry orders/segment.bytes=x: segment.bytes is x, ");
    put("varve.topics", "orders/retention.ms=\\uX");
    assertThat(findings())
        .singleElement()
        .asString()
        .startsWith("damage varve.topics: all of it: ");
  }

  @Test
  void aReplacementThatWasNeverPutInPlaceIsALeftover() throws IOException {
    put(STARTS + ".tmp", "0\n");
    assertThat(findings())
        .containsExactly(
            "note "
                + STARTS
                + ".tmp: a leftover, a replacement that was never put in place,"
                + " expected none");
  }
}
