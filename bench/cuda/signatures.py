#!/usr/bin/env python3
"""Makes the table that tests compare the CUDA binding with, from the headers of CUDA itself.

    bench/cuda/signatures.py --include /usr/local/cuda/include [--include FOLDER...] [--output FILE]

Reads cuda.h, cublasLt.h and nvrtc.h, which may lie in several folders, with the C compiler (`cc`,
or what CC names): types, numbers, sizes and offsets are the compiler's own. Lines of the result:

    version NAME VALUE
    function NAME RESULT PARAMETER...   each KIND:TYPE, KIND one of i1 i2 i4 i8 f4 f8 p (a pointer)
    number NAME VALUE
    struct NAME BYTES
    field STRUCT NAME OFFSET BYTES
"""

import argparse
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE = ROOT / "native/cuda/src"
BINDING = MODULE / "main/java/dev/vl4j/cuda/driver"
OUTPUT = MODULE / "test/resources/dev/vl4j/cuda/fake/signatures.txt"

HEADERS = ["cuda.h", "cublasLt.h", "nvrtc.h"]
VERSIONS = ["CUDA_VERSION", "CUBLAS_VERSION"]
STRUCTS = {
    "cublasLtMatmulAlgo_t": ["data"],
    "cublasLtMatmulHeuristicResult_t": [
        "algo", "workspaceSize", "state", "wavesCount", "reserved",
    ],
}


def wanted():
    """Names of functions and numbers that the binding's sources have."""
    text = "\n".join(path.read_text() for path in sorted(BINDING.glob("*.java")))
    functions = set(re.findall(r'functions\s*\.(?:bind|find)\(\s*"(\w+)"', text))
    numbers = set()
    for path in BINDING.glob("*Constants.java"):
        declared = re.findall(r"static final int (\w+) =", path.read_text())
        numbers.update(name for name in declared if name.startswith(("CU", "NVRTC")))
    return sorted(functions), sorted(numbers)


def prelude():
    return "#include <stddef.h>\n#include <stdio.h>\n" + "".join(
        f"#include <{header}>\n" for header in HEADERS
    )


def compiler(includes):
    command = [os.environ.get("CC", "cc")]
    for folder in includes:
        command += ["-I", folder]
    return command


def prototypes(includes, names, *options):
    """C declarations by name: result and parameter types, without the parameters' names."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
        source.write(prelude())
        source.flush()
        run = [*compiler(includes), *options, "-E", "-P", source.name]
        text = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    text = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", " ", text)
    found = {}
    for name in names:
        match = re.search(rf"([\w\s*]+?[\s*]){name}\s*\(([^()]*)\)\s*;", text)
        if match is None:
            continue
        result = re.sub(r"\b(extern|static|inline)\b", " ", match.group(1))
        parameters = [p.strip() for p in match.group(2).split(",")]
        if parameters in ([""], ["void"]):
            parameters = []
        found[name] = (tidy(result), [tidy(unnamed(p)) for p in parameters])
    return found


def unnamed(parameter):
    """`const char *name` without the name; an array is a pointer."""
    array = re.fullmatch(r"(.*?)(\w+)\s*\[\s*\w*\s*\]", parameter)
    if array:
        return array.group(1) + "*"
    words = re.findall(r"\w+", parameter)
    plain = {"int", "char", "long", "unsigned", "void", "float", "double", "short"}
    if len([w for w in words if w != "const"]) > 1 and words[-1] not in plain:
        return re.sub(r"\w+\s*$", "", parameter)
    return parameter


def tidy(c_type):
    words = re.sub(r"\s+", " ", c_type.replace("*", " * ")).strip()
    return re.sub(r" ?\*", "*", words)


def program(functions, numbers):
    """C code that prints the table."""
    kinds = (
        '#define KIND(T) _Generic((T)0, float: "f4", double: "f8", default:'
        " __builtin_classify_type((T)0) == 5 ? \"p\" : sizeof(T) == 1 ? \"i1\""
        ' : sizeof(T) == 2 ? "i2" : sizeof(T) == 4 ? "i4" : "i8")\n'
    )
    lines = [f'printf("version {name} %d\\n", (int){name});' for name in VERSIONS]
    for name, (result, parameters) in functions.items():
        types = [result, *parameters]
        form = " ".join("%s:" + t.replace(" ", "_") for t in types)
        arguments = ", ".join(f"KIND({t})" for t in types)
        lines.append(f'printf("function {name} {form}\\n", {arguments});')
    lines += [f'printf("number {name} %d\\n", (int){name});' for name in numbers]
    for name, fields in STRUCTS.items():
        lines.append(f'printf("struct {name} %zu\\n", sizeof({name}));')
        for field in fields:
            lines.append(
                f'printf("field {name} {field} %zu %zu\\n", offsetof({name}, {field}),'
                f" sizeof((({name}*)0)->{field}));"
            )
    body = "\n  ".join(lines)
    return f"{prelude()}{kinds}\nint main(void) {{\n  {body}\n  return 0;\n}}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--include", action="append", required=True)
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    options = parser.parse_args()
    names, numbers = wanted()
    functions = prototypes(options.include, names)
    # What cuda.h renames by macro is there by its old name as well, for the driver's own build.
    older = [name for name in names if name not in functions]
    functions |= prototypes(options.include, older, "-D__CUDA_API_VERSION_INTERNAL")
    functions = {name: functions[name] for name in names if name in functions}
    for name in names:
        if name not in functions:
            print(f"the headers have no {name}")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "table.c")
        source.write_text(program(functions, numbers))
        binary = pathlib.Path(folder, "table")
        subprocess.run(
            [*compiler(options.include), "-w", "-o", binary, source], check=True
        )
        table = subprocess.run([binary], check=True, capture_output=True, text=True).stdout
    options.output.write_text(table)
    print(f"{len(functions)} functions, {len(numbers)} numbers: {options.output}")


if __name__ == "__main__":
    main()
