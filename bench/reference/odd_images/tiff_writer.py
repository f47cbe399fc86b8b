"""TIFF files of every kind, byte by byte: what no library writes, too."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD = range(1, 14)
LONG8 = 16
FORMATS = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "II", SBYTE: "b", UNDEFINED: "B", SSHORT: "h",
           SLONG: "i", SRATIONAL: "ii", FLOAT: "f", DOUBLE: "d", IFD: "I", LONG8: "Q"}

NONE, RLE, GROUP3, GROUP4, LZW, DEFLATE, RLE_WORDS, PACKBITS, OLD_DEFLATE = 1, 2, 3, 4, 5, 8, 32771, 32773, 32946
OLD_LZW = -5  # low bits first, as it was before TIFF 5

REVERSED = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))


def pack(samples, bits, order, floats=False):
    """Rows of samples, [h, w, s], as bytes: a list of one bytes object a row."""
    flat = samples.reshape(samples.shape[0], -1)
    if floats:
        return [row.astype(order + f"f{bits // 8}").tobytes() for row in flat]
    if bits in (8, 16, 32):
        return [(row.astype(np.int64) & (1 << bits) - 1).astype(order + f"u{bits // 8}").tobytes() for row in flat]
    rows = []
    for row in flat:
        text = "".join(format(int(v) & (1 << bits) - 1, f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 8)
        rows.append(int(text, 2).to_bytes(len(text) // 8, "big") if text else b"")
    return rows


def difference(rows, bits, samples, order):
    """Predictor 2."""
    out = []
    for row in rows:
        values = np.frombuffer(row, order + f"u{bits // 8}").astype(np.uint64).reshape(-1, samples)
        values[1:] = values[1:] - values[:-1]
        out.append((values & ((1 << bits) - 1)).astype(order + f"u{bits // 8}").tobytes())
    return out


def float_difference(rows, samples, order):
    """Predictor 3 for 32 bits."""
    out = []
    for row in rows:
        planes = np.frombuffer(row, order + "u4").astype(">u4").view(np.uint8).reshape(-1, 4).T.reshape(-1)
        planes = planes.reshape(-1, samples).astype(np.int64)
        planes[1:] = planes[1:] - planes[:-1]
        out.append((planes & 255).astype(np.uint8).tobytes())
    return out


def lzw(data, old=False):
    codes, table, word = [256], {bytes([i]): i for i in range(256)}, b""
    widths, width, free = [9], 9, 258
    for byte in data:
        longer = word + bytes([byte])
        if longer in table:
            word = longer
            continue
        codes.append(table[word])
        widths.append(width)
        table[longer] = free
        free += 1
        if free > (1 << width) - (0 if old else 1):
            width += 1
        if free == 4093:
            codes.append(256)
            widths.append(width)
            table, width, free = {bytes([i]): i for i in range(256)}, 9, 258
        word = bytes([byte])
    if word:
        codes.append(table[word])
        widths.append(width)
        free += 1
        if free > (1 << width) - (0 if old else 1):
            width += 1
    codes.append(257)
    widths.append(min(width, 12))
    if old:
        bits = "".join(format(c, f"0{w}b")[::-1] for c, w in zip(codes, widths))
        bits += "0" * (-len(bits) % 8)
        return bytes(int(bits[i:i + 8][::-1], 2) for i in range(0, len(bits), 8))
    bits = "".join(format(c, f"0{w}b") for c, w in zip(codes, widths))
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def packbits(data):
    out, i = bytearray(), 0
    while i < len(data):
        j = i
        while j < len(data) and data[j] == data[i] and j - i < 128:
            j += 1
        if j - i >= 2:
            out += bytes([257 - (j - i), data[i]])
        else:
            while j < len(data) and j - i < 128 and not (j + 1 < len(data) and data[j] == data[j + 1]):
                j += 1
            out += bytes([j - i - 1]) + data[i:j]
        i = j
    return bytes(out)


def fax(rows, width, compression, options=0):
    """libtiff's own encoder, through Pillow."""
    name = {RLE: "tiff_ccitt", GROUP3: "group3", GROUP4: "group4"}[compression]
    image = Image.frombytes("1", (width, len(rows)), b"".join(rows), "raw", "1;I")
    out = io.BytesIO()
    info = {292: options, 278: len(rows)} if compression == GROUP3 else {278: len(rows)}
    image.save(out, "TIFF", compression=name, tiffinfo={**info, 262: 0})
    tags = Image.open(io.BytesIO(out.getvalue())).tag_v2
    assert len(tags[273]) == 1 and tags[262] == 0
    return out.getvalue()[tags[273][0]:][:tags[279][0]]


def compress(rows, width, compression, options=0):
    data = b"".join(rows)
    if compression in (RLE, GROUP3, GROUP4):
        return fax(rows, width, compression, options)
    return {NONE: lambda: data, LZW: lambda: lzw(data), OLD_LZW: lambda: lzw(data, True),
            DEFLATE: lambda: zlib.compress(data), OLD_DEFLATE: lambda: zlib.compress(data, 1),
            PACKBITS: lambda: packbits(data)}[compression]()


