/**
 * Models by their id, from Hugging Face or ModelScope, in the cache of Hugging Face's own tools.
 *
 * <pre>{@code
 * ModelHub hub = new ModelHub(HubSettings.of(Hub.HUGGING_FACE), HubListener.NONE);
 * Path directory = hub.resolve(ModelId.parse("Qwen/Qwen3-VL-Reranker-2B"));
 * }</pre>
 *
 * <p>The environment decides where the cache is, which endpoint is asked, and whether at all: see
 * {@link dev.vl4j.loader.hub.HubSettings#of(Hub)}. What cannot be had is a {@link
 * dev.vl4j.loader.hub.HubException}. Nothing takes or returns null unless it is marked
 * {@code @Nullable}.
 */
package dev.vl4j.loader.hub;
