"""The reranker's prompt, byte for byte, and how it becomes token ids."""

from tokenizers import Tokenizer

SYSTEM = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".'
)
INSTRUCTION = "Given a search query, retrieve relevant candidates that answer the query."
CONTROL = "control"
TEXT = "text"
APART = "apart"  # text that is encoded on its own


def side(parts):
    """
    Videos first, then images, then texts, nothing between them; an empty side reads NULL. A video comes with its
    pieces, the times and slices that videos.py makes of it.
    """
    out = []
    for part in parts:
        out += part.get("pieces", [])
    for part in parts:
        if "image" in part:
            out += [(CONTROL, "<|vision_start|>"), (CONTROL, "<|image_pad|>"), (CONTROL, "<|vision_end|>")]
    out += [(TEXT, part["text"]) for part in parts if "text" in part]
    return out or [(TEXT, "NULL")]


def pieces(query, document, instruction=None):
    return [
        (CONTROL, "<|im_start|>"),
        (TEXT, "system\n" + SYSTEM),
        (CONTROL, "<|im_end|>"),
        (TEXT, "\n"),
        (CONTROL, "<|im_start|>"),
        (TEXT, "user\n<Instruct>: " + (INSTRUCTION if instruction is None else instruction) + "<Query>:"),
        *side(query),
        (TEXT, "\n<Document>:"),
        *side(document),
        (CONTROL, "<|im_end|>"),
        (TEXT, "\n"),
        (CONTROL, "<|im_start|>"),
        (TEXT, "assistant\n"),
    ]


def render(prompt):
    return "".join(text for _, text in prompt)


def load_tokenizer(path):
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def encode_text(tokenizer, text, parse_special=False):
    """Ids of text; control strings in it stay text unless parse_special."""
    tokenizer.encode_special_tokens = not parse_special
    try:
        return tokenizer.encode(text, add_special_tokens=False).ids
    finally:
        tokenizer.encode_special_tokens = False


def encode(tokenizer, prompt, image_tokens=(), parse_special=False, slice_tokens=()):
    """
    Ids of a prompt, each placeholder of an image or of a video's slice repeated to its token count. All text between
    two control tokens is encoded as one string, as the tokenizer would find it in the whole prompt.
    """
    counts = {"<|image_pad|>": iter(image_tokens), "<|video_pad|>": iter(slice_tokens)}
    ids, run = [], ""

    def flush():
        nonlocal run
        if run:
            ids.extend(encode_text(tokenizer, run, parse_special))
        run = ""

    for kind, text in prompt:
        if kind == TEXT:
            run += text
            continue
        flush()
        if kind == APART:
            ids.extend(encode_text(tokenizer, text))
            continue
        repeat = next(counts[text]) if text in counts else 1
        ids.extend([tokenizer.token_to_id(text)] * repeat)
    flush()
    return ids