def chunks(samples, rows_per_strip, tile):
    """Strips or tiles in order, tiles filled up at the edges with their last pixels."""
    h, w = samples.shape[:2]
    if tile is None:
        return [samples[y:y + rows_per_strip] for y in range(0, h, rows_per_strip)]
    tw, th = tile
    out = []
    for y in range(0, h, th):
        for x in range(0, w, tw):
            part = samples[y:y + th, x:x + tw]
            out.append(np.pad(part, ((0, th - part.shape[0]), (0, tw - part.shape[1]), (0, 0)), "edge"))
    return out


def directory(entries, order, big, at, data_at, next_at=0):
    """An image file directory at `at` whose longer values lie from `data_at` on: (directory, values)."""
    inline, head, values = (8 if big else 4), b"", b""
    for tag, kind, content in entries:
        unit = FORMATS.get(kind, "B")
        if isinstance(content, bytes):
            count, raw = len(content) // struct.calcsize("<" + unit), content
        else:
            flat = [v for c in content for v in (c if isinstance(c, tuple) else (c,))]
            count, raw = len(content), struct.pack(order + unit * len(content), *flat)
        head += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, count)
        if len(raw) <= inline:
            head += raw.ljust(inline, b"\0")
        else:
            head += struct.pack(order + ("Q" if big else "I"), data_at + len(values))
            values += raw + b"\0" * (len(raw) & 1)
    count = struct.pack(order + ("Q" if big else "H"), len(entries))
    return count + head + struct.pack(order + ("Q" if big else "I"), next_at), values


def write(entries, parts, order="<", big=False, offsets=273, counts=279, head=None, gap=b"", offset_type=None):
    """Header, strips, directory, values. Entries are (tag, type, values); offsets and counts are added
    unless they are given, or unless their tag is None."""
    start = 16 if big else 8
    at, places = start + len(gap), []
    for part in parts:
        places.append(at)
        at += len(part) + (len(part) & 1)
    kind = offset_type or (LONG8 if big else LONG)
    given = {tag for tag, _, _ in entries}
    entries = list(entries)
    for tag, content in ((offsets, places), (counts, [len(p) for p in parts])):
        if tag is not None and tag not in given:
            entries.append((tag, kind, content))
    entries = [e for e in entries if e[2] is not None]
    body = gap + b"".join(p + b"\0" * (len(p) & 1) for p in parts)
    size = (8 if big else 2) + len(entries) * (20 if big else 12) + (8 if big else 4)
    ifd, values = directory(entries, order, big, at, at + size)
    if head is None:
        mark = b"II" if order == "<" else b"MM"
        head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, at) if big else struct.pack(order + "HI", 42, at))
    return head + body + ifd + values


def tiff(samples, bits=8, photometric=None, order="<", compression=NONE, predictor=1, planar=1, rows_per_strip=None,
         tile=None, fill_order=1, extra=None, sample_format=None, big=False, options=0, tags=(), without=(),
         shuffle=None, **layout):
    """A whole file from samples [h, w, s]. `tags` are added or replace others, `without` are left out."""
    h, w, s = samples.shape
    floats = sample_format == 3
    rows_per_strip = rows_per_strip or h
    parts = []
    for plane in ([samples] if planar == 1 else [samples[:, :, i:i + 1] for i in range(s)]):
        for chunk in chunks(plane, rows_per_strip, tile):
            rows = pack(chunk, bits, order, floats)
            if predictor == 2:
                rows = difference(rows, bits, chunk.shape[2], order)
            elif predictor == 3:
                rows = float_difference(rows, chunk.shape[2], order)
            data = compress(rows, chunk.shape[1], compression, options)
            parts.append(data.translate(REVERSED) if fill_order == 2 else data)
    entries = {
        256: (LONG, [w]), 257: (LONG, [h]), 258: (SHORT, [bits] * s), 259: (SHORT, [abs(compression)]),
        262: (SHORT, [photometric if photometric is not None else (1 if s < 3 else 2)]), 277: (SHORT, [s]),
        284: (SHORT, [planar])}
    if tile:
        entries |= {322: (LONG, [tile[0]]), 323: (LONG, [tile[1]])}
        layout = {"offsets": 324, "counts": 325, **layout}
    else:
        entries[278] = (LONG, [rows_per_strip])
    if predictor != 1:
        entries[317] = (SHORT, [predictor])
    if fill_order != 1:
        entries[266] = (SHORT, [fill_order])
    if extra is not None:
        entries[338] = (SHORT, list(extra))
    if sample_format is not None:
        entries[339] = (SHORT, [sample_format] * s)
    if options:
        entries[292] = (LONG, [options])
    for tag, kind, content in tags:
        entries[tag] = (kind, content)
    for tag in without:
        entries.pop(tag, None)
    listed = sorted((tag, *e) for tag, e in entries.items())
    if shuffle is not None:
        listed = [listed[i] for i in shuffle.permutation(len(listed))]
    return write(listed, parts, order=order, big=big, **layout)


def jpeg(samples, stream=0, **options):
    """A JPEG of samples [h, w, s] by Pillow: whole (0), only its tables (1), or without them (2)."""
    out = io.BytesIO()
    array = samples[:, :, 0] if samples.shape[2] == 1 else samples
    mode = {1: "L", 3: "RGB", 4: "CMYK"}[samples.shape[2]]
    Image.fromarray(array.astype(np.uint8), mode).save(out, "JPEG", streamtype=stream, **options)
    return out.getvalue()
