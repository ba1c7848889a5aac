package dev.varve.log.record;

import java.io.Serial;

/** A codec whose library is not on the class or module path, or cannot be loaded here. */
public final class CodecUnavailableException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final Codec codec;
  private final String artifact;

  CodecUnavailableException(Codec codec, String artifact, LinkageError cause) {
    super("codec " + codec + " needs a library: add " + artifact + " (" + cause + ")", cause);
    this.codec = codec;
    this.artifact = artifact;
  }

  /** Returns the codec that was asked for. */
  public Codec codec() {
    return codec;
  }

  /** Returns the Maven coordinates, {@code group:artifact}, of the library to add. */
  public String artifact() {
    return artifact;
  }
}
