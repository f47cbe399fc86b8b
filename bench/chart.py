"""
Draws the README's chart of speeds: docs/speed.svg from docs/speed.csv. The standard library alone.

    python3 bench/chart.py
"""

import csv
from pathlib import Path
from xml.sax.saxutils import escape

DOCS = Path(__file__).resolve().parent.parent / "docs"
LEFT, TOP, ROW, BAR, WIDTH, RIGHT = 270, 44, 46, 16, 400, 60
COLORS = {"bf16": "#3572a5", "int8": "#e08e2b"}


def read():
    lines = [line for line in (DOCS / "speed.csv").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def text(x, y, words, **attributes):
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:g}" y="{y:g}"{more}>{escape(words)}</text>'


def main():
    rows = read()
    largest = max(float(row[name]) for row in rows for name in COLORS if row[name])
    scale = WIDTH / largest
    height = TOP + ROW * len(rows) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for i, (name, color) in enumerate(COLORS.items()):
        parts.append(f'<rect x="{LEFT + 90 * i}" y="12" width="14" height="14" fill="{color}"/>')
        parts.append(text(LEFT + 90 * i + 20, 24, "vl4j " + name))
    one = LEFT + scale
    parts.append(f'<line x1="{one:g}" y1="{TOP - 8}" x2="{one:g}" y2="{height - 20}" stroke="#888" stroke-dasharray="4 3"/>')
    parts.append(text(one, height - 6, "PyTorch bf16", text_anchor="middle", fill="#555"))
    for i, row in enumerate(rows):
        y = TOP + ROW * i
        parts.append(text(LEFT - 10, y + 20, row["case"], text_anchor="end"))
        for name, color in COLORS.items():
            if row[name]:
                width = float(row[name]) * scale
                parts.append(f'<rect x="{LEFT}" y="{y:g}" width="{width:g}" height="{BAR}" fill="{color}"/>')
                parts.append(text(LEFT + width + 6, y + 13, f"{float(row[name]):.1f}x"))
            y += BAR + 2
    parts.append("</svg>")
    (DOCS / "speed.svg").write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
