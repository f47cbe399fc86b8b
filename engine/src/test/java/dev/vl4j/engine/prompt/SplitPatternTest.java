package dev.vl4j.engine.prompt;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.ModelException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which patterns are known to fail at few places. */
class SplitPatternTest {
  /** The first five are those of Qwen, GPT-2, GPT-4o, Llama 3 and DeepSeek V3. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*"
            + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}"
            + "\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "",
        "a*",
        "a*b*c*",
        "\\p{N}{1,3}",
        "a{2}b{,3}c{1,}",
        "\\s++|x*?|y?+",
        "^a|b$|\\bc\\B",
        "(?<=a)b|(?<!a)c|(?=d)e|(?>f)g",
        "[[:alpha:]_]+",
        "(((((((a)))))))",
      })
  void whatFailsAtFewPlacesIsUsed(String pattern) {
    assertThatCode(() -> SplitPattern.check(pattern)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a*b*c",
        "a+a+b",
        "a+(?:b|c*)d",
        "(?=a*b*c)d",
        "(?:a?b*)c*d",
        "a{0,1500}b{0,1500}c",
        "a?b?c?d?e?f?g?h?i?j?k?l?m?n?o?p?q?r?s?t?u?v?w",
      })
  void whatMayFailAtManyIsRefused(String pattern) {
    assertThatThrownBy(() -> SplitPattern.check(pattern))
        .isInstanceOf(ModelException.class)
        .hasMessage("the tokenizer's pattern " + pattern + " may fail at too many places");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a*)*b",
        "(?:a|aa)+b",
        "(?:a){3}",
        "(a)\\1",
        "(?<n>a)",
        "\\k<n>",
        "\\g<0>",
        "(?x: a)",
        "(?i)a",
        "(?#a)b",
        "(a",
        "a)",
        "[a",
        "[]a]",
        "a\\",
        "\\p",
        "\\pL",
        "\\p{L",
        "\\X",
        "\\0",
        "*a",
        "a**",
        "a{2}{3}",
        "a{2}+",
        "a{b",
        "a{3,2}",
        "a{,}",
        "^*",
        "(?=a)*",
        "((((((((((a))))))))))",
        "[[[[[[[[[[a]]]]]]]]]]",
      })
  void whatIsNotReadIsRefused(String pattern) {
    assertThatThrownBy(() -> SplitPattern.check(pattern))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("the tokenizer's pattern " + pattern + " is not supported: found ");
  }
}
