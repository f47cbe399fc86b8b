"""Small PDF files for the tests of media/pdf, and how PDFium draws them.

    python bench/reference/pages.py media/pdf/src/test/resources/pages

Pages are drawn by pypdfium2 at half a pixel a point. It smooths edges otherwise than PDFBox,
so tests compare with a tolerance; what they find is a page that is turned, cut or colored wrongly.
"""

import base64
import io
import json
import sys
import zlib
from pathlib import Path

import numpy as np
import pypdfium2

from pictures import picture

SCALE = 0.5
SHAPES = b"""
0.2 0.4 0.9 rg 20 20 60 100 re f
0.9 0.3 0.1 rg 100 180 m 160 180 l 130 230 l h f
0 0.6 0.2 RG 8 w 20 200 m 60 150 120 150 100 60 c S
0.5 g 130 40 30 80 re f
1 0 1 0 k 90 100 25 25 re f
"""
WORDS = b"BT /F1 36 Tf 20 180 Td (Revenue) Tj 0 -60 Td (grew by 7%) Tj /F2 28 Tf 0 -60 Td (in April) Tj ET"
HALF = b"/G0 gs 1 0 0 rg 30 30 90 90 re f 0 0 1 rg 70 70 90 130 re f"
FORM = b"q 0.5 0 0 0.5 10 10 cm /X1 Do Q q 0.5 0 0 0.5 90 120 cm /X1 Do Q"
PATTERN = b"/Pattern cs /P1 scn 20 20 140 90 re f /Sh1 sh"


def stream(data, entries="", compress=True):
    if compress:
        data, entries = zlib.compress(data, 9), entries + " /Filter /FlateDecode"
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode() + data + b"\nendstream"


def pdf(content, resources="", page="", objects=(), compress=True):
    """A file of one page of 180 x 240 points. Objects are numbered from 5 on."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 180 240] >>",
        f"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << {resources} >> {page} >>".encode(),
        stream(content, compress=compress),
        *objects,
    ]
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, part in enumerate(parts, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + part + b"\nendobj\n")
    xref = out.tell()
    out.write(f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n".encode())
    for offset in offsets:
        out.write(f"{offset:010} 00000 n \n".encode())
    out.write(f"trailer\n<< /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n".encode())
    return out.getvalue()


def image_objects():
    image = picture(7, 40, 30)
    jpeg = io.BytesIO()
    image.save(jpeg, "jpeg", quality=85)
    entries = "/Type /XObject /Subtype /Image /Width 40 /Height 30 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    mask = np.linspace(0, 255, 40 * 30).astype(np.uint8).tobytes()
    return [
        stream(np.asarray(image).tobytes(), entries + " /SMask 7 0 R"),
        stream(jpeg.getvalue(), entries + " /Filter /DCTDecode", compress=False),
        stream(mask, entries.replace("DeviceRGB", "DeviceGray")),
    ]


def files():
    fonts = (
        "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
        " /F2 << /Type /Font /Subtype /TrueType /BaseFont /Arial >> >>"
    )
    pattern = stream(
        b"0.8 0.2 0.2 rg 0 0 20 20 re f 0.2 0.2 0.8 rg 20 20 20 20 re f",
        "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 40 40] /XStep 40 /YStep 40 /Resources << >>",
    )
    shading = (
        "<< /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 130 180 130] /BBox [20 130 160 220]"
        " /Function << /FunctionType 2 /Domain [0 1] /C0 [1 1 0] /C1 [0 0.4 0] /N 1 >> >>"
    )
    annotation = b"<< /Type /Annot /Subtype /Stamp /Rect [40 40 140 90] /AP << /N 6 0 R >> /F 4 >>"
    appearance = stream(
        b"0.9 0.6 0.1 rg 0 0 100 50 re f", "/Type /XObject /Subtype /Form /BBox [0 0 100 50]"
    )
    form = stream(SHAPES, "/Type /XObject /Subtype /Form /BBox [0 0 180 240]")
    return {
        "shapes.pdf": pdf(SHAPES, compress=False),
        "turned_90.pdf": pdf(SHAPES, page="/Rotate 90"),
        "turned_180.pdf": pdf(SHAPES, page="/Rotate 180"),
        "turned_270.pdf": pdf(SHAPES, page="/Rotate -90"),
        "cropped.pdf": pdf(SHAPES, page="/CropBox [40 60 160 220]"),
        "cropped_turned.pdf": pdf(SHAPES, page="/CropBox [40 60 160 220] /Rotate 90"),
        "words.pdf": pdf(WORDS, fonts, compress=False),
        "pictures.pdf": pdf(
            b"0.3 0.8 0.5 rg 0 0 180 240 re f q 120 0 0 90 30 20 cm /I1 Do Q q 120 0 0 90 30 130 cm /I2 Do Q",
            "/XObject << /I1 5 0 R /I2 6 0 R >>",
            objects=image_objects(),
        ),
        "blended.pdf": pdf(HALF, "/ExtGState << /G0 << /ca 0.5 /BM /Multiply >> >>"),
        "forms.pdf": pdf(FORM, "/XObject << /X1 5 0 R >>", objects=[form]),
        "patterns.pdf": pdf(
            PATTERN, f"/Pattern << /P1 5 0 R >> /Shading << /Sh1 {shading} >>", objects=[pattern]
        ),
        "stamped.pdf": pdf(
            SHAPES, page="/Annots [5 0 R]", objects=[annotation, appearance], compress=False
        ),
    }


def expect(data):
    page = pypdfium2.PdfDocument(data)[0]
    width, height = page.get_size()
    bitmap = page.render(scale=SCALE, rev_byteorder=True, may_draw_forms=False)
    pixels = np.ascontiguousarray(bitmap.to_numpy()[:, :, :3])
    return {
        "points": [width, height],
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "pixels": base64.b64encode(zlib.compress(pixels.tobytes(), 9)).decode(),
    }


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, data in files().items():
        (folder / name).write_bytes(data)
        expected[name] = expect(data)
        print(f"{name:20} {len(data):6} bytes, {expected[name]['points']}")
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
