package dev.varve.log.store;

import static dev.varve.log.store.StoreFixture.ORDERS;
import static dev.varve.log.store.StoreFixture.append;
import static dev.varve.log.store.StoreFixture.put;
import static dev.varve.log.store.StoreFixture.text;
import static dev.varve.log.store.StoreFixture.valuesIn;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.storage.SimulatedTree;
import dev.varve.log.store.StoreFinding.Kind;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data directories that are not as they should be: reported, mended, and nothing lost. */
class BadDataDirectoryTest {
  private final SimulatedTree tree = new SimulatedTree(Path.of("data"), 1);
  private final StoreFixture fixture = new StoreFixture();

  @BeforeEach
  void makeStore() {
    try (LogStore store = fixture.open(tree)) {
      append(store.create(ORDERS), "a", "b", "c");
      store.log(ORDERS).advanceStartOffset(1);
    }
    fixture.found.clear();
  }

  /** Opens the store, looks at the log, and closes it in order. */
  private void openSound() {
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.failures()).isEmpty();
      assertThat(valuesIn(store.log(ORDERS))).containsExactly("b", "c");
      assertThat(store.openReport().findings()).isEqualTo(fixture.found);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "lost+found, UNKNOWN_DIRECTORY",
    "orders, UNKNOWN_DIRECTORY",
    "orders-0x, UNKNOWN_DIRECTORY",
    "__cluster_metadata-0, BROKERS_DIRECTORY",
    "orders-1.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-future, BROKERS_DIRECTORY",
    "orders-1.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-stray, BROKERS_DIRECTORY",
  })
  void aDirectoryThatIsNoLogIsToldAndLeftAlone(String name, Kind kind) throws IOException {
    tree.putDirectory(name).put("anything", new byte[] {1});
    openSound();
    assertThat(fixture.found).hasSize(1);
    assertThat(fixture.found.getFirst().kind()).isEqualTo(kind);
    assertThat(fixture.found.getFirst().path()).isEqualTo(Path.of("data", name));
    assertThat(tree.directories()).contains(name);
    assertThat(tree.directory(name).contents()).containsKey("anything");
  }

  /** Of a copy that a broker was moving nobody here knows how it was left. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoDoesNotOpenALogDoesNotVouchForIt(boolean cleanBefore) {
    tree.putDirectory("orders-1.5f0c9b3e8a6d4c7f9e1b2a3c4d5e6f70-future");
    if (!cleanBefore) {
      tree.files().lose(StoreCheckpoints.CLEAN_SHUTDOWN_FILE_NAME);
    }
    openSound();
    assertThat(tree.files().contents().containsKey(StoreCheckpoints.CLEAN_SHUTDOWN_FILE_NAME))
        .isEqualTo(cleanBefore);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "recovery-point-offset-checkpoint",
        "log-start-offset-checkpoint",
        "replication-offset-checkpoint",
        "cleaner-offset-checkpoint"
      })
  void aCheckpointThatIsCutOrOfAnotherVersionIsSetAsideAndRebuilt(String name) {
    String sound = text(tree, name);
    for (String bad : new String[] {"0\n2\norders 0 1\n", "7\n0\n", "\0\0\0\0"}) {
      put(tree, name, bad);
      fixture.found.clear();
      openSound();
      assertThat(fixture.found).extracting(StoreFinding::kind).containsExactly(Kind.DAMAGED_FILE);
      assertThat(text(tree, name)).isEqualTo(sound);
    }
    assertThat(text(tree, name + ".set-aside")).isEqualTo("0\n2\norders 0 1\n");
    assertThat(text(tree, name + ".set-aside-2")).isEqualTo("7\n0\n");
    fixture.found.clear();
    openSound();
    assertThat(fixture.found).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "recovery-point-offset-checkpoint",
        "log-start-offset-checkpoint",
        "replication-offset-checkpoint",
        "cleaner-offset-checkpoint",
        ".kafka_cleanshutdown",
        "meta.properties",
        "varve.topics"
      })
  void aFileThatIsMissingIsMadeAnew(String name) {
    tree.files().lose(name);
    openSound();
    if (!name.equals("varve.topics")) {
      assertThat(text(tree, name)).isNotEqualTo("none");
    }
  }

  @Test
  void anEntryAboutALogThatIsNotThereIsLeftOut() {
    put(tree, "log-start-offset-checkpoint", "0\n2\norders 0 1\nnobody 3 17\n");
    openSound();
    assertThat(fixture.found)
        .singleElement()
        .hasToString(
            "data/log-start-offset-checkpoint: found offset 17 of nobody-3, which is not here;"
                + " left it out");
    assertThat(text(tree, "log-start-offset-checkpoint")).isEqualTo("0\n1\norders 0 1\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "version=2\ncluster.id=a\nnode.id=1\n",
        "version=1\nnode.id=1\n",
        "version=1\ncluster.id=a\nnode.id=x\n",
        "version=1\ncluster.id=a\nnode.id=1\ndirectory.id=short\n",
        "version=1\\uXYZ"
      })
  void metaPropertiesThatNoBrokerReadsAreSetAside(String bad) {
    put(tree, "meta.properties", bad);
    openSound();
    assertThat(fixture.found).extracting(StoreFinding::kind).containsExactly(Kind.DAMAGED_FILE);
    assertThat(text(tree, "meta.properties")).startsWith("version=1\ncluster.id=");
    assertThat(text(tree, "meta.properties.set-aside")).isEqualTo(bad);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version=0\nbroker.id=1\n",
        "#\n#Sat\nnode.id=4\nversion=1\ncluster.id=mine\ndirectory.id=MkU3OEVBNTcwNTJENDM2Qg\n"
      })
  void metaPropertiesOfABrokerStayAsTheyAre(String sound) {
    put(tree, "meta.properties", sound);
    openSound();
    assertThat(fixture.found).isEmpty();
    assertThat(text(tree, "meta.properties")).isEqualTo(sound);
  }

  @Test
  void aConfigurationThatCannotBeIsLeftOut() {
    put(tree, "varve.topics", "orders/segment.bytes=x\norders/segment.ms=7\n/a=b\nnothing=1\n");
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.topicConfig("orders")).containsOnlyKeys("segment.ms");
    }
    assertThat(fixture.found)
        .extracting(StoreFinding::kind)
        .containsOnly(Kind.INVALID_CONFIGURATION)
        .hasSize(3);

    put(tree, "varve.topics", "orders/segment.ms=\\uX");
    fixture.found.clear();
    openSound();
    assertThat(fixture.found).extracting(StoreFinding::kind).containsExactly(Kind.DAMAGED_FILE);
  }

  @Test
  void aTopicIdThatCannotBeReadIsSetAside() {
    tree.directory("orders-0")
        .put("partition.metadata", "version: 0\ntopic_id: x".getBytes(US_ASCII));
    openSound();
    assertThat(fixture.found).extracting(StoreFinding::kind).containsExactly(Kind.DAMAGED_FILE);
    assertThat(tree.directory("orders-0").contents())
        .containsKeys("partition.metadata", "partition.metadata.set-aside");
  }

  @Test
  void topicIdsThatContradictEachOtherAreTold() {
    String id = "version: 0\ntopic_id: MkU3OEVBNTcwNTJENDM2Qg";
    tree.putDirectory("orders-1").put("partition.metadata", id.getBytes(US_ASCII));
    openSound();
    assertThat(fixture.found).hasSize(1);
    assertThat(fixture.found.getFirst().found())
        .startsWith("topic id MkU3OEVBNTcwNTJENDM2Qg, where another partition has ");
  }

  @Test
  void anEmptyDirectoryOfALogIsAnEmptyLog() {
    tree.putDirectory("orders-1");
    try (LogStore store = fixture.open(tree)) {
      assertThat(store.log(new TopicPartition("orders", 1)).offsets().endOffset()).isZero();
      assertThat(store.topicId("orders")).hasSize(22);
    }
    assertThat(tree.directory("orders-1").contents().get("partition.metadata"))
        .isEqualTo(tree.directory("orders-0").contents().get("partition.metadata"));
  }
}
