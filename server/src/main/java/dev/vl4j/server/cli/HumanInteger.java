package dev.vl4j.server.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers as vLLM's flags have them: 4096, 4k (4000), 4K (4096), 1.5m, 1M. */
final class HumanInteger implements ITypeConverter<Integer> {
  private static final Pattern NUMBER = Pattern.compile("([0-9]{1,10}(?:\\.[0-9]{1,6})?)([kKmM]?)");

  @Override
  public Integer convert(String value) {
    Matcher matcher = NUMBER.matcher(value);
    if (matcher.matches()) {
      long unit =
          switch (matcher.group(2)) {
            case "k" -> 1000;
            case "K" -> 1 << 10;
            case "m" -> 1_000_000;
            case "M" -> 1 << 20;
            default -> 1;
          };
      BigDecimal number = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit));
      if (number.stripTrailingZeros().scale() <= 0
          && number.compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) <= 0) {
        return number.intValueExact();
      }
    }
    throw new TypeConversionException(
        String.format(Locale.ROOT, "expected a number such as 4096, 4k or 4K, found %s", value));
  }
}
