package dev.belay.train.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserHubTest {
  private static final String WEIGHTS = "model.safetensors";
  private static final String SECRET = "hf_verySecret123";
  private static final Path MODEL = Path.of(FakeHub.NAME);

  @TempDir private Path folder;

  private final Map<String, String> environment = new TreeMap<>();
  private final List<Duration> pauses = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> downloads = new ArrayList<>();
  private FakeHub hub;

  @BeforeEach
  void start() throws IOException {
    hub =
        new FakeHub()
            .with("config.json", "{\"model_type\": \"bert\"}")
            .with("vocab.txt", "[PAD]\n[UNK]\n")
            .with("tokenizer_config.json", "{}")
            .withLarge(WEIGHTS, 300_000)
            .with("pytorch_model.bin", "a pickle");
    environment.put("HF_HOME", folder.toString());
    environment.put("HF_ENDPOINT", hub.endpoint() + "/");
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private ModelHub user() {
    HubProgress progress =
        new HubProgress() {
          @Override
          public void downloading(String file, long done, long size) {
            downloads.add(file + " " + done + "/" + size);
          }

          @Override
          public void note(String line) {
            notes.add(line);
          }
        };
    return new UserHub(environment, progress, pauses::add);
  }

  private Path locate(Path model, Optional<String> revision) throws IOException {
    return user().locate(new HubRequest(model, revision, true, Optional.empty()));
  }

  private Path locate() throws IOException {
    return locate(MODEL, Optional.empty());
  }

  private Path repository() {
    return folder.resolve("hub").resolve("models--org--tiny");
  }

  private Path incomplete() {
    return repository()
        .resolve("blobs")
        .resolve(FakeHub.sha256(hub.files.get(WEIGHTS)) + ".belay.incomplete");
  }

  private void assertWhole(Path snapshot) throws IOException {
    assertArrayEquals(hub.files.get(WEIGHTS), Files.readAllBytes(snapshot.resolve(WEIGHTS)));
    assertFalse(Files.exists(incomplete()), "the part is gone");
  }

  private <E extends Exception> String refused(Class<E> type) {
    String message = assertThrows(type, this::locate).getMessage();
    assertFalse(message.contains(SECRET), message);
    return message;
  }

  @Test
  void aModelIsDownloadedInTheLayoutOfPythonsCache() throws IOException {
    Path snapshot = locate();
    assertEquals(repository().resolve("snapshots").resolve(FakeHub.COMMIT), snapshot);
    assertEquals(FakeHub.COMMIT, Files.readString(repository().resolve("refs").resolve("main")));
    assertWhole(snapshot);
    assertEquals(
        "../../blobs/" + FakeHub.sha256(hub.files.get(WEIGHTS)),
        Files.readSymbolicLink(snapshot.resolve(WEIGHTS)).toString());
    assertEquals(
        "../../blobs/" + FakeHub.gitHash(hub.files.get("vocab.txt")),
        Files.readSymbolicLink(snapshot.resolve("vocab.txt")).toString());
    assertTrue(
        Files.exists(
            repository().resolve(".no_exist").resolve(FakeHub.COMMIT + "/tokenizer.json")));
    assertEquals(List.of(), hub.of("GET", "pytorch_model.bin"));
    assertEquals(FakeHub.NAME + ", " + WEIGHTS + " 300000/300000", last(downloads));
  }

  private static String last(List<String> lines) {
    return lines.get(lines.size() - 1);
  }

  @Test
  void theCacheIsUsedWithoutTheHub() throws IOException {
    Path snapshot = locate();
    hub.requests.clear();
    assertEquals(snapshot, locate());
    assertEquals(List.of(), hub.requests);
    environment.put("HF_HUB_OFFLINE", "1");
    assertEquals(snapshot, locate());
    assertEquals(snapshot, locate(MODEL, Optional.of(FakeHub.COMMIT)));
  }

  @Test
  void aLocalFolderOfThatNameWins() throws IOException {
    Path local = Files.createDirectories(folder.resolve("org/tiny"));
    assertEquals(local, locate(local, Optional.empty()));
    assertEquals(List.of(), hub.requests);
    String message =
        assertThrows(ConfigException.class, () -> locate(local, Optional.of("v1"))).getMessage();
    assertTrue(message.contains("which has none"), message);
  }

  @Test
  void aPathThatIsNoNameIsLeftAlone() throws IOException {
    for (String path :
        List.of("/no/such", "./org/tiny", "a/b/c", "runs/model.safetensors", "a--b/c", "x/../y")) {
      assertEquals(Path.of(path), locate(Path.of(path), Optional.empty()));
    }
    assertEquals(List.of(), hub.requests);
  }

  @Test
  void aBrokenConnectionIsContinued() throws IOException {
    hub.fails(WEIGHTS, FakeHub.Fault.CUT, FakeHub.Fault.CUT);
    assertWhole(locate());
    List<FakeHub.Request> parts = hub.of("GET", "/store/" + WEIGHTS);
    assertEquals(3, parts.size());
    assertNull(parts.get(0).range());
    assertEquals("bytes=150000-", parts.get(1).range());
    assertEquals("bytes=225000-", parts.get(2).range());
  }

  @Test
  void aDownloadThatAnotherProcessLeftIsContinued() throws IOException {
    hub.fails(WEIGHTS, FakeHub.Fault.CUT, FakeHub.Fault.IGNORED_RANGE, FakeHub.Fault.CUT);
    Files.createDirectories(incomplete().getParent());
    byte[] half = java.util.Arrays.copyOf(hub.files.get(WEIGHTS), 100_000);
    Files.write(incomplete(), half);
    assertWhole(locate());
    assertEquals("bytes=100000-", hub.of("GET", "/store/" + WEIGHTS).get(0).range());
  }

  @Test
  void aWrongPartIsDownloadedAgain() throws IOException {
    Files.createDirectories(incomplete().getParent());
    Files.write(incomplete(), new byte[100_000]);
    assertWhole(locate());
    assertEquals(2, hub.of("GET", "/store/" + WEIGHTS).size());
    hub.close();
    start();
    Files.write(incomplete(), new byte[400_000]);
    Files.delete(repository().resolve("blobs").resolve(FakeHub.sha256(hub.files.get(WEIGHTS))));
    assertWhole(locate());
  }

  @Test
  void wrongBytesAreRefusedAndNotKept() throws IOException {
    hub.fails(WEIGHTS, FakeHub.Fault.WRONG_BYTES, FakeHub.Fault.WRONG_BYTES);
    String message = refused(ModelException.class);
    assertTrue(
        message.startsWith(
            "org/tiny, model.safetensors: the download is broken, twice: expected" + " the hash "),
        message);
    assertNothingBroken();
    hub.fails("vocab.txt", FakeHub.Fault.WRONG_BYTES, FakeHub.Fault.WRONG_BYTES);
    Files.delete(repository().resolve("snapshots/" + FakeHub.COMMIT + "/vocab.txt"));
    Files.delete(repository().resolve("blobs/" + FakeHub.gitHash(hub.files.get("vocab.txt"))));
    assertTrue(refused(ModelException.class).startsWith("org/tiny, vocab.txt: "));
    assertNothingBroken();
    assertWhole(locate());
  }

  @Test
  void aWrongSizeIsRefused() throws IOException {
    hub.fails(WEIGHTS, FakeHub.Fault.WRONG_SIZE);
    String message = refused(ModelException.class);
    assertTrue(message.contains("has announced 300000 bytes, and now sends 300005"), message);
    assertNothingBroken();
  }

  private void assertNothingBroken() throws IOException {
    assertFalse(Files.exists(repository().resolve("snapshots/" + FakeHub.COMMIT + "/" + WEIGHTS)));
    try (Stream<Path> blobs = Files.list(repository().resolve("blobs"))) {
      for (Path blob : blobs.toList()) {
        String name = blob.getFileName().toString();
        byte[] content = Files.readAllBytes(blob);
        assertTrue(
            name.equals(FakeHub.gitHash(content)) || name.equals(FakeHub.sha256(content)), name);
      }
    }
  }

  @Test
  void faultsThatPassAreRetried() throws IOException {
    hub.fails("config.json", FakeHub.Fault.SERVER_ERROR, FakeHub.Fault.SERVER_ERROR)
        .fails(WEIGHTS, FakeHub.Fault.TOO_MANY_REQUESTS);
    assertWhole(locate());
    assertEquals(
        List.of(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(7)), pauses);
  }

  @Test
  void aHubWithoutEndToItsFaultsIsAFaultOfTheMachine() {
    hub.fails(
        "config.json",
        Stream.generate(() -> FakeHub.Fault.SERVER_ERROR).limit(9).toArray(FakeHub.Fault[]::new));
    String message = refused(MachineException.class);
    assertTrue(message.contains("answers 500: the hub has a fault"), message);
    assertEquals(5, hub.of("HEAD", "config.json").size());
  }

  @Test
  void theTokenGoesToTheHubOnly() throws IOException {
    environment.put("HF_TOKEN", SECRET + "\n");
    hub.required = SECRET;
    assertWhole(locate());
    for (FakeHub.Request request : hub.requests) {
      boolean store = request.path().startsWith("/store/");
      assertEquals(store ? "localhost" : "127.0.0.1", request.host());
      assertEquals(store ? null : "Bearer " + SECRET, request.authorization());
    }
  }

  @Test
  void theTokenOfPythonsLoginIsRead() throws IOException {
    hub.required = SECRET;
    Files.writeString(folder.resolve("token"), SECRET + "\n");
    assertWhole(locate());
  }

  @Test
  void refusalsSayWhatToDo() throws IOException {
    hub.required = "another";
    String open = refused(ModelException.class);
    assertTrue(open.contains("org/tiny does not exist: there is no file or folder"), open);
    assertTrue(open.contains("set HF_TOKEN to a token of your account"), open);
    environment.put("HF_TOKEN", SECRET);
    String hidden = refused(ModelException.class);
    assertTrue(hidden.contains("has no model of this name that the token of HF_TOKEN"), hidden);
    assertTrue(hidden.contains("not with Bearer ***"), hidden);
    hub.refusal = "403 GatedRepo";
    String gated = refused(ModelException.class);
    assertTrue(gated.contains("is gated: its owner lets in who has accepted"), gated);
    assertTrue(gated.contains("Accept them at " + hub.endpoint() + "/org/tiny, and check"), gated);
    environment.put("HF_TOKEN", "two words");
    assertTrue(refused(ModelException.class).startsWith("HF_TOKEN: expected the token of a hub"));
  }

  @Test
  void whatIsNotThereIsNamed() throws IOException {
    String absent =
        assertThrows(ModelException.class, () -> locate(Path.of("org/other"), Optional.empty()))
            .getMessage();
    assertTrue(absent.startsWith("org/other does not exist: there is no file or folder"), absent);
    String revision =
        assertThrows(ModelException.class, () -> locate(MODEL, Optional.of("v9"))).getMessage();
    assertTrue(
        revision.startsWith("--model-revision: org/tiny has no branch, tag or commit v9"),
        revision);
    assertFalse(Files.exists(repository()), "nothing is written for it");
    assertThrows(ConfigException.class, () -> locate(MODEL, Optional.of("../../x")));
    environment.put("HF_HUB_OFFLINE", "true");
    assertTrue(refused(ModelException.class).contains("HF_HUB_OFFLINE forbids to download it"));
  }

  @Test
  void picklesAreRefusedWithTheLineThatConvertsThem() {
    hub.files.remove(WEIGHTS);
    String message = refused(ModelException.class);
    assertTrue(
        message.contains("it holds pytorch_model.bin: weights that PyTorch pickled"), message);
    assertTrue(message.contains("glob.glob('tiny/pytorch_model*.bin')"), message);
    assertTrue(message.contains("`huggingface-cli download org/tiny --local-dir tiny`"), message);
    assertEquals(List.of(), hub.of("GET", ".bin"));
  }

  @Test
  void shardsComeWithTheirIndex() throws IOException {
    hub.files.remove(WEIGHTS);
    hub.with(
            "model.safetensors.index.json",
            "{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\","
                + " \"b\": \"model-00002-of-00002.safetensors\"}}")
        .withLarge("model-00001-of-00002.safetensors", 2000)
        .withLarge("model-00002-of-00002.safetensors", 3000);
    Path snapshot = locate();
    assertEquals(3000, Files.size(snapshot.resolve("model-00002-of-00002.safetensors")));
    hub.requests.clear();
    assertEquals(snapshot, locate());
    assertEquals(List.of(), hub.requests);
    Files.delete(snapshot.resolve("model-00001-of-00002.safetensors"));
    assertEquals(snapshot, locate());
    assertEquals(2000, Files.size(snapshot.resolve("model-00001-of-00002.safetensors")));
    assertEquals(List.of(), hub.of("GET", ".safetensors"), "its content was there");
  }

  @Test
  void anIndexMayNotNameFilesElsewhere() {
    hub.files.remove(WEIGHTS);
    hub.with("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../../../x\"}}");
    assertTrue(
        assertThrows(IOException.class, this::locate).getMessage().contains("names of files"));
  }

  @Test
  void aRenamedRepositoryIsFollowed() throws IOException {
    hub.renamed = true;
    Path snapshot = locate(Path.of("old/name"), Optional.empty());
    assertTrue(Files.exists(snapshot.resolve(WEIGHTS)));
    assertTrue(snapshot.toString().contains("models--old--name"), snapshot.toString());
  }

  @Test
  void aBranchThatMovesKeepsTheCommitOfTheCacheAndOfARun() throws IOException {
    Path first = locate();
    Path run = Files.createDirectories(folder.resolve("run"));
    Files.writeString(
        run.resolve("config.json"),
        "{\"model\": \"" + first.toString() + "\", \"model-revision\": \"v1\"}");
    hub.commit = "f".repeat(40);
    hub.with("vocab.txt", "other");
    assertEquals(first, locate());
    Path moved = locate(MODEL, Optional.of("v1"));
    assertEquals("f".repeat(40), moved.getFileName().toString());
    TrainConfig config =
        TrainConfig.builder()
            .model(MODEL)
            .option("model-revision", "v1")
            .trainFiles(Path.of("t.tsv"))
            .outputDirectory(run)
            .build();
    assertEquals(first, user().locate(config).model().path());
    TrainConfig other = config.toBuilder().option("model-revision", "main").build();
    Files.delete(repository().resolve("refs/main"));
    assertEquals(moved, user().locate(other).model().path());
  }

  @Test
  void aCacheThatPythonMadeIsReadWithoutANetwork() throws IOException {
    Path snapshot = locate();
    try (Stream<Path> marks = Files.walk(repository().resolve(".no_exist"))) {
      for (Path mark : marks.filter(Files::isRegularFile).toList()) {
        Files.delete(mark);
      }
    }
    hub.close();
    assertEquals(snapshot, locate());
    assertEquals(1, notes.size());
    assertTrue(notes.get(0).endsWith("; its copy in the cache is used"), notes.get(0));
    environment.put("HF_HOME", folder.resolve("empty").toString());
    String message = refused(MachineException.class);
    assertTrue(message.contains("no file or folder org/tiny is here, and as a model"), message);
    assertTrue(message.contains("cannot be reached"), message);
    assertFalse(Files.exists(folder.resolve("empty")));
  }

  @Test
  void aDiskWithoutRoomIsNotWrittenTo() throws IOException {
    hub.fails(WEIGHTS, FakeHub.Fault.HUGE);
    String message = refused(MachineException.class);
    assertTrue(message.contains("which needs 100000000.0 GB: No space left on device"), message);
    assertTrue(
        message.endsWith("choose another disk by HF_HUB_CACHE; nothing incomplete is used."));
    assertNothingBroken();
    assertWhole(locate());
  }

  @Test
  void aCacheThatCannotBeWrittenIsAFaultOfTheMachine() throws IOException {
    Files.writeString(folder.resolve("hub"), "a file");
    assertTrue(refused(MachineException.class).contains("cannot be written"));
  }

  @Test
  void twoProcessesDownloadOnce() throws Exception {
    CompletableFuture<Path> other =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return locate();
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    assertEquals(locate(), other.get());
    assertEquals(1, hub.of("GET", "/store/" + WEIGHTS).size());
  }

  @Test
  void whatIsNoHubIsRefused() throws IOException {
    hub.fails("config.json", FakeHub.Fault.NO_HASH);
    String message = refused(ModelException.class);
    assertTrue(message.contains("does not answer as a hub does"), message);
    environment.put("HF_ENDPOINT", "user:password@host");
    assertFalse(refused(ModelException.class).contains("password"));
  }

  @Test
  void progressIsSilentOnRequest() throws IOException {
    environment.put("HF_HUB_DISABLE_PROGRESS_BARS", "1");
    locate();
    assertEquals(List.of(), downloads);
  }

  @Test
  void aConfigurationAloneNeedsNoWeights() throws IOException {
    Path snapshot = user().locate(new HubRequest(MODEL, Optional.empty(), false, Optional.empty()));
    assertTrue(Files.exists(snapshot.resolve("config.json")));
    assertFalse(Files.exists(snapshot.resolve(WEIGHTS)));
    assertEquals(
        "[PAD]\n[UNK]\n", Files.readString(snapshot.resolve("vocab.txt"), StandardCharsets.UTF_8));
    assertWhole(locate());
  }
}
