package dev.belay.train.hub;

import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/** Asks the hub for files, and asks again after a failure that may pass. */
final class HubClient {
  /** Requests for one answer, or for bytes of a file that do not arrive. */
  static final int ATTEMPTS = 5;

  /** Attempts to connect to a host on which nothing listens. */
  private static final int REFUSALS = 3;

  private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);
  private static final int LONGEST_MESSAGE = 300;

  private final HubSettings settings;
  private final HubConnection connection;
  private final Pause pause;

  /** Waits between two attempts. */
  @FunctionalInterface
  interface Pause {
    void sleep(Duration duration) throws InterruptedException;
  }

  HubClient(HubSettings settings, Pause pause) {
    this.settings = settings;
    this.connection = new HubConnection(settings);
    this.pause = pause;
  }

  /** A revision of a repository that is asked for. */
  private record Question(HubName name, String revision, String file) {
    @Override
    public String toString() {
      return name + " at revision " + revision + ", " + file;
    }
  }

  /**
   * Describes a file.
   *
   * @param revision a branch, tag or commit
   * @param attempts at most so many requests
   * @return empty if the repository has no such file
   * @throws ModelException if the hub has no such repository or revision, or refuses access
   * @throws HubUnreachable if the hub does not answer
   */
  Optional<RemoteFile> describe(HubName name, String revision, String file, int attempts) {
    Question question = new Question(name, revision, file);
    URI address = address(name, revision, file);
    try (HubConnection.Answer answer =
        answered(question, attempts, () -> connection.head(address))) {
      if (answer.status() == 404 && !isOfRepository(answer)) {
        return Optional.empty();
      }
      requireSuccess(question, answer);
      return Optional.of(described(question, answer));
    }
  }

  /**
   * The content of a file. The caller closes it.
   *
   * @param from the first byte that is wanted
   */
  HubConnection.Answer open(HubName name, RemoteFile file, long from) {
    Question question = new Question(name, file.commit(), file.name());
    Map<String, String> range = from == 0 ? Map.of() : Map.of("Range", "bytes=" + from + "-");
    HubConnection.Answer answer =
        answered(question, ATTEMPTS, () -> connection.get(file.address(), range));
    if (answer.status() != 416) {
      requireSuccess(question, answer);
    }
    return answer;
  }

  private URI address(HubName name, String revision, String file) {
    return URI.create(
        settings.endpoint()
            + "/"
            + name.repository()
            + "/resolve/"
            + quoted(revision)
            + "/"
            + Arrays.stream(file.split("/", -1))
                .map(HubClient::quoted)
                .collect(Collectors.joining("/")));
  }

  private static String quoted(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private RemoteFile described(Question question, HubConnection.Answer answer) {
    String commit = answer.header("X-Repo-Commit").orElse(question.revision()).strip();
    String etag =
        answer
            .header("X-Linked-Etag")
            .or(() -> answer.header("ETag"))
            .map(text -> text.strip().replaceFirst("^W/", "").replace("\"", ""))
            .orElse("");
    if (!RemoteFile.COMMIT.matcher(commit).matches() || !etag.matches("[\\w-]{1,128}")) {
      throw new ModelException(
          question
              + ": "
              + settings.shownEndpoint()
              + " does not answer as a hub does: expected the headers X-Repo-Commit and ETag,"
              + " found others. Check HF_ENDPOINT, and whether a proxy answers instead");
    }
    long size =
        answer
            .number("X-Linked-Size")
            .orElse(answer.isRedirect() ? -1 : answer.number("Content-Length").orElse(-1));
    return new RemoteFile(
        question.file(), address(question.name(), commit, question.file()), commit, etag, size);
  }

  /** One exchange with the hub. */
  private interface Exchange {
    HubConnection.Answer run() throws IOException;
  }

  private HubConnection.Answer answered(Question question, int attempts, Exchange exchange) {
    for (int attempt = 1; ; attempt++) {
      boolean last = attempt >= attempts;
      try {
        HubConnection.Answer answer = exchange.run();
        if (!PASSING.contains(answer.status())) {
          return answer;
        }
        Duration wait = wait(answer).orElse(backoff(attempt));
        answer.close();
        if (last || wait.compareTo(LONGEST_WAIT) > 0) {
          throw busy(question, answer.status(), wait);
        }
        sleep(wait);
      } catch (IOException e) {
        boolean hopeless =
            e instanceof UnknownHostException
                || e instanceof SSLException
                || (e instanceof ConnectException && attempt >= REFUSALS);
        if (last || hopeless) {
          throw unreachable(question, e);
        }
        sleep(backoff(attempt));
      }
    }
  }

  private static Duration backoff(int attempt) {
    return Duration.ofSeconds(1L << Math.min(attempt - 1, 3));
  }

  /** Pauses after a download that was cut for the given time in a row. */
  void pauseAfter(int failures) {
    sleep(backoff(failures));
  }

  private void sleep(Duration duration) {
    try {
      pause.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MachineException(
          "the download was interrupted", new InterruptedIOException("interrupted"));
    }
  }

  /** What the hub says of when to ask again: seconds, or a date. */
  private static Optional<Duration> wait(HubConnection.Answer answer) {
    return answer
        .header("Retry-After")
        .flatMap(
            text -> {
              if (text.strip().matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(text.strip())));
              }
              try {
                Instant then =
                    ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                Duration until = Duration.between(Instant.now(), then);
                return Optional.of(until.isNegative() ? Duration.ZERO : until);
              } catch (DateTimeParseException e) {
                return Optional.empty();
              }
            });
  }

  private HubUnreachable busy(Question question, int status, Duration wait) {
    String reason =
        status == 429
            ? "the hub limits the number of requests; ask again in "
                + Math.max(1, wait.toSeconds())
                + " s, or set HF_TOKEN, since users with a token may ask more often"
            : "the hub has a fault; run the same command again later";
    return new HubUnreachable(
        question + ": " + settings.shownEndpoint() + " answers " + status + ": " + reason,
        true,
        null);
  }

  private HubUnreachable unreachable(Question question, IOException cause) {
    String reason =
        cause instanceof UnknownHostException
            ? "its name is unknown"
            : Optional.ofNullable(cause.getMessage()).orElse(cause.getClass().getSimpleName());
    String advice =
        cause instanceof SSLException
            ? "the JDK must trust its certificate (javax.net.ssl.trustStore)"
            : "check the network, HTTPS_PROXY and HF_ENDPOINT, or copy the model to this machine";
    return new HubUnreachable(
        question
            + ": the hub "
            + settings.shownEndpoint()
            + " cannot be reached ("
            + hidden(reason)
            + "); "
            + advice,
        false,
        cause);
  }

  /** Whether the repository or its revision is missing, and not only a file. */
  private static boolean isOfRepository(HubConnection.Answer answer) {
    String code = answer.header("X-Error-Code").orElse("");
    return code.equals("RepoNotFound") || code.equals("RevisionNotFound");
  }

  private void requireSuccess(Question question, HubConnection.Answer answer) {
    int status = answer.status();
    if (status < 400) {
      return;
    }
    String code = answer.header("X-Error-Code").orElse("");
    String said =
        answer.header("X-Error-Message").map(text -> " (\"" + hidden(text) + "\")").orElse("");
    String repository = question.name().repository();
    String page = settings.shownEndpoint() + "/" + repository;
    answer.close();
    if (code.equals("GatedRepo")) {
      throw new ModelException(
          repository
              + " is gated: its owner lets in who has accepted its conditions"
              + said
              + ". Accept them at "
              + page
              + ", "
              + tokenAdvice());
    }
    if (code.equals("RevisionNotFound")) {
      throw new ModelException(
          "--model-revision: "
              + repository
              + " has no branch, tag or commit "
              + question.revision()
              + said
              + "; "
              + page
              + "/tree/main lists them");
    }
    if (code.equals("RepoNotFound") || status == 404 || status == HttpURLConnection.HTTP_GONE) {
      throw new ModelException(absent(question.name()) + said);
    }
    if (status == 401 || status == 403) {
      throw new ModelException(
          repository
              + ": the hub refuses access with "
              + status
              + said
              + ": the repository does not exist, is private or gated, or the token is not valid."
              + " Check the name at "
              + page
              + ", "
              + tokenAdvice());
    }
    throw new ModelException(
        question + ": " + settings.shownEndpoint() + " answers " + status + said);
  }

  /** Says that nothing has that name, neither here nor there. */
  String absent(HubName name) {
    return name
        + " does not exist: there is no file or folder of this name, and "
        + settings.shownEndpoint()
        + " has no model of this name that "
        + (settings.token().isPresent()
            ? settings.token().get() + " may read"
            : "is open to all. If it is private, " + tokenAdvice());
  }

  private String tokenAdvice() {
    return settings
        .token()
        .map(token -> "and check that " + token.origin() + " holds a token that may read it")
        .orElse("and set HF_TOKEN to a token of your account that may read it");
  }

  /** A text from outside, in one line, without the token. */
  private String hidden(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ").strip();
    String plain = settings.token().map(token -> token.hiddenIn(line)).orElse(line);
    return plain.length() > LONGEST_MESSAGE ? plain.substring(0, LONGEST_MESSAGE) + "..." : plain;
  }
}
