package dev.varve.log.record;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * lz4 in its frame format, by lz4-java. All integers of the format are little-endian.
 *
 * <pre>
 *  04 22 4d 18 | FLG | BD | content size? | HC | length, block, checksum? | ... | 0 | checksum?
 *  magic         int8  int8 int64           int8 int32                          end   of content
 *
 *  FLG  7 6: version 1   5: independent blocks   4: block checksums   3: content size
 *       2: content checksum   1 0: reserved      BD  6 5 4: block size, 4 (64 KiB) to 7 (4 MiB)
 *  HC   second byte of xxh32 of FLG to the content size, the magic not included
 * </pre>
 *
 * <p>Written are independent blocks of 64 KiB and none of the optional parts. Read are all block
 * sizes; block checksums are verified, content size and content checksum passed over, as the batch
 * has a checksum of its own. Refused are blocks that depend on each other, like Kafka does.
 *
 * <p>The native code of lz4-java is used where its module has been granted native access, its
 * portable Java code elsewhere; never the variant that uses {@code Unsafe}, at which the JDK warns.
 */
final class Lz4Codec implements BatchCodec {

  private static final int MAGIC = 0x184d2204;
  private static final int VERSION = 1 << 6;
  private static final int VERSION_MASK = 3 << 6;
  private static final int INDEPENDENT_BLOCKS = 1 << 5;
  private static final int BLOCK_CHECKSUMS = 1 << 4;
  private static final int CONTENT_SIZE = 1 << 3;
  private static final int CONTENT_CHECKSUM = 1 << 2;
  private static final int FLG_RESERVED = 3;
  private static final int BD_RESERVED = 0x8f;
  private static final int BLOCK_SIZE_ID_MIN = 4;

  private static final byte FLG = (byte) (VERSION | INDEPENDENT_BLOCKS);
  private static final byte BD = (byte) (BLOCK_SIZE_ID_MIN << 4);
  private static final int BLOCK_BYTES_MAX = 64 << 10;
  private static final int PREAMBLE_BYTES = 6;
  private static final int HEADER_BYTES = 7;
  private static final int STORED_BIT = 1 << 31;
  private static final int HASH_SEED = 0;

  /** At this level, its default, Kafka takes the fast compressor; at others the high one. */
  private static final int FAST_LEVEL = 9;

  private final LZ4Compressor compressor;
  private final LZ4SafeDecompressor decompressor;
  private final XXHash32 hash;
  private final byte headerChecksum;

  Lz4Codec(int level) {
    LZ4Factory factory = LZ4Factory.safeInstance();
    XXHashFactory hashes = XXHashFactory.safeInstance();
    if (LZ4Factory.class.getModule().isNativeAccessEnabled()) {
      try {
        factory = LZ4Factory.nativeInstance();
        hashes = XXHashFactory.nativeInstance();
      } catch (LinkageError | UnsupportedOperationException e) {
        // lz4-java has no native code for this platform, or cannot unpack it: slower, not wrong.
        factory = LZ4Factory.safeInstance();
      }
    }
    compressor = level == FAST_LEVEL ? factory.fastCompressor() : factory.highCompressor(level);
    decompressor = factory.safeDecompressor();
    hash = hashes.hash32();
    headerChecksum = (byte) (hash.hash(new byte[] {FLG, BD}, 0, 2, HASH_SEED) >> 8);
  }

