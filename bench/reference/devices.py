"""Where PyTorch computes: the processor, or an NVIDIA GPU."""

import torch

DEVICES = ("cpu", "cuda")
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def prepare(device):
    """Float32 is to be float32: no TF32 in products and convolutions."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    if device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("PyTorch sees no GPU")


def describe(device):
    if device == "cuda":
        return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}"
    return f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads"


def place(module, device):
    """The weights on the GPU; on the processor in aligned memory, out of the file's pages, which start where a tensor
    happens to."""
    if device == "cuda":
        return module.to(device)
    for weight in module.parameters():
        weight.data = weight.data.clone()
    return module


def finish(device):
    """Waits until the device has computed what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
