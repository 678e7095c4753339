package dev.belay.train.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads the cluster of TensorFlow's environment variable {@code TF_CONFIG}. */
final class TfConfig {
  static final String VARIABLE = "TF_CONFIG";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final String EXAMPLE =
      "{\"cluster\": {\"worker\": [\"a:2222\", \"b:2222\"]}, \"task\": {\"type\": \"worker\","
          + " \"index\": 0}}";

  private TfConfig() {}

  static Cluster read(String json) {
    JsonNode root = parse(json);
    JsonNode jobs = root.path("cluster");
    if (!jobs.isObject() || jobs.isEmpty()) {
      throw refused(
          "expected an object \"cluster\" with the addresses of the workers",
          "expected is, for example, " + EXAMPLE);
    }
    List<Cluster.Member> members = new ArrayList<>();
    for (String job : List.of(Cluster.CHIEF, Cluster.WORKER)) {
      addMembers(members, job, jobs.path(job));
    }
    for (Map.Entry<String, JsonNode> job : jobs.properties()) {
      requireKnown(job.getKey());
    }
    if (jobs.path(Cluster.CHIEF).size() > 1) {
      throw refused(
          "the cluster has "
              + jobs.path(Cluster.CHIEF).size()
              + " chiefs, where one writes the run",
          "name one under \"chief\", and the others under \"worker\"");
    }
    return new Cluster(members, own(root.path("task"), members));
  }

  private static JsonNode parse(String json) {
    try {
      JsonNode root = JSON.readTree(json);
      if (root != null && root.isObject()) {
        return root;
      }
    } catch (JsonProcessingException e) {
      throw refused(
          "it is no JSON (" + e.getOriginalMessage() + ")", "expected is, for example, " + EXAMPLE);
    }
    throw refused("expected a JSON object", "expected is, for example, " + EXAMPLE);
  }

  private static void addMembers(List<Cluster.Member> members, String job, JsonNode addresses) {
    if (addresses.isObject()) {
      throw refused(
          "it names only some of the workers, as enableDynamicWorker of a TFJob does",
          "every worker must know all others: set enableDynamicWorker to false");
    }
    if (!addresses.isMissingNode() && !addresses.isArray()) {
      throw refused(
          "expected a list of addresses under \"" + job + "\"",
          "expected is, for example, " + EXAMPLE);
    }
    for (JsonNode address : addresses) {
      members.add(Cluster.member(VARIABLE, job, taskCount(members, job), address.asText()));
    }
  }

  private static int taskCount(List<Cluster.Member> members, String job) {
    return Math.toIntExact(members.stream().filter(member -> member.job().equals(job)).count());
  }

  private static void requireKnown(String job) {
    switch (job) {
      case Cluster.CHIEF, Cluster.WORKER -> {}
      case "ps" ->
          throw refused(
              "the cluster has parameter servers (\"ps\")",
              "Belay's workers add up gradients among themselves: leave \"ps\" out");
      default ->
          throw refused(
              "the cluster has a job '" + job + "'", "expected \"worker\" and perhaps \"chief\"");
    }
  }

  private static int own(JsonNode task, List<Cluster.Member> members) {
    String type = task.path("type").asText("");
    if (type.equals("evaluator")) {
      throw refused(
          "this process is an evaluator",
          "the workers evaluate themselves; `belay evaluate` evaluates a checkpoint");
    }
    String number = task.path("index").asText("");
    for (int i = 0; i < members.size(); i++) {
      Cluster.Member member = members.get(i);
      if (member.job().equals(type) && number.matches("0*" + member.task())) {
        return i;
      }
    }
    throw refused(
        "the task " + task + " is none of the cluster's",
        "expected \"type\" worker or chief, and \"index\" from 0 up to the number of its"
            + " addresses");
  }

  private static ConfigException refused(String problem, String advice) {
    return new ConfigException(VARIABLE + ": " + problem + "; " + advice);
  }
}
