"""Tiny random checkpoints of the true architecture."""

import gzip
import json

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, Qwen3VLForConditionalGeneration

EOS, PAD, IM_END = 1340, 1340, 1342
SIDES = dict(min_pixels=4096, max_pixels=1310720)


def text_config(**values):
    base = dict(
        attention_bias=False, attention_dropout=0.0, bos_token_id=EOS, eos_token_id=IM_END,
        hidden_act="silu", max_position_embeddings=8192, model_type="qwen3_vl_text",
        rms_norm_eps=1e-6, use_cache=True, vocab_size=1408,
    )
    return base | values


def vision_config(**values):
    base = dict(
        hidden_act="gelu_pytorch_tanh", in_channels=3, model_type="qwen3_vl",
        patch_size=16, spatial_merge_size=2, temporal_patch_size=2,
    )
    return base | values


def rope_new(section, theta=5000000):
    return {"rope_parameters": {"mrope_interleaved": True, "mrope_section": section,
                                "rope_theta": theta, "rope_type": "default"}}


def rope_old(section, theta=5000000):
    return {"rope_theta": theta, "rope_scaling": {"mrope_interleaved": True, "mrope_section": section,
                                                  "rope_type": "default"}}


CHECKPOINTS = {
    "tied_gqa2": dict(
        seed=1001, store=torch.bfloat16, shards=1, tied=True,
        text=text_config(hidden_size=64, intermediate_size=96, num_hidden_layers=4, num_attention_heads=4,
                         num_key_value_heads=2, head_dim=16, **rope_new([4, 2, 2])),
        vision=vision_config(hidden_size=48, num_heads=4, intermediate_size=80, depth=4,
                             deepstack_visual_indexes=[0, 1, 2], num_position_embeddings=64,
                             rope_parameters={"rope_theta": 10000.0, "rope_type": "axial"}),
    ),
    "untied_gqa1_sharded": dict(
        seed=1002, store=torch.bfloat16, shards=3, tied=False,
        text=text_config(hidden_size=40, intermediate_size=52, num_hidden_layers=3, num_attention_heads=3,
                         num_key_value_heads=3, head_dim=24, **rope_old([4, 4, 4])),
        vision=vision_config(hidden_size=40, num_heads=2, intermediate_size=50, depth=3,
                             deepstack_visual_indexes=[1], num_position_embeddings=64),
    ),
    "gqa8_f32": dict(
        seed=1003, store=torch.float32, shards=1, tied=True,
        text=text_config(hidden_size=36, intermediate_size=44, num_hidden_layers=3, num_attention_heads=8,
                         num_key_value_heads=1, head_dim=20, **rope_new([4, 3, 3], 10000)),
        vision=vision_config(hidden_size=24, num_heads=3, intermediate_size=36, depth=3,
                             deepstack_visual_indexes=[0, 2], num_position_embeddings=36),
        size_only=dict(shortest_edge=4096, longest_edge=5120),
    ),
    "heads72_f16": dict(
        seed=1004, store=torch.float16, shards=1, tied=True,
        text=text_config(hidden_size=48, intermediate_size=60, num_hidden_layers=2, num_attention_heads=2,
                         num_key_value_heads=1, head_dim=128, **rope_old([24, 20, 20])),
        vision=vision_config(hidden_size=72, num_heads=1, intermediate_size=68, depth=2,
                             deepstack_visual_indexes=[0, 1], num_position_embeddings=64),
    ),
}


def config_json(spec):
    dtype = str(spec["store"]).removeprefix("torch.")
    vision = dict(spec["vision"], out_hidden_size=spec["text"]["hidden_size"])
    return {
        "architectures": ["Qwen3VLForConditionalGeneration"], "dtype": dtype, "model_type": "qwen3_vl",
        "image_token_id": 1352, "video_token_id": 1353, "vision_start_token_id": 1349,
        "vision_end_token_id": 1350, "tie_word_embeddings": spec["tied"],
        "text_config": dict(spec["text"], tie_word_embeddings=spec["tied"], dtype=dtype),
        "vision_config": vision,
    }


def weight(rng, name, shape):
    """Normal values, scaled so that hidden states are of order 1 and every tensor counts."""
    noise = rng.standard_normal(shape)
    if "norm" in name:
        gain = 1.3 if "q_norm" in name or "k_norm" in name else 1.0
        return gain + 0.15 * noise if name.endswith("weight") else 0.2 * noise
    if name.endswith("bias"):
        return 0.2 * noise
    if "embed_tokens" in name or "lm_head" in name:
        return 0.2 * noise
    if "pos_embed" in name:
        return 0.5 * noise
    fan_in = int(np.prod(shape[1:]))
    if "patch_embed" in name:
        return 2.0 / np.sqrt(fan_in) * noise
    gain = 0.7
    if "linear_fc2" in name and "merger" in name:
        gain = 0.8
    elif "q_proj" in name or "k_proj" in name or "fc1" in name or "gate_proj" in name or "up_proj" in name:
        gain = 1.2
    elif "qkv" in name:
        gain = 1.4
    return gain / np.sqrt(fan_in) * noise


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json_text(value), encoding="utf-8")


def write_gz(path, data):
    """The same bytes whenever it is run."""
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(data)


def json_text(value):
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def write_json_gz(path, value):
    write_gz(path, json_text(value).encode())


def write_checkpoint(name, folder):
    spec = CHECKPOINTS[name]
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", config_json(spec))
    sides = dict(
        image_processor_type="Qwen2VLImageProcessorFast", processor_class="Qwen3VLProcessor", do_resize=True,
        do_rescale=True, do_normalize=True, do_convert_rgb=True, rescale_factor=1 / 255, image_mean=[0.5] * 3,
        image_std=[0.5] * 3, resample=3, patch_size=16, temporal_patch_size=2, merge_size=2,
    )
    if "size_only" in spec:
        sides["size"] = spec["size_only"]
    else:
        sides |= SIDES
        sides["size"] = dict(shortest_edge=SIDES["min_pixels"], longest_edge=SIDES["max_pixels"])
    write_json(folder / "preprocessor_config.json", sides)
    write_json(folder / "modules.json", [
        dict(idx=0, name="0", path="", type="sentence_transformers.models.Transformer"),
        dict(idx=1, name="1", path="1_LogitScore", type="sentence_transformers.models.LogitScore")])
    write_json(folder / "1_LogitScore" / "config.json", dict(true_token_id=537, false_token_id=535))

    model = Qwen3VLForConditionalGeneration(AutoConfig.from_pretrained(folder))
    rng = np.random.default_rng(spec["seed"])
    tensors = {}
    for key, value in sorted(model.state_dict().items()):
        if key == "lm_head.weight" and spec["tied"]:
            continue
        array = weight(rng, key, tuple(value.shape)).astype(np.float32)
        tensors[key] = torch.from_numpy(array).to(spec["store"]).contiguous()
    for old in folder.glob("*.safetensors*"):
        old.unlink()
    meta = {"format": "pt"}
    if spec["shards"] == 1:
        save_file(tensors, folder / "model.safetensors", meta)
        return
    keys, index = list(tensors), {}
    for shard in range(spec["shards"]):
        file = f"model-{shard + 1:05d}-of-{spec['shards']:05d}.safetensors"
        mine = keys[shard :: spec["shards"]]
        save_file({k: tensors[k] for k in mine}, folder / file, meta)
        index |= {k: file for k in mine}
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    write_json(folder / "model.safetensors.index.json",
               {"metadata": {"total_size": total}, "weight_map": dict(sorted(index.items()))})
