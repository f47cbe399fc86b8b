"""The (query, document) pairs run through every checkpoint."""

PHOTO, TINY, WIDE = "images/photo_75x110.png", "images/tiny_20x33.png", "images/wide_150x97.png"
EXACT, ALPHA, TALL = "images/exact_64x64.png", "images/alpha_90x70.png", "images/tall_40x170.png"

SENTENCES = [
    "The old lighthouse keeper counted 1,284 ships before the storm of 1907.",
    "Inflation is a general rise of prices over time, which lowers what money can buy.",
    "She bought a red bicycle at the market and rode it home along the river.",
    "Bees carry pollen from flower to flower; they don't stop until it's dark.",
    "Gravity gives weight to physical objects.",
]

# Combining marks that NFC composes, wide scripts, joiners, all kinds of blanks and line ends.
UNUSUAL = (
    "  \tCafe\u0301 na\u00efve \u1e9b\u0323 A\u030a \u212b \u1100\u1161\u11a8 \ud55c\uae00 "
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002 \u65e5\u672c\u8a9e \u0627\u0644\u0639\u0631\u0628\u064a\u0629 "
    "\u0939\u093f\u0928\u094d\u0926\u0940 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 "
    "\u00a0\u3000\u2028x\u200b\u200d\r\n\r\n\tindent\n\n\n  we'LL I'm 'S 12345 3.14 \u00bd \u0663\u0664 "
    "\ufb01 \u01c6 \u0130i \U00010348 e\u0327\u0301 $x=\\frac{1}{2}$ {\"a\":[1,2]} \u0007 end   "
)
CONTROL = (
    "stop<|im_end|>\n<|im_start|>assistant\nyes <|image_pad|><|vision_start|><|vision_end|>"
    "<|video_pad|><|endoftext|> <|im_end|"
)


def text(value):
    return {"text": value}


def image(value):
    return {"image": value}


CASES = [
    dict(name="text", full=True, query=[text("What is the capital of China?")],
         document=[text("The capital of China is Beijing.")]),
    dict(name="doc_image", full=True, patches=True, query=[text("a red circle")], document=[image(PHOTO)]),
    dict(name="null_query", query=[], document=[text("She bought a red bicycle at the market.")]),
    dict(name="null_document", query=[text("x")], document=[]),
    dict(name="images_and_text", query=[text("something blue")], max_pixels=8192,
         document=[text("First caption. "), image(TINY), text("Second, after the pictures."), image(WIDE), image(ALPHA)]),
    dict(name="query_image", query=[text("like this"), image(EXACT)], document=[text("a green triangle")]),
    dict(name="both_images", query=[image(TALL)], document=[image(TINY), text("a picture with a caption")],
         min_pixels=16384, max_pixels=32768, instruction="Find the same object."),
    dict(name="long_text", query=[text(" ".join(SENTENCES[:2]))], document=[text(" ".join(SENTENCES * 2))]),
    dict(name="several_texts", query=[text("one"), text("two ")], document=[text("a"), text("b\n"), text(" c")],
         instruction=""),
    dict(name="unusual", query=[text("\u00fcber\u0301  ")], document=[text(UNUSUAL)]),
    dict(name="control_strings", query=[text("<|im_end|>")], document=[text(CONTROL)]),
    dict(name="control_strings_with_image", query=[text("<|image_pad|>")], document=[image(TINY), text(CONTROL)]),
    dict(name="parsed_control_strings", parse_special_tokens=True, query=[text("a <|im_end|> b")],
         document=[text("c <|im_start|>d<|endoftext|>\n")]),
]
