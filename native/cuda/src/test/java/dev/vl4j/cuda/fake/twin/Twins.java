package dev.vl4j.cuda.fake.twin;

import static java.util.Map.entry;

import dev.vl4j.cuda.fake.Twin;
import java.util.Map;

/** All twins. */
public final class Twins {
  /** By the name of the kernel. */
  public static final Map<String, Twin> BY_KERNEL =
      Map.ofEntries(
          entry("rmsNorm", NormTwins::rmsNorm),
          entry("layerNorm", NormTwins::layerNorm),
          entry("convertRows", ElementwiseTwins::convertRows),
          entry("addInterpolated", ElementwiseTwins::addInterpolated),
          entry("addRows", ElementwiseTwins::addRows),
          entry("lookUp", ElementwiseTwins::lookUp),
          entry("swiGlu", ElementwiseTwins::swiGlu),
          entry("epilogue", ElementwiseTwins::epilogue),
          entry("quantiseRows", E4m3Twins::quantiseRows),
          entry("quantiseRmsNorm", E4m3Twins::quantiseRmsNorm),
          entry("quantiseLayerNorm", E4m3Twins::quantiseLayerNorm),
          entry("quantiseSwiGlu", E4m3Twins::quantiseSwiGlu),
          entry("addOutliers", E4m3Twins::addOutliers),
          entry("int8Weight", Int8Twins::int8Weight),
          entry("int8Rows", Int8Twins::int8Rows),
          entry("int8RmsNorm", Int8Twins::int8RmsNorm),
          entry("int8LayerNorm", Int8Twins::int8LayerNorm),
          entry("int8SwiGlu", Int8Twins::int8SwiGlu),
          entry("int8Epilogue", Int8Twins::int8Epilogue),
          entry("copyLayers", ElementwiseTwins::copyLayers),
          entry("rotaryTable", HeadTwins::rotaryTable),
          entry("placeHeads", HeadTwins::placeHeads),
          entry("attention64", launch -> AttentionTwin.tensorCore(launch, 64)),
          entry("attention72", launch -> AttentionTwin.tensorCore(launch, 72)),
          entry("attention128", launch -> AttentionTwin.tensorCore(launch, 128)),
          entry("hopperAttention64", launch -> AttentionTwin.hopper(launch, 64)),
          entry("hopperAttention72", launch -> AttentionTwin.hopper(launch, 72)),
          entry("hopperAttention128", launch -> AttentionTwin.hopper(launch, 128)),
          entry("attentionPlain", PlainAttentionTwin::run));

  private Twins() {}
}
