package dev.varve.log.record;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.lang.ref.Cleaner;

/**
 * zstd by zstd-jni: native code. Writes one frame without dictionary; reads one or more frames.
 *
 * <p>Decompression does all at once into the memory there is, which is twice as fast as streaming
 * and succeeds once the memory has grown to the size of the batches at hand. If the memory was too
 * small, the stream has filled it: then it is doubled, whatever the stream claims.
 */
final class ZstdCodec implements BatchCodec {

  private static final Cleaner CLEANER = Cleaner.create();

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
    return compressor.compressByteArray(
        target.array(), targetPosition, (int) sizeBytesMax, source.array(), position, sizeBytes);
  }

  @Override
  public int decompress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int sizeBytesMax)
      throws MalformedStreamException {
    while (true) {
      int room = Math.min(target.capacityBytes(), sizeBytesMax);
      try {
        return decompressor.decompressByteArray(
            target.array(), 0, room, source.array(), position, sizeBytes);
      } catch (ZstdException e) {
        if (e.getErrorCode() != Zstd.errDstSizeTooSmall()) {
          throw damaged(e);
        }
      }
      if (room == sizeBytesMax) {
        throw MalformedStreamException.tooLarge(sizeBytesMax);
      }
      target.ensure(Math.min(2L * target.capacityBytes(), sizeBytesMax), 0);
    }
  }

  private static MalformedStreamException damaged(ZstdException e) {
    return new MalformedStreamException("damage (" + e.getMessage() + ")", "whole frames");
  }
}
