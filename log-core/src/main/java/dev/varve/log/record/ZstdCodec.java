package dev.varve.log.record;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;

/**
 * zstd by zstd-jni: native code. Writes one frame without dictionary; reads one or more frames.
 *
 * <p>Decompression first tries to do all at once into the memory there is, which is twice as fast
 * as streaming and succeeds once the memory has grown to the size of the batches at hand. Only if
 * that memory is too small does it stream, and grow the memory by what arrives.
 */
final class ZstdCodec implements BatchCodec {

  private static final Cleaner CLEANER = Cleaner.create();

  private static final int GROWTH_BYTES = 16 << 10;

  private final ZstdCompressCtx compressor;
  private final ZstdDecompressCtx decompressor;

  ZstdCodec(int level) {
    Contexts contexts = new Contexts(level);
    compressor = contexts.compressor;
    decompressor = contexts.decompressor;
    CLEANER.register(this, contexts);
  }

  /** What must be freed when the codec is unreachable; does not know the codec. */
  private static final class Contexts implements Runnable {

    final ZstdCompressCtx compressor = new ZstdCompressCtx();
    final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();

    Contexts(int level) {
      compressor.setLevel(level);
    }

    @Override
    public void run() {
      compressor.close();
      decompressor.close();
    }
  }

  @Override
  public int compress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int targetPosition) {
    long sizeBytesMax = Zstd.compressBound(sizeBytes);
    target.ensure(targetPosition + sizeBytesMax, targetPosition);
    return compressor.compressDirectByteBuffer(
        target.bytes().clear(),
        targetPosition,
        (int) sizeBytesMax,
        source.bytes().clear(),
        position,
        sizeBytes);
  }

  @Override
  public int decompress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int sizeBytesMax)
      throws MalformedStreamException {
    try {
      return decompressor.decompressDirectByteBuffer(
          target.bytes().clear(),
          0,
          Math.min(target.capacityBytes(), sizeBytesMax),
          source.bytes().clear(),
          position,
          sizeBytes);
    } catch (ZstdException e) {
      if (e.getErrorCode() != Zstd.errDstSizeTooSmall()) {
        throw damaged(e);
      }
    }
    ByteBuffer from = source.bytes().clear().limit(position + sizeBytes).position(position);
    return stream(from, target, sizeBytesMax);
  }

  private int stream(ByteBuffer from, ScratchMemory target, int sizeBytesMax)
      throws MalformedStreamException {
    decompressor.reset();
    int end = 0;
    boolean frameEnded = false;
    while (!frameEnded || from.hasRemaining()) {
      // One byte past the limit is enough to know that the stream goes past it.
      target.ensure(Math.min(end + (long) GROWTH_BYTES, sizeBytesMax + 1L), end);
      int limit = (int) Math.min(target.capacityBytes(), sizeBytesMax + 1L);
      ByteBuffer to = target.bytes().clear().limit(limit).position(end);
      int unread = from.remaining();
      try {
        frameEnded = decompressor.decompressDirectByteBufferStream(to, from);
      } catch (ZstdException e) {
        throw damaged(e);
      }
      if (to.position() > sizeBytesMax) {
        throw MalformedStreamException.tooLarge(sizeBytesMax);
      }
      if (to.position() == end && from.remaining() == unread) {
        throw new MalformedStreamException("an unfinished frame", "the end of its data");
      }
      end = to.position();
    }
    return end;
  }

  private static MalformedStreamException damaged(ZstdException e) {
    return new MalformedStreamException("damage (" + e.getMessage() + ")", "whole frames");
  }
}
