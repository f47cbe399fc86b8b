package dev.vl4j.ascend.bindings.generator;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP's parser which file to read, and into which class. The folder of the file is the
 * caller's choice: one has this project's header, another what a toolkit's headers say.
 */
@Properties(
    value = @Platform(include = AscendHeader.FILE),
    target = AscendHeader.PACKAGE,
    global = AscendHeader.PACKAGE + "." + AscendHeader.CLASS)
public final class AscendHeader implements InfoMapper {
  static final String FILE = "ascend_abi.h";
  static final String PACKAGE = "dev.vl4j.ascend.bindings.javacpp";
  static final String CLASS = "AscendAbi";

  @Override
  public void map(InfoMap infos) {
    // Macros of a toolkit's headers that say nothing of types.
    infos.put(
        new Info(
                "ACL_FUNC_VISIBILITY",
                "ACLNN_API",
                "ACL_DEPRECATED",
                "ACL_DEPRECATED_MESSAGE",
                "OP_API_FUNC_VISIBILITY",
                "ACL_API")
            .cppTypes()
            .annotations());
  }
}
