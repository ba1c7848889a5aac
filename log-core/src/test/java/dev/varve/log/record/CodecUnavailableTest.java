package dev.varve.log.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodecUnavailableTest {

  @ParameterizedTest
  @CsvSource({
    "lz4,    at.yawk.lz4:lz4-java",
    "zstd,   com.github.luben:zstd-jni",
    "snappy, org.xerial.snappy:snappy-java",
  })
  void anAbsentLibraryIsNamed(String codec, String artifact) throws Exception {
    URL classes = RecordBatchBuilder.class.getProtectionDomain().getCodeSource().getLocation();
    try (URLClassLoader alone =
        new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
      Throwable thrown = catchThrowable(() -> build(alone, codec));

      // Another class of the same name: it comes from the other loader.
      assertThat(thrown)
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .hasMessageStartingWith("codec " + codec + " needs a library: add " + artifact)
          .extracting(cause -> cause.getClass().getName())
          .isEqualTo(CodecUnavailableException.class.getName());
    }
  }

  @ParameterizedTest
  @CsvSource({"none", "gzip"})
  void theOthersNeedNone(String codec) throws Exception {
    URL classes = RecordBatchBuilder.class.getProtectionDomain().getCodeSource().getLocation();
    try (URLClassLoader alone =
        new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
      assertThat(build(alone, codec).toString()).contains("0 records");
    }
  }

  /** Builds an empty batch with classes of the given loader. */
  private static Object build(ClassLoader loader, String codec) throws Exception {
    Class<?> compression = loader.loadClass(Compression.class.getName());
    Class<?> builder = loader.loadClass(RecordBatchBuilder.class.getName());
    Object parsed = compression.getMethod("parse", String.class).invoke(null, codec);
    Object made = builder.getMethod("of", compression).invoke(null, parsed);
    return builder.getMethod("build").invoke(made);
  }
}
