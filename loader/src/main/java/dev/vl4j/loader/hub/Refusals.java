package dev.vl4j.loader.hub;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an answer that is no success means, and what can be done about it. */
final class Refusals {
  /** The seconds until a spent quota is full again, in the header {@code RateLimit}. */
  private static final Pattern SPENT = Pattern.compile("r=0;\\s*t=(\\d{1,6})");

  private final HubSettings settings;
  private final ModelId id;

  Refusals(HubSettings settings, ModelId id) {
    this.settings = settings;
    this.id = id;
  }

  /**
   * Turns an answer into its failure.
   *
   * @param what the file asked for, or a word for the listing
   * @throws TransientFailure if another try may help
   * @throws HubException if not
   */
  HubException of(HubClient.Answer answer, String what, String complaint) throws IOException {
    int status = answer.status();
    if (status == 408 || status == 429 || status >= 500) {
      throw new TransientFailure(
          "%s: HTTP status %d".formatted(answer.uri().getHost(), status), wish(answer));
    }
    if (!answer.fromHub() && (status == 401 || status == 403)) {
      // Signed addresses expire; the hub signs another one.
      throw new TransientFailure(
          "%s: HTTP status %d for a signed address".formatted(answer.uri().getHost(), status));
    }
    String home = settings.endpoint() + "/" + id.name();
    String refusal =
        switch (answer.header("X-Error-Code")) {
          case "GatedRepo" ->
              "access is gated: accept its terms at %s, then %s".formatted(home, giveToken());
          case "RevisionNotFound" -> noRevision();
          case "EntryNotFound" -> "%s: no such file at this revision".formatted(what);
          case "RepoNotFound" -> noModel();
          default ->
              switch (status) {
                // The hub does not tell strangers which models exist.
                case 401 -> noModel();
                case 403 ->
                    "access is refused (%s); %s"
                        .formatted(said(answer, complaint, status), giveToken());
                default ->
                    status == 404 && answer.fromHub()
                        ? noModel()
                        : "%s: expected HTTP status 200, found %s"
                            .formatted(what, said(answer, complaint, status));
              };
        };
    return new HubException(id + ": " + refusal);
  }

  /** A hub that has the model but not the revision. */
  String noRevision() {
    return "%s has no revision %s of this model"
        .formatted(settings.endpoint().getHost(), HubException.quote(id.revision()));
  }

  private String noModel() {
    return "%s has no such model, or it is private: check the name, or %s"
        .formatted(settings.endpoint().getHost(), giveToken());
  }

  private String giveToken() {
    String variable = id.hub() == Hub.MODELSCOPE ? "MODELSCOPE_API_TOKEN" : "HF_TOKEN";
    return settings.token() == null
        ? "set %s to a token that may read it".formatted(variable)
        : "use a token that may read it (%s is set, but does not allow it)".formatted(variable);
  }

  private static String said(HubClient.Answer answer, String complaint, int status) {
    String header = answer.header("X-Error-Message");
    String said = HubException.oneLine(header.isEmpty() ? complaint : header);
    return said.isEmpty() ? "status " + status : "status %d, \"%s\"".formatted(status, said);
  }

  private static @Nullable Duration wish(HubClient.Answer answer) {
    String after = answer.header("Retry-After").strip();
    if (after.matches("\\d{1,6}")) {
      return Duration.ofSeconds(Long.parseLong(after));
    }
    try {
      if (!after.isEmpty()) {
        Instant then = ZonedDateTime.parse(after, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        Duration wait = Duration.between(Instant.now(), then);
        return wait.isNegative() ? Duration.ZERO : wait;
      }
    } catch (DateTimeParseException e) {
      return null;
    }
    Matcher spent = SPENT.matcher(answer.header("RateLimit"));
    return answer.status() == 429 && spent.find()
        ? Duration.ofSeconds(Long.parseLong(spent.group(1)))
        : null;
  }
}
