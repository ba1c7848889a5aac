package dev.varve.log.record;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.xerial.snappy.Snappy;

/**
 * snappy by snappy-java: native code. All integers of the framing are big-endian.
 *
 * <pre>
 *  82 53 4e 41 50 50 59 00 | int32 1 | int32 1 | int32 length, raw snappy block | int32 length, ...
 *  magic                     version   oldest version that can read it
 * </pre>
 *
 * <p>A block holds 32 KiB of records at most, the default of snappy-java's stream, which Kafka
 * uses. Read are also streams with several headers and, as some clients send them, a single raw
 * block without framing.
 */
final class SnappyCodec implements BatchCodec {

  private static final long MAGIC = 0x82534e4150505900L;
  private static final int VERSION = 1;
  private static final int VERSION_POSITION = 8;
  private static final int COMPATIBLE_VERSION_POSITION = 12;
  private static final int HEADER_BYTES = 16;
  private static final int BLOCK_BYTES_MAX = 32 << 10;

  /**
   * No snappy element makes more of its bytes than a copy with a two-byte offset: 64 bytes out of
   * 3. A block that claims more than this many times its size lies.
   */
  private static final int EXPANSION_MAX = 22;

  SnappyCodec() {
    // Loads the library now, so that its absence is told when a codec is opened.
    Snappy.maxCompressedLength(BLOCK_BYTES_MAX);
    Snappy.getNativeLibraryVersion();
  }

  @Override
  public int compress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int targetPosition) {
    target.ensure((long) targetPosition + HEADER_BYTES, targetPosition);
    ByteBuffer to = target.bytes().clear().order(ByteOrder.BIG_ENDIAN);
    to.putLong(targetPosition, MAGIC);
    to.putInt(targetPosition + VERSION_POSITION, VERSION);
    to.putInt(targetPosition + COMPATIBLE_VERSION_POSITION, VERSION);
    to.order(ByteOrder.nativeOrder());
    int end = targetPosition + HEADER_BYTES;
    for (int done = 0; done < sizeBytes; done += BLOCK_BYTES_MAX) {
      int blockBytes = Math.min(BLOCK_BYTES_MAX, sizeBytes - done);
      end = putBlock(source, position + done, blockBytes, target, end);
    }
    return end - targetPosition;
  }

  private static int putBlock(
      ScratchMemory source, int position, int blockBytes, ScratchMemory target, int at) {
    int start = at + Integer.BYTES;
    int sizeBytesMax = Snappy.maxCompressedLength(blockBytes);
    target.ensure((long) start + sizeBytesMax, at);
    ByteBuffer to = target.bytes().clear();
    int packedBytes;
    try {
      packedBytes = Snappy.compress(source.array(), position, blockBytes, target.array(), start);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    to.order(ByteOrder.BIG_ENDIAN).putInt(at, packedBytes).order(ByteOrder.nativeOrder());
    return start + packedBytes;
  }

  @Override
  public int decompress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int sizeBytesMax)
      throws MalformedStreamException {
    ByteBuffer from = source.bytes().clear().order(ByteOrder.BIG_ENDIAN);
    try {
      return decompress(source, from, position, position + sizeBytes, target, sizeBytesMax);
    } catch (IOException e) {
      throw new MalformedStreamException("damage (" + e.getMessage() + ")", "whole blocks");
    } finally {
      from.order(ByteOrder.nativeOrder());
    }
  }

  private static int decompress(
      ScratchMemory source,
      ByteBuffer from,
      int start,
      int limit,
      ScratchMemory target,
      int sizeBytesMax)
      throws MalformedStreamException, IOException {
    if (!isHeader(from, start, limit)) {
      return block(source, start, limit - start, target, 0, sizeBytesMax);
    }
    int end = 0;
    int at = start;
    while (at < limit) {
      if (isHeader(from, at, limit)) {
        at = skipHeader(from, at);
        continue;
      }
      int left = limit - at - Integer.BYTES;
      if (left < 0) {
        throw new MalformedStreamException((left + 4) + " bytes of a block's length", "4");
      }
      int packedBytes = from.limit(limit).getInt(at);
      if (packedBytes <= 0 || packedBytes > left) {
        throw new MalformedStreamException("a block of " + packedBytes + " bytes", "1 to " + left);
      }
      end += block(source, at + Integer.BYTES, packedBytes, target, end, sizeBytesMax);
      at += Integer.BYTES + packedBytes;
    }
    return end;
  }

  private static boolean isHeader(ByteBuffer from, int at, int limit) {
    return limit - at >= HEADER_BYTES && from.limit(limit).getLong(at) == MAGIC;
  }

  private static int skipHeader(ByteBuffer from, int at) throws MalformedStreamException {
    int version = from.getInt(at + COMPATIBLE_VERSION_POSITION);
    if (version > VERSION) {
      throw new MalformedStreamException("version " + version, "at most " + VERSION);
    }
    return at + HEADER_BYTES;
  }

  private static int block(
      ScratchMemory source,
      int at,
      int packedBytes,
      ScratchMemory target,
      int end,
      int sizeBytesMax)
      throws MalformedStreamException, IOException {
    int claimedBytes = Snappy.uncompressedLength(source.array(), at, packedBytes);
    if (claimedBytes < 0 || claimedBytes > (long) EXPANSION_MAX * packedBytes) {
      throw new MalformedStreamException(
          "a block of " + packedBytes + " bytes that claims " + claimedBytes,
          "at most " + EXPANSION_MAX + " times its size");
    }
    if (claimedBytes > sizeBytesMax - end) {
      throw MalformedStreamException.tooLarge(sizeBytesMax);
    }
    target.ensure((long) end + claimedBytes, end);
    return Snappy.uncompress(source.array(), at, packedBytes, target.array(), end);
  }
}
