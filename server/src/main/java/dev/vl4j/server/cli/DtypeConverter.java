package dev.vl4j.server.cli;

import dev.vl4j.engine.Precision;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --dtype}, in our spelling or in vLLM's. */
final class DtypeConverter implements ITypeConverter<Precision> {
  @Override
  public Precision convert(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "auto" -> Precision.AUTO;
      // There are no float16 products here; f32 computes with float16 weights exactly.
      case "f32", "float32", "float", "f16", "float16", "half" -> Precision.F32;
      case "bf16", "bfloat16" -> Precision.BF16;
      case "int8" -> Precision.INT8;
      case "fp8" -> Precision.FP8;
      default ->
          throw new TypeConversionException(
              "expected auto, f32, bf16, int8 or fp8 (or vLLM's float32, float16, bfloat16), found "
                  + value);
    };
  }
}
