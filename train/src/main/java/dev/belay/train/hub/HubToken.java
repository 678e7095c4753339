package dev.belay.train.hub;

import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Secret that opens private and gated repositories. Its text goes to the hub only. */
final class HubToken {
  private static final Pattern OF_A_HEADER = Pattern.compile("[\\x21-\\x7e]+");
  private static final Pattern YES = Pattern.compile("(?i)1|on|yes|true");

  private final String secret;
  private final String origin;

  /**
   * A token.
   *
   * @param origin where it was found, for messages
   * @throws ModelException if it is no token; the message does not contain it
   */
  HubToken(String secret, String origin) {
    if (!OF_A_HEADER.matcher(secret).matches()) {
      throw new ModelException(
          origin
              + ": expected the token of a hub, printable characters without blanks, found others;"
              + " copy the token again");
    }
    this.secret = secret;
    this.origin = origin;
  }

  /** The user's token: of the environment, or else the file that Python's login writes. */
  static Optional<HubToken> find(Map<String, String> environment, Path home) throws IOException {
    if (YES.matcher(environment.getOrDefault("HF_HUB_DISABLE_IMPLICIT_TOKEN", "")).matches()) {
      return Optional.empty();
    }
    Optional<HubToken> given =
        Stream.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
            .filter(name -> !environment.getOrDefault(name, "").isBlank())
            .map(name -> new HubToken(environment.get(name).strip(), name))
            .findFirst();
    if (given.isPresent()) {
      return given;
    }
    String named = environment.getOrDefault("HF_TOKEN_PATH", "");
    Path file = named.isBlank() ? home.resolve("token") : Path.of(named);
    if (!Files.isReadable(file) || !Files.isRegularFile(file)) {
      return Optional.empty();
    }
    String secret = Files.readString(file).strip();
    return secret.isEmpty() ? Optional.empty() : Optional.of(new HubToken(secret, file.toString()));
  }

  /** Value of the header {@code Authorization}. */
  String authorization() {
    return "Bearer " + secret;
  }

  /** Where it was found. */
  String origin() {
    return origin;
  }

  /** A text of the hub without the token, which it may repeat. */
  String hiddenIn(String text) {
    return text.replace(secret, "***");
  }

  @Override
  public String toString() {
    return "the token of " + origin;
  }
}
