package dev.vl4j.loader.hub;

import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.WeightFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which files of a repository make a model here: configuration, tokenizer, templates, module
 * folders and safetensors; never pickles, ONNX, GGUF or pictures.
 */
final class ModelFiles {
  static final String CONFIG = "config.json";
  static final String INDEX = WeightFiles.INDEX;
  private static final String TOKENIZER = "tokenizer.json";

  private static final Set<String> SIDE_FILES =
      Set.of(
          CONFIG,
          TOKENIZER,
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "generation_config.json",
          "preprocessor_config.json",
          "video_preprocessor_config.json",
          "processor_config.json",
          "modules.json",
          "sentence_bert_config.json",
          "config_sentence_transformers.json",
          "chat_template.json",
          "chat_template.jinja",
          INDEX);

  private static final Pattern FOLDER_FILES =
      Pattern.compile("\\d+_[\\w.-]+/config\\.json|additional_chat_templates/[\\w.-]+\\.jinja");

  private ModelFiles() {}

  /** All files but the weights, {@code config.json} last: without it a directory is no model. */
  static List<RemoteFile> sideFiles(Listing listing) {
    List<RemoteFile> files = new ArrayList<>();
    for (RemoteFile file : listing.files()) {
      if (!file.path().equals(CONFIG)
          && (SIDE_FILES.contains(file.path()) || FOLDER_FILES.matcher(file.path()).matches())) {
        files.add(file);
      }
    }
    listing.find(CONFIG).ifPresent(files::add);
    return files;
  }

  /**
   * Names of the weights, chosen as {@link WeightFiles} does.
   *
   * @param present names of files that are there; others in folders do not matter
   * @param index path of the index of shards, which need not exist unless it is needed
   * @throws dev.vl4j.loader.LoaderException if the index is malformed or names files elsewhere
   */
  static Set<String> weights(Collection<String> present, Path index) {
    if (present.contains(WeightFiles.SINGLE)) {
      return Set.of(WeightFiles.SINGLE);
    }
    if (!present.contains(INDEX)) {
      List<String> files = present.stream().filter(name -> name.indexOf('/') < 0).toList();
      Set<String> weights = new LinkedHashSet<>(WeightFiles.withoutIndex(files));
      return weights.isEmpty() ? Set.of(WeightFiles.SINGLE) : weights;
    }
    Set<String> shards =
        new LinkedHashSet<>(JsonFile.read(index).requireStringMap("weight_map").values());
    for (String shard : shards) {
      if (!SafeNames.isRelative(shard)) {
        throw new HubException(
            "%s: weight_map: unsafe file name %s".formatted(index, HubException.quote(shard)));
      }
    }
    return shards;
  }

  /** What no model can do without; weights come on top. */
  static Set<String> indispensable() {
    return Set.of(CONFIG, TOKENIZER);
  }
}
