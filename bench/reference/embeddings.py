"""
Vectors of embedding models, and scores and vectors of models that read texts only, as Hugging Face
transformers computes them.

    python bench/reference/embeddings.py --fixtures engine/src/test/resources/fixtures

Writes `embeddings.json.gz`, of the checkpoints of make_fixtures.py taken for embedders, and the folder
`text_only`: tiny seeded checkpoints of the Qwen3 architecture with their cases.
"""

import argparse
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModel, Qwen3ForCausalLM, Qwen3ForSequenceClassification
from transformers.utils import logging

import prompts
from cases import ALPHA, CONTROL, EXACT, PHOTO, SENTENCES, TALL, TINY, UNUSUAL, WIDE, image, text
from checkpoints import CHECKPOINTS, EOS, IM_END, weight, write_json, write_json_gz
from prompts import CONTROL as TOKEN
from prompts import TEXT
from run_model import NO, YES, Reference

DEFAULT = "Represent the user's input."
JUDGE = "Given a web search query, retrieve relevant passages that answer the query"

INPUTS = [
    dict(name="text", input=[text("A circle has no corners.")]),
    dict(name="image", input=[image(PHOTO)]),
    dict(name="empty", input=[]),
    dict(name="mix", input=[text("A red circle"), image(TINY), text(" on white."), image(WIDE), image(ALPHA)]),
    dict(name="instruction", input=[image(EXACT)], instruction="Retrieve images or text relevant to the user's query"),
    dict(name="sentence", input=[text(SENTENCES[0])], instruction=" \u3000Find the ship\uff01\u2003\n"),
    dict(name="symbol", input=[text(SENTENCES[3]), image(TALL)], instruction="Costs in $"),
    dict(name="blank_instruction", input=[text(SENTENCES[1])], instruction=" \t\n"),
    dict(name="long", input=[text(" ".join(SENTENCES * 3))]),
    dict(name="unusual", input=[text(UNUSUAL)]),
    dict(name="control_strings", input=[text(CONTROL)]),
    dict(name="parsed_control_strings", input=[text("c <|im_start|>d<|endoftext|>\n")], parse_special_tokens=True),
]

TEXT_INPUTS = [
    dict(name="document", input=[text(SENTENCES[4])]),
    dict(name="query", input=[text("What is gravity?")], instruction="Given a web search query, retrieve passages"),
    dict(name="empty", input=[text("")]),
    dict(name="several", input=[text("one"), text(" two\n"), text("three")], instruction=" as it is "),
    dict(name="long", input=[text(" ".join(SENTENCES * 3))]),
    dict(name="unusual", input=[text(UNUSUAL)]),
]

TEXT_PAIRS = [
    dict(name="pair", query=[text("What is the capital of China?")], document=[text("The capital of China is Beijing.")]),
    dict(name="instruction", query=[text("gravity")], document=[text(SENTENCES[4])], instruction="Find physics."),
    dict(name="long", query=[text(SENTENCES[0])], document=[text(" ".join(SENTENCES * 2))]),
    dict(name="unusual", query=[text("\u00fcber\u0301  ")], document=[text(UNUSUAL)]),
    dict(name="several", query=[text("a"), text("b ")], document=[text("c\n"), text(" d")]),
]


def config(**values):
    return dict(
        attention_bias=False, attention_dropout=0.0, bos_token_id=EOS, eos_token_id=IM_END, hidden_act="silu",
        max_position_embeddings=4096, max_window_layers=99, model_type="qwen3", rms_norm_eps=1e-6,
        sliding_window=None, use_cache=True, use_sliding_window=False, vocab_size=1408) | values


TEXT_ONLY = {
    # As the published pair: tied, queries wider than the hidden state, rope_theta at the top.
    "tied_wide": dict(
        seed=2001, store=torch.bfloat16, architecture="Qwen3ForCausalLM", config=config(
            hidden_size=40, intermediate_size=72, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
            head_dim=16, rope_theta=1000000, rope_scaling=None, tie_word_embeddings=True)),
    # As Qwen3-Embedding's files: names of the base model, no head though it is not tied.
    "base_names": dict(
        seed=2002, store=torch.float32, architecture="Qwen3ForCausalLM", base=True, config=config(
            hidden_size=36, intermediate_size=44, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1,
            head_dim=20, rope_parameters=dict(rope_theta=1000000.0, rope_type="default"), tie_word_embeddings=False)),
    # As rerankers that were converted to a classifier of one label.
    "classifier": dict(
        seed=2003, store=torch.float16, architecture="Qwen3ForSequenceClassification", config=config(
            hidden_size=32, intermediate_size=60, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
            head_dim=16, rope_theta=10000, num_labels=1, id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0},
            pad_token_id=EOS, tie_word_embeddings=True)),
}


def instruction_of(case):
    """As format_model_input of the official script has it."""
    said = case.get("instruction")
    if said:
        said = said.strip()
        if said and not unicodedata.category(said[-1]).startswith("P"):
            said = said + "."
    return said or DEFAULT


def pieces(case):
    return [
        (TOKEN, "<|im_start|>"), (TEXT, "system\n" + instruction_of(case)), (TOKEN, "<|im_end|>"), (TEXT, "\n"),
        (TOKEN, "<|im_start|>"), (TEXT, "user\n"), *prompts.side(case["input"]), (TOKEN, "<|im_end|>"), (TEXT, "\n"),
        (TOKEN, "<|im_start|>"), (TEXT, "assistant\n"), (TOKEN, "<|endoftext|>"),
    ]


