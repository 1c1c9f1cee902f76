"""The inputs of tools/fidelity.py: for each model its calibration samples and its test samples, all seeded.

Where a data set exists, its test part is used. The face models have none here, so their inputs are one face crop and
seeded variations of it; the text-orientation model gets rendered lines of text, upright and upside down.
"""

import pathlib
from typing import NamedTuple, Optional

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import fashion_mnist

ROOT = pathlib.Path(__file__).resolve().parent.parent
FACE = ROOT / "examples/models/face_224.png"


class Data(NamedTuple):
    calibration: np.ndarray
    inputs: np.ndarray
    labels: Optional[np.ndarray]  # of the first output, if known
    description: str


class Case(NamedTuple):
    name: str
    model: str                   # path of the .onnx file under the root
    load: object                 # load(samples or None) -> Data
    chunk: int                   # samples per run; 1 where the model fixes its batch axis
    has_data_set: bool = False
    not_a_decision: tuple = ()   # outputs without a top class
    age_output: str = ""


def lenet(samples):
    images, labels = fashion_mnist.load("t10k")
    count = min(samples or 2000, len(images))
    return Data(np.load(ROOT / "examples/lenet/calibration.npy"), images[:count], labels[:count],
                f"the first {count} of the 10 000 test images of Fashion-MNIST; calibrated on 64 training images.")


def risk(samples):
    calibration = np.load(ROOT / "examples/risk/calibration.npy")
    test = np.load(ROOT / "examples/risk/test.npy")
    inputs = np.concatenate([test, calibration])[:samples]
    return Data(calibration, inputs, None,
                f"{len(inputs)} records, the 171 test records first, then the training records, on which the model was "
                "also calibrated.")


def crop(image, rng):
    """A seeded variation: shift and zoom, flip, brightness and contrast, noise. uint8 [h, w, 3] of the same size."""
    width, height = image.size
    zoom = rng.uniform(0.8, 1.0)
    left, top = rng.uniform(0, 1 - zoom, 2) * (width, height)
    varied = image.resize(image.size, Image.BILINEAR, box=(left, top, left + zoom * width, top + zoom * height))
    pixels = np.asarray(varied, np.float32)
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
    pixels = (pixels - 128) * rng.uniform(0.7, 1.3) + 128 + rng.uniform(-30, 30)
    pixels = pixels + rng.normal(0, rng.uniform(0, 10), pixels.shape)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def face(size, scale, default_samples):
    """The crop first, then variations; calibrated on the crop and 15 variations that are not among the test samples."""
    def load(samples):
        image = Image.open(FACE).convert("RGB")
        small = image.resize((size, size), Image.BILINEAR)

        def batch(seed, count):
            rng = np.random.default_rng(seed)
            pictures = [np.asarray(small)] + [
                np.asarray(Image.fromarray(crop(image, rng)).resize((size, size), Image.BILINEAR))
                for _ in range(count - 1)]
            return np.stack(pictures).transpose(0, 3, 1, 2).astype(np.float32) * np.float32(scale)

        count = samples or default_samples
        calibration = batch(1, 16)
        calibration[1].flat[0], calibration[1].flat[1] = 0, 255 * np.float32(scale)  # every pixel value is in range
        return Data(calibration, batch(2, count), None,
                    f"one face crop (`examples/models/face_224.png`) and {count - 1} variations of it (shift, zoom, "
                    "flip, brightness, contrast, noise), so they say little about other faces; calibrated on the crop "
                    "and 15 other variations.")
    return load


def text_line(rng):
    """(float32 [3, 48, 192] in [-1, 1], 1 if upside down): a line of random words, padded with zeros on the right."""
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
    words = " ".join("".join(rng.choice(letters, rng.integers(2, 7))) for _ in range(rng.integers(1, 4)))
    font = ImageFont.load_default(size=int(rng.integers(24, 36)))
    width = int(font.getlength(words)) + 12
    paper, ink = rng.integers(170, 256, 3), rng.integers(0, 90, 3)
    image = Image.new("RGB", (width, 48), tuple(int(v) for v in paper))
    ImageDraw.Draw(image).text((6, 24), words, font=font, fill=tuple(int(v) for v in ink), anchor="lm")
    upside_down = int(rng.random() < 0.5)
    if upside_down:
        image = image.rotate(180)
    if width > 192:
        image = image.resize((192, 48), Image.BILINEAR)
    pixels = np.asarray(image, np.float32) + rng.normal(0, 4, (48, image.size[0], 3)).astype(np.float32)
    pixels = np.clip(np.rint(pixels), 0, 255)
    padded = np.zeros((3, 48, 192), np.float32)
    padded[:, :, :image.size[0]] = (pixels.transpose(2, 0, 1)[::-1] / 255 - 0.5) / 0.5
    return padded, upside_down


def text_lines(samples):
    def batch(seed, count):
        rng = np.random.default_rng(seed)
        lines = [text_line(rng) for _ in range(count)]
        return np.stack([pixels for pixels, _ in lines]), np.array([label for _, label in lines])

    count = samples or 200
    calibration, _ = batch(1, 32)
    calibration[0].flat[0], calibration[0].flat[1] = -1, 1  # every pixel value is in range
    inputs, labels = batch(2, count)
    return Data(calibration, inputs, labels,
                f"{count} rendered lines of random words, half of them upside down; calibrated on 32 others.")


CASES = {case.name: case for case in [
    Case("lenet", "examples/lenet/model.onnx", lenet, 250, has_data_set=True),
    Case("risk", "examples/risk/model.onnx", risk, 100, has_data_set=True),
    Case("liveness", "examples/models/liveness.onnx", face(32, 1 / 255, 200), 1),
    Case("antispoof", "examples/models/antispoof.onnx", face(128, 1 / 255, 100), 1),
    Case("ppocr_cls", "examples/models/ppocr_cls.onnx", text_lines, 1),
    Case("age_gender_embedding", "examples/models/age_gender_embedding.onnx", face(224, 1, 25), 1,
         not_a_decision=("global_pooling/Mean",), age_output="age_pred/Softmax"),
]}
