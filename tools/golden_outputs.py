#!/usr/bin/env python3
"""Writes src/model/testdata/golden/: inputs for the example models and what ONNX Runtime answers, in float.

    build/venv/bin/python tools/golden_outputs.py

Inputs are stored as bytes; the test maps them to the model's range as this script does: scale * byte + offset, in
float32. golden.txt lists model, scale and offset. Run again only when a model changes.
"""
import pathlib

import numpy as np
import onnxruntime
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "src/model/testdata/golden"


def face(width, height):
    """The face crop as bytes, [1, 3, height, width]."""
    image = Image.open(ROOT / "examples/models/face_224.png").convert("RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.BILINEAR)
    return np.asarray(image, dtype=np.uint8).transpose(2, 0, 1)[None]


# name, model, input bytes, scale, offset
CASES = [
    ("age_gender_embedding", "examples/models/age_gender_embedding.onnx", face(224, 224), 1.0, 0.0),
    ("liveness", "examples/models/liveness.onnx", face(32, 32), 1 / 255, 0.0),
    ("antispoof", "examples/models/antispoof.onnx", face(128, 128), 1 / 255, 0.0),
    ("ppocr_cls", "examples/models/ppocr_cls.onnx", face(192, 48), 2 / 255, -1.0),
    ("lenet", "examples/lenet/model.onnx", face(28, 28)[:, :1], 1 / 255, 0.0),
]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    lines = ["# name model scale offset; written by tools/golden_outputs.py"]
    for name, model, pixels, scale, offset in CASES:
        session = onnxruntime.InferenceSession(str(ROOT / model), providers=["CPUExecutionProvider"])
        x = pixels.astype(np.float32) * np.float32(scale) + np.float32(offset)
        outputs = session.run(None, {session.get_inputs()[0].name: x})
        np.save(OUT / f"{name}.input.npy", np.ascontiguousarray(pixels))
        for i, output in enumerate(outputs):
            np.save(OUT / f"{name}.{i}.npy", output)
        lines.append(f"{name} {model} {np.float32(scale):.9g} {np.float32(offset):.9g}")
        print(f"{name}: {len(outputs)} outputs")
    (OUT / "golden.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
