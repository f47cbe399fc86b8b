"""Small video files for the tests of media/ffmpeg, and what PyAV decodes from them.

    python bench/reference/clips.py media/ffmpeg/src/test/resources/clips

Files are made once: encoders of another version make other files, and PyAV's frames go with the
files that are there. `--expect` computes `expected.json` anew for those. Frames are
`frame.to_ndarray(format="rgb24")` of `container.decode(video=0)`, turned upright as torchcodec does.
"""

import argparse
import hashlib
import json
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from pictures import picture

# name: container, encoder, pixel format, width, height, frames, rate, encoder's options
CLIPS = {
    "h264.mp4": ("mp4", "libx264", "yuv420p", 70, 54, 14, 25, {"bf": "2", "g": "6", "crf": "30"}),
    "h264_odd.mp4": ("mp4", "libx264", "yuv444p", 45, 33, 7, 30, {"crf": "30"}),
    "h264_bt709.mkv": ("matroska", "libx264", "yuv420p", 64, 48, 6, 24,
                       {"crf": "30", "x264-params": "colormatrix=bt709:colorprim=bt709:transfer=bt709"}),
    "h264_full.mkv": ("matroska", "libx264", "yuvj420p", 64, 48, 6, 24, {"crf": "30"}),
    "h264_10bit.mkv": ("matroska", "libx264", "yuv420p10le", 50, 38, 6, 24, {"crf": "30"}),
    "h264_ntsc.ts": ("mpegts", "libx264", "yuv422p", 66, 50, 9, Fraction(30000, 1001), {"crf": "30"}),
    "h264.flv": ("flv", "libx264", "yuv420p", 64, 48, 5, 15, {"crf": "30"}),
    "h265.mp4": ("mp4", "libx265", "yuv420p", 68, 52, 8, 25, {"crf": "34", "x265-params": "log-level=0"}),
    "vp8_altref.webm": ("webm", "libvpx", "yuv420p", 61, 47, 30, 12,
                        {"auto-alt-ref": "1", "lag-in-frames": "16", "crf": "40", "b": "20k"}),
    "vp9.webm": ("webm", "libvpx-vp9", "yuv420p", 63, 49, 12, 10, {"crf": "45", "b": "0"}),
    "av1.mp4": ("mp4", "libsvtav1", "yuv420p", 96, 64, 8, 24, {"crf": "50", "preset": "10"}),
    "mpeg4_b.avi": ("avi", "mpeg4", "yuv420p", 64, 48, 11, 10, {"bf": "1", "b": "60k"}),
    "mpeg4.mp4": ("mp4", "mpeg4", "yuv420p", 58, 42, 9, 12, {"b": "60k"}),
    "mpeg2.mpg": ("mpeg", "mpeg2video", "yuv420p", 64, 48, 10, 25, {"bf": "2", "b": "80k"}),
    "mpeg1.mpg": ("mpeg", "mpeg1video", "yuv420p", 64, 48, 10, 25, {"b": "80k"}),
    "mjpeg_422.avi": ("avi", "mjpeg", "yuvj422p", 43, 31, 4, 8, {"qmin": "12", "qmax": "31"}),
    "png.mov": ("mov", "png", "rgb24", 21, 17, 3, 2, {}),
    "animated.gif": ("gif", "gif", "rgb8", 33, 25, 5, 10, {}),
}


def frames_of(width, height, count, seed):
    """A picture that moves by some pixels from frame to frame, with a square that runs across."""
    ground = np.asarray(picture(seed, width + 2 * count, height + count))
    for t in range(count):
        frame = ground[t : t + height, 2 * t : 2 * t + width].copy()
        x = (5 * t) % max(width - 9, 1)
        frame[6:14, x : x + 8] = (250, 40 + 10 * t % 200, 30)
        yield frame


def encode(path, seed):
    container, encoder, pixels, width, height, count, rate, options = CLIPS[path.name]
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(encoder, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.thread_count = 1
        for array in frames_of(width, height, count, seed):
            frame = av.VideoFrame.from_ndarray(array, format="rgb24").reformat(format=pixels)
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode():
            output.mux(packet)


def rotated(folder):
    """An MP4 whose track header asks for a quarter turn, as phones write it."""
    for name, matrix in {
        "turned_right.mp4": (0, 1, -1, 0),
        "turned_left.mp4": (0, -1, 1, 0),
        "upside_down.mp4": (-1, 0, 0, -1),
    }.items():
        data = bytearray((folder / "mpeg4.mp4").read_bytes())
        at = data.index(b"tkhd") + 4 + 40
        a, b, c, d = (65536 * value for value in matrix)
        struct.pack_into(">9i", data, at, a, b, 0, c, d, 0, 0, 0, 1 << 30)
        (folder / name).write_bytes(data)


def lying(folder):
    """An AVI whose headers promise 9999 frames."""
    data = bytearray((folder / "mpeg4_b.avi").read_bytes())
    struct.pack_into("<I", data, data.index(b"avih") + 8 + 16, 9999)
    struct.pack_into("<I", data, data.index(b"strh") + 8 + 32, 9999)
    (folder / "lying.avi").write_bytes(data)


def edited(folder):
    """An MP4 whose edit list begins later: some frames are decoded and not shown."""
    data = bytearray((folder / "h264.mp4").read_bytes())
    at = data.index(b"elst") + 4
    version, entries = data[at], struct.unpack_from(">I", data, at + 4)[0]
    assert version == 0 and entries == 1, (version, entries)
    duration, start = struct.unpack_from(">Ii", data, at + 8)
    timescale = struct.unpack_from(">I", data, data.index(b"mdhd") + 4 + 12)[0]
    struct.pack_into(">Ii", data, at + 8, duration, start + 4 * timescale // 25)
    (folder / "edited.mp4").write_bytes(data)


def expect(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate
        decoded = list(container.decode(video=0))
        frames = [frame.to_ndarray(format="rgb24") for frame in decoded]
        turns = round(decoded[0].rotation / 90) % 4
        kind = f"{stream.codec_context.name} {decoded[0].format.name}"
    frames = [np.ascontiguousarray(np.rot90(frame, turns)) for frame in frames]
    return {
        "kind": kind,
        "width": frames[0].shape[1],
        "height": frames[0].shape[0],
        "fps": float(rate),
        "sha256": [hashlib.sha256(frame.tobytes()).hexdigest() for frame in frames],
        "mean": [[round(float(v), 3) for v in frame.mean((0, 1))] for frame in frames],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--expect", action="store_true", help="of the files that are there")
    options = parser.parse_args()
    folder = options.folder
    if not options.expect:
        folder.mkdir(parents=True, exist_ok=True)
        for seed, name in enumerate(CLIPS):
            encode(folder / name, 100 + seed)
        rotated(folder)
        lying(folder)
        edited(folder)
    paths = sorted(path for path in folder.iterdir() if path.suffix != ".json")
    expected = {path.name: expect(path) for path in paths}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    for name, clip in expected.items():
        size = (folder / name).stat().st_size
        print(f"{name:20} {size:6} bytes, {len(clip['sha256'])} frames, {clip['fps']:.4f}, {clip['kind']}")


if __name__ == "__main__":
    main()