  @Override
  public int compress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int targetPosition) {
    target.ensure((long) targetPosition + HEADER_BYTES + Integer.BYTES, targetPosition);
    ByteBuffer header = target.bytes().clear();
    putInt(header, targetPosition, MAGIC);
    header.put(targetPosition + 4, FLG).put(targetPosition + 5, BD);
    header.put(targetPosition + PREAMBLE_BYTES, headerChecksum);
    int end = targetPosition + HEADER_BYTES;
    for (int done = 0; done < sizeBytes; done += BLOCK_BYTES_MAX) {
      int blockBytes = Math.min(BLOCK_BYTES_MAX, sizeBytes - done);
      end = putBlock(source, position + done, blockBytes, target, end);
    }
    target.ensure((long) end + Integer.BYTES, end);
    putInt(target.bytes().clear(), end, 0);
    return end + Integer.BYTES - targetPosition;
  }

  private int putBlock(
      ScratchMemory source, int position, int blockBytes, ScratchMemory target, int at) {
    int start = at + Integer.BYTES;
    int sizeBytesMax = compressor.maxCompressedLength(blockBytes);
    target.ensure((long) start + sizeBytesMax, at);
    ByteBuffer from = source.bytes().clear();
    ByteBuffer to = target.bytes().clear();
    int packedBytes = compressor.compress(from, position, blockBytes, to, start, sizeBytesMax);
    if (packedBytes < blockBytes) {
      putInt(to, at, packedBytes);
      return start + packedBytes;
    }
    to.put(start, from, position, blockBytes);
    putInt(to, at, blockBytes | STORED_BIT);
    return start + blockBytes;
  }

  @Override
  public int decompress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int sizeBytesMax)
      throws MalformedStreamException {
    ByteBuffer from = source.bytes().clear();
    int limit = position + sizeBytes;
    int at = readHeader(from, position, limit);
    int flags = from.get(position + 4);
    int blockBytesMax = 1 << (2 * (from.get(position + 5) >> 4) + 8);
    int trailerBytes = (flags & BLOCK_CHECKSUMS) != 0 ? Integer.BYTES : 0;
    int end = 0;
    for (; ; ) {
      int length = readInt(from, at, limit);
      at += Integer.BYTES;
      if (length == 0) {
        break;
      }
      int packedBytes = length & ~STORED_BIT;
      int left = Math.min(limit - at - trailerBytes, blockBytesMax);
      if (packedBytes > left) {
        throw new MalformedStreamException(
            "a block of " + packedBytes + " bytes", "at most " + left);
      }
      if (trailerBytes > 0) {
        checkBlock(from, at, packedBytes, limit);
      }
      end =
          length < 0
              ? copyBlock(from, at, packedBytes, target, end, sizeBytesMax)
              : block(from, at, packedBytes, target, end, sizeBytesMax, blockBytesMax);
      at += packedBytes + trailerBytes;
    }
    at += (flags & CONTENT_CHECKSUM) != 0 ? Integer.BYTES : 0;
    if (at != limit) {
      throw new MalformedStreamException((limit - at) + " bytes behind the frame", "none");
    }
    return end;
  }

  /** Checks the frame's header and returns where the blocks begin. */
  private int readHeader(ByteBuffer from, int start, int limit) throws MalformedStreamException {
    if (limit - start < HEADER_BYTES || readInt(from, start, limit) != MAGIC) {
      throw new MalformedStreamException("no lz4 frame", "04 22 4d 18");
    }
    int flags = from.get(start + 4);
    int descriptor = from.get(start + 5);
    if ((flags & VERSION_MASK) != VERSION
        || (flags & INDEPENDENT_BLOCKS) == 0
        || (flags & FLG_RESERVED) != 0) {
      throw new MalformedStreamException(
          "frame flags " + Integer.toBinaryString(flags & 0xff),
          "version 1, independent blocks, no reserved bit");
    }
    if ((descriptor & BD_RESERVED) != 0 || descriptor >> 4 < BLOCK_SIZE_ID_MIN) {
      throw new MalformedStreamException(
          "block descriptor " + Integer.toBinaryString(descriptor & 0xff),
          "block size 4 to 7, no reserved bit");
    }
    int checksumAt = start + PREAMBLE_BYTES + ((flags & CONTENT_SIZE) != 0 ? Long.BYTES : 0);
    if (checksumAt >= limit) {
      throw new MalformedStreamException("a cut frame header", "its checksum");
    }
    byte computed = (byte) (hash.hash(from, start + 4, checksumAt - start - 4, HASH_SEED) >> 8);
    if (computed != from.get(checksumAt)) {
      throw new MalformedStreamException(
          "frame header checksum " + from.get(checksumAt), Byte.toString(computed));
    }
    return checksumAt + 1;
  }

  private void checkBlock(ByteBuffer from, int at, int packedBytes, int limit)
      throws MalformedStreamException {
    int stored = readInt(from, at + packedBytes, limit);
    int computed = hash.hash(from, at, packedBytes, HASH_SEED);
    if (stored != computed) {
      throw new MalformedStreamException("block checksum " + stored, Integer.toString(computed));
    }
  }

  private static int copyBlock(
      ByteBuffer from, int at, int blockBytes, ScratchMemory target, int end, int sizeBytesMax)
      throws MalformedStreamException {
    if (blockBytes > sizeBytesMax - end) {
      throw MalformedStreamException.tooLarge(sizeBytesMax);
    }
    target.ensure((long) end + blockBytes, end);
    target.bytes().clear().put(end, from, at, blockBytes);
    return end + blockBytes;
  }

  private int block(
      ByteBuffer from,
      int at,
      int packedBytes,
      ScratchMemory target,
      int end,
      int sizeBytesMax,
      int blockBytesMax)
      throws MalformedStreamException {
    // A block does not say what it inflates to; its size id bounds it to 4 MiB.
    target.ensure((long) end + blockBytesMax, end);
    int room = Math.min(blockBytesMax, sizeBytesMax - end);
    try {
      ByteBuffer to = target.bytes().clear();
      return end + decompressor.decompress(from, at, packedBytes, to, end, room);
    } catch (LZ4Exception e) {
      throw room < blockBytesMax
          ? MalformedStreamException.tooLarge(sizeBytesMax)
          : new MalformedStreamException("a damaged block", "lz4 of at most " + room + " bytes");
    }
  }

  private static int readInt(ByteBuffer from, int at, int limit) throws MalformedStreamException {
    if (limit - at < Integer.BYTES) {
      throw new MalformedStreamException("a cut frame", "its end mark");
    }
    int value = from.getInt(at);
    return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? value : Integer.reverseBytes(value);
  }

  private static void putInt(ByteBuffer to, int at, int value) {
    to.putInt(
        at,
        ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? value : Integer.reverseBytes(value));
  }
}
