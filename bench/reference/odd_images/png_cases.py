"""Odd PNG files."""

import struct
import zlib

MAGIC = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind, data=b"", crc=None):
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def header(width, height, depth, color, compression=0, filters=0, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, compression, filters, interlace))


def scanlines(rng, width, height, depth, color):
    """Random samples, each line behind a filter byte that is valid."""
    size = (width * depth * CHANNELS[color] + 7) // 8
    return b"".join(bytes([int(rng.integers(0, 5))]) + rng.integers(0, 256, size, "u1").tobytes() for _ in range(height))


def cases(rng):
    for color, depth in ((0, 8), (2, 8), (6, 8)):
        data = scanlines(rng, 7, 5, depth, color)
        yield f"plain_{color}_{depth}.png", (MAGIC + header(7, 5, depth, color) + chunk(b"IDAT", zlib.compress(data))
                                             + chunk(b"IEND"))
