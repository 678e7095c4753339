package dev.belay.train.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ClusterConfig;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.ConfigException;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterTest {
  private static final String TWO = "{\"worker\": [\"a:1\", \"b:2\"]}";

  private static String json(String cluster, String type, String index) {
    return "{\"cluster\": "
        + cluster
        + ", \"task\": {\"type\": \""
        + type
        + "\", \"index\": "
        + index
        + "}}";
  }

  @Test
  void theChiefOfTfConfigIsWorkerZero() {
    String cluster = "{\"worker\": [\"b:2\", \"c:3\"], \"chief\": [\"a:1\"]}";
    Cluster read = TfConfig.read(json(cluster, "worker", "1"));
    assertEquals(3, read.size());
    assertEquals(2, read.index());
    assertEquals("a:1", read.members().get(0).address());
    assertEquals("c:3", read.own().address());
    assertEquals("worker", read.own().job());
    assertEquals(1, read.own().task());
    assertEquals(0, TfConfig.read(json(cluster, "chief", "0")).index());
  }

  @Test
  void aStringIsANumberToo() {
    assertEquals(1, TfConfig.read(json(TWO, "worker", "\"1\"")).index());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "not json | it is no JSON",
        "{} {} | it is no JSON",
        "[] | expected a JSON object",
        "{} | expected an object \"cluster\"",
        "{\"cluster\": {}} | expected an object \"cluster\"",
        "{\"cluster\": {\"worker\": \"a:1\"}} | expected a list of addresses under \"worker\"",
        "{\"cluster\": {\"worker\": {\"1\": \"a:1\"}}} | enableDynamicWorker",
        "{\"cluster\": {\"worker\": [\"a:1\"], \"ps\": [\"p:1\"]}} | leave \"ps\" out",
        "{\"cluster\": {\"worker\": [\"a:1\"], \"master\": [\"p:1\"]}} | a job 'master'",
        "{\"cluster\": {\"chief\": [\"a:1\", \"b:1\"]}} | 2 chiefs",
        "{\"cluster\": {\"worker\": [\"a\"]}} | expected addresses as HOST:PORT, found 'a'",
        "{\"cluster\": {\"worker\": [\"a:0\"]}} | expected addresses as HOST:PORT, found 'a:0'",
        "{\"cluster\": {\"worker\": [\"a:1\"]}} | is none of the cluster's",
      })
  void whatIsWrongWithTfConfigIsSaid(String json, String message) {
    ConfigException refused = assertThrows(ConfigException.class, () -> TfConfig.read(json));
    assertTrue(refused.getMessage().contains(message), refused.getMessage());
  }

  @Test
  void twoWorkersCannotHaveOnePort() {
    String json = json("{\"worker\": [\"a:1\", \"a:1\"]}", "worker", "0");
    ConfigException refused = assertThrows(ConfigException.class, () -> TfConfig.read(json));
    assertTrue(refused.getMessage().contains("names a:1 twice"), refused.getMessage());
  }

  @Test
  void theTaskMustBeOneOfTheCluster() {
    for (String[] task :
        new String[][] {
          {"worker", "2"}, {"chief", "0"}, {"worker", "-1"}, {"worker", "4294967296"}
        }) {
      String json = json(TWO, task[0], task[1]);
      ConfigException refused = assertThrows(ConfigException.class, () -> TfConfig.read(json));
      assertTrue(refused.getMessage().contains("is none of the cluster's"), refused.getMessage());
    }
    ConfigException refused =
        assertThrows(ConfigException.class, () -> TfConfig.read(json(TWO, "evaluator", "0")));
    assertTrue(refused.getMessage().contains("`belay evaluate`"), refused.getMessage());
  }

  private static ClusterConfig hosts(List<String> hosts, OptionalInt size, OptionalInt index) {
    ClusterConfig config = ClusterConfig.defaults();
    return new ClusterConfig(
        1, hosts, size, index, false, false, config.timeoutSeconds(), config.maxRestarts(), 0);
  }

  @Test
  void theSizeMayConfirmAListOfHosts() {
    ClusterConfig listed = hosts(List.of("a:1", "b:1"), OptionalInt.of(2), OptionalInt.of(1));
    assertEquals("b:1", Cluster.of(listed, Map.of()).orElseThrow().own().address());
    ConfigException refused =
        assertThrows(
            ConfigException.class,
            () -> hosts(List.of("a:1", "b:1"), OptionalInt.of(3), OptionalInt.of(1)));
    assertTrue(
        refused.getMessage().contains("the number of workers in --cluster-hosts, 2"),
        refused.getMessage());
    refused =
        assertThrows(
            ConfigException.class,
            () -> hosts(List.of("w-{index}:1"), OptionalInt.empty(), OptionalInt.of(1)));
    assertTrue(refused.getMessage().contains("--cluster-size is missing"), refused.getMessage());
  }

  @Test
  void onePatternNamesTheWorkersOfAnIndexedJob() {
    ClusterConfig config =
        hosts(List.of("train-{index}.train:2222"), OptionalInt.of(3), OptionalInt.empty());
    Cluster cluster = Cluster.of(config, Map.of("JOB_COMPLETION_INDEX", "2")).orElseThrow();
    assertEquals("train-2.train:2222", cluster.own().address());
    assertEquals(3, cluster.size());
    assertEquals(1, Cluster.of(config, Map.of("SLURM_PROCID", "1")).orElseThrow().index());
    ConfigException refused =
        assertThrows(ConfigException.class, () -> Cluster.of(config, Map.of()));
    assertTrue(refused.getMessage().contains("--cluster-index"), refused.getMessage());
    refused =
        assertThrows(ConfigException.class, () -> Cluster.of(config, Map.of("SLURM_PROCID", "3")));
    assertTrue(refused.getMessage().contains("the workers 0 to 2"), refused.getMessage());
  }

  @Test
  void aClusterOfOneTrainsAlone() {
    ClusterConfig one = hosts(List.of("a:1"), OptionalInt.empty(), OptionalInt.of(0));
    assertEquals(Optional.empty(), Cluster.of(one, Map.of()));
    assertEquals(Optional.empty(), Cluster.of(ClusterConfig.defaults(), Map.of()));
  }

  @Test
  void tfConfigIsReadOnlyIfAskedFor() {
    Map<String, String> environment = Map.of("TF_CONFIG", json(TWO, "worker", "1"));
    assertEquals(Optional.empty(), Cluster.of(ClusterConfig.defaults(), environment));
    assertTrue(Cluster.ignored(ClusterConfig.defaults(), environment).isPresent());
    assertFalse(Cluster.ignored(ClusterConfig.defaults(), Map.of()).isPresent());
    ClusterConfig asked = ConfigBinder.with(ClusterConfig.defaults(), "tf-config", true);
    assertEquals(1, Cluster.of(asked, environment).orElseThrow().index());
    assertThrows(ConfigException.class, () -> Cluster.of(asked, Map.of()));
  }

  @Test
  void aHostThatDoesNotResolveIsNamed() {
    Cluster cluster =
        new Cluster(List.of(Cluster.member("test", "worker", 0, "no-such-host.invalid:2222")), 0);
    MachineException failed =
        assertThrows(
            MachineException.class, () -> new Peers(cluster, Duration.ZERO, false).await());
    assertTrue(
        failed.getMessage().contains("'no-such-host.invalid' does not resolve"),
        failed.getMessage());
  }

  @Test
  void aWorkerThatDoesNotListenIsNamed() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Cluster cluster =
        new Cluster(List.of(Cluster.member("test", "worker", 0, "127.0.0.1:" + port)), 0);
    MachineException failed =
        assertThrows(
            MachineException.class, () -> new Peers(cluster, Duration.ZERO, false).await());
    assertTrue(
        failed.getMessage().startsWith("worker 0 (the chief, 127.0.0.1:" + port + ") did not"),
        failed.getMessage());
  }

  @Test
  void aPortInUseIsRefused() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      Cluster cluster =
          new Cluster(
              List.of(Cluster.member("test", "worker", 0, "127.0.0.1:" + socket.getLocalPort())),
              0);
      MachineException failed =
          assertThrows(
              MachineException.class,
              () -> new Peers(cluster, Duration.ZERO, false).requireOwnPort());
      assertTrue(failed.getMessage().contains("end the program that uses it"));
    }
  }

  @Test
  void publicAddressesAreRefused() throws IOException {
    for (String address :
        List.of("127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.1.1", "100.64.0.1", "fd00::1")) {
      assertTrue(Peers.isPrivate(InetAddress.getByName(address)), address);
    }
    for (String address : List.of("8.8.8.8", "100.128.0.1", "172.32.0.1", "2001:4860::8888")) {
      assertFalse(Peers.isPrivate(InetAddress.getByName(address)), address);
    }
    Cluster cluster = new Cluster(List.of(Cluster.member("test", "worker", 0, "8.8.8.8:1")), 0);
    ConfigException refused =
        assertThrows(ConfigException.class, () -> new Peers(cluster, Duration.ZERO, false).await());
    assertTrue(refused.getMessage().contains("--cluster-allow-public"), refused.getMessage());
  }
}
