package dev.vl4j.loader.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What a hub is asked about a model. */
sealed interface HubApi permits HuggingFaceApi, ModelScopeApi {
  /** The files at the id's revision. */
  Listing list();

  /** Where a file of a listing is. */
  URI address(Listing listing, RemoteFile file);

  static HubApi of(HubSettings settings, ModelId id, Questions questions) {
    return switch (id.hub()) {
      case HUGGING_FACE -> new HuggingFaceApi(settings, id, questions);
      case MODELSCOPE -> new ModelScopeApi(settings, id, questions);
    };
  }

  /** Text as one segment of a path or one value of a query. */
  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Asks for JSON documents, again if need be. */
  record Questions(
      HubClient client, Refusals refusals, HubListener listener, Surroundings surroundings) {

    /** A document and where the next page of it is, empty if there is none. */
    record Page(JsonNode document, String next) {}

    Page ask(URI uri, String what) {
      return Retries.run(what, listener, surroundings, () -> once(uri, what));
    }

    private Page once(URI uri, String what) throws IOException {
      HubClient.Answer answer = client.get(uri, Map.of("Accept", "application/json"));
      if (answer.status() != 200) {
        throw refusals.of(answer, "the list of files", client.complaint(answer));
      }
      byte[] bytes = client.read(answer);
      return new Page(HubJson.parse(bytes, what), answer.header("Link"));
    }
  }
}