def text_pieces(case):
    """A query after its instruction, or a document alone, as the model card has them."""
    said = case.get("instruction")
    before = [(TEXT, f"Instruct: {said}\nQuery:")] if said else []
    return [*before, *[(TEXT, part["text"]) for part in case["input"]], (TOKEN, "<|endoftext|>")]


def judge_pieces(case):
    """The prompt of the text-only reranker, as the model card has it."""
    joined = ["".join(part["text"] for part in case[side]) for side in ("query", "document")]
    pair = f"<Instruct>: {case.get('instruction') or JUDGE}\n<Query>: {joined[0]}\n<Document>: {joined[1]}"
    return [
        (TOKEN, "<|im_start|>"), (TEXT, "system\n" + prompts.SYSTEM), (TOKEN, "<|im_end|>"), (TEXT, "\n"),
        (TOKEN, "<|im_start|>"), (TEXT, "user\n" + pair), (TOKEN, "<|im_end|>"), (TEXT, "\n"),
        (TOKEN, "<|im_start|>"), (TEXT, "assistant\n<think>\n\n</think>\n\n"),
    ]


def row(case, prompt, ids, **results):
    shown = {k: v for k, v in case.items()}
    return shown | dict(prompt=prompts.render(prompt), ids=ids, **results)


def numbers(tensor):
    """Hidden states before they are cut and normalised; nine digits give a float32 again."""
    return [float(f"{value:.9g}") for value in tensor.float().tolist()]


@torch.no_grad()
def vision_cases(name, tokenizer, fixtures):
    reference = Reference(fixtures / name / "model", tokenizer)
    rows = []
    for case in INPUTS:
        prompt = pieces(case)
        _, patches, grids = reference.images(case["input"], fixtures, None, None)
        counts = [int(grid.prod()) // 4 for grid in grids]
        ids = prompts.encode(tokenizer, prompt, counts, case.get("parse_special_tokens", False))
        inputs = dict(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long))
        if patches:
            types = (inputs["input_ids"] == 1352).int()
            inputs |= dict(pixel_values=torch.cat(patches), image_grid_thw=torch.cat(grids), mm_token_type_ids=types)
        last = reference.eager.model(**inputs).last_hidden_state[0, -1]
        low = reference.bf16.model(**inputs).last_hidden_state[0, -1]
        rows.append(row(case, prompt, ids, hidden=numbers(last), hidden_bf16=numbers(low)))
    return dict(checkpoint=name, cases=rows)


def write_text_only(name, folder):
    spec = TEXT_ONLY[name]
    write_json(folder / "config.json", spec["config"] | dict(
        architectures=[spec["architecture"]], torch_dtype=str(spec["store"]).removeprefix("torch.")))
    kind = Qwen3ForSequenceClassification if "Sequence" in spec["architecture"] else Qwen3ForCausalLM
    model = kind(AutoConfig.from_pretrained(folder))
    rng = np.random.default_rng(spec["seed"])
    tensors = {}
    for key, value in sorted(model.state_dict().items()):
        array = weight(rng, key, tuple(value.shape)).astype(np.float32)
        if key == "lm_head.weight" and (spec.get("base") or spec["config"]["tie_word_embeddings"]):
            continue
        stored = key.removeprefix("model.") if spec.get("base") else key
        tensors[stored] = torch.from_numpy(array).to(spec["store"]).contiguous()
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return kind


@torch.no_grad()
def text_only_cases(name, tokenizer, folder):
    if folder.exists():
        shutil.rmtree(folder)
    kind = write_text_only(name, folder / "model")

    def load(cls, dtype):
        model, info = cls.from_pretrained(
            folder / "model", dtype=dtype, attn_implementation="eager", output_loading_info=True)
        assert not info["missing_keys"] and not info["mismatched_keys"], info
        return model.eval()

    bases = {dtype: load(AutoModel, dtype) for dtype in (torch.float32, torch.bfloat16)}

    def hidden(ids, dtype):
        return bases[dtype](input_ids=torch.tensor([ids])).last_hidden_state[0, -1]

    inputs, pairs = [], []
    for case in TEXT_INPUTS if kind is Qwen3ForCausalLM else []:
        prompt = text_pieces(case)
        ids = prompts.encode(tokenizer, prompt)
        inputs.append(row(case, prompt, ids, hidden=numbers(hidden(ids, torch.float32)),
                          hidden_bf16=numbers(hidden(ids, torch.bfloat16))))
    if not TEXT_ONLY[name].get("base"):
        whole = {dtype: load(kind, dtype) for dtype in (torch.float32, torch.bfloat16)}
        for case in TEXT_PAIRS:
            prompt = judge_pieces(case)
            ids = prompts.encode(tokenizer, prompt)
            logits = []
            for dtype, model in whole.items():
                out = model(input_ids=torch.tensor([ids])).logits[0].float()
                logits.append(float(out[-1, YES] - out[-1, NO] if out.dim() == 2 else out[0]))
            pairs.append(row(case, prompt, ids, logit=logits[0], logit_bf16=logits[1]))
    write_json(folder / "cases.json", dict(checkpoint=name, inputs=inputs, pairs=pairs))
    print(name, [f"{p['logit']:.3f}" for p in pairs], flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fixtures", type=Path, required=True)
    fixtures = parser.parse_args().fixtures
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    tokenizer = prompts.load_tokenizer(fixtures / "tokenizer" / "tokenizer.json")
    write_json_gz(fixtures / "embeddings.json.gz", [vision_cases(name, tokenizer, fixtures) for name in CHECKPOINTS])
    for name in TEXT_ONLY:
        text_only_cases(name, tokenizer, fixtures / "text_only" / name)


if __name__ == "__main__":
    main()
