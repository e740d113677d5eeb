#!/usr/bin/env python3
"""Trains the coin segmentation example and writes weights.bin and golden.bin.

    python3 train.py                 train, export, test on coins.png (about ten minutes on 2 cores)
    python3 train.py --preview a.png write a sheet of synthetic training pictures, no PyTorch needed

Every training picture is synthetic: textured discs on unevenly lit, textured ground, from a fixed
seed. The photograph coins.png is only used for the test. README.md lists the layers and the files.
"""
import argparse
import struct
import time
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SEED = 20
STRIDE = 16  # height and width of the network input must be multiples of this


# ---- PNG, 8-bit grey in, 8-bit grey or RGB out ------------------------------------------------

def read_png_grey(path):
    data = Path(path).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    pos, idat = 8, b""
    while pos < len(data):
        size, kind = struct.unpack(">I4s", data[pos:pos + 8])
        body = data[pos + 8:pos + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
            assert (depth, colour, interlace) == (8, 0, 0), "8-bit grey, not interlaced"
        elif kind == b"IDAT":
            idat += body
        pos += 12 + size
    raw = zlib.decompress(idat)
    rows, above = [], [0] * width
    for y in range(height):
        kind = raw[y * (width + 1)]
        line = list(raw[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for x in range(width):
            a = line[x - 1] if x else 0
            b = above[x]
            c = above[x - 1] if x else 0
            p = a + b - c
            pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
            paeth = a if pa <= pb and pa <= pc else b if pb <= pc else c
            line[x] = (line[x] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
        rows.append(line)
        above = line
    return np.array(rows, np.uint8)


def write_png(path, image):
    height, width = image.shape[:2]
    colour = 0 if image.ndim == 2 else 2
    raw = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(image, np.uint8))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" +
                           chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)) +
                           chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


# ---- synthetic pictures -----------------------------------------------------------------------

def smooth_noise(rng, height, width, cell):
    """Value noise: random values on a grid of `cell` pixels, cosine interpolation; about -1..1."""
    def weights(size):
        at = (np.arange(size) + rng.uniform(0, cell)) / cell
        low = at.astype(int)
        f = (1 - np.cos(np.pi * (at - low))) / 2
        matrix = np.zeros((size, low[-1] + 2))
        matrix[np.arange(size), low] = 1 - f
        matrix[np.arange(size), low + 1] += f
        return matrix
    rows, cols = weights(height), weights(width)
    return rows @ rng.uniform(-1, 1, (rows.shape[1], cols.shape[1])) @ cols.T


def background(rng, size):
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    level = rng.uniform(0.05, 0.55)
    angle = rng.uniform(0, 2 * np.pi)
    ground = level + rng.uniform(0, 0.35) * (x * np.cos(angle) + y * np.sin(angle))
    if rng.random() < 0.5:  # a lit or dark corner
        cx, cy = rng.uniform(-0.7, 0.7, 2)
        reach = rng.uniform(0.3, 0.8)
        ground += rng.uniform(-0.25, 0.4) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / reach ** 2)
    ground += rng.uniform(0, 0.06) * smooth_noise(rng, size, size, rng.uniform(20, 50))
    ground += rng.uniform(0, 0.05) * smooth_noise(rng, size, size, rng.uniform(6, 16))
    ground += rng.uniform(0, 0.05) * smooth_noise(rng, size, size, rng.uniform(2, 4))
    if rng.random() < 0.5:  # weave
        turn, step = rng.uniform(0, np.pi), rng.uniform(2, 7)
        wave = np.sin(2 * np.pi * size / step * (x * np.cos(turn) + y * np.sin(turn)))
        ground += rng.uniform(0, 0.03) * wave * (1 + smooth_noise(rng, size, size, 20))
    for _ in range(rng.integers(0, 4)):  # scratches, folds and soft edges
        turn, off = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5)
        across = (x * np.cos(turn) + y * np.sin(turn) - off) * size
        ground += rng.uniform(-0.08, 0.08) * np.exp(-(across / rng.uniform(0.7, 4)) ** 2)
    if rng.random() < 0.1:  # the edge of the ground itself
        turn = rng.uniform(0, 2 * np.pi)
        across = (x * np.cos(turn) + y * np.sin(turn) - rng.uniform(0.3, 0.55)) * size
        ground += rng.uniform(-0.4, 0.5) * (1 / (1 + np.exp(-np.clip(across, -30, 30))))
    return np.clip(ground, 0.01, 0.97)


def add_coin(rng, image, label, cy, cx, radius, light, look):
    """Draws one coin and its shadow in place. `light` points to the lamp, as (y, x)."""
    size = image.shape[0]
    reach = int(radius * 1.25) + 8
    y0, y1 = max(int(cy) - reach, 0), min(int(cy) + reach, size)
    x0, x1 = max(int(cx) - reach, 0), min(int(cx) + reach, size)
    if y1 - y0 < 3 or x1 - x0 < 3:
        return
    y, x = np.mgrid[y0:y1, x0:x1].astype(float)
    y, x = y - cy, x - cx
    theta, stretch, turn = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.06), rng.uniform(0, np.pi)
    waves = [(k, rng.uniform(0, 0.06 / k), rng.uniform(0, 2 * np.pi)) for k in range(3, 9)]

    def inside(y, x):  # signed distance from the rim, positive on the coin
        angle = np.arctan2(y, x)
        rim = 1 + stretch * np.cos(2 * (angle - turn))
        for k, amplitude, phase in waves:
            rim = rim + amplitude * np.cos(k * angle + phase)
        return radius * rim - np.hypot(y, x)

    patch = image[y0:y1, x0:x1]
    # shadow on the ground, away from the lamp
    far, soft = rng.uniform(0, 5), rng.uniform(1, 4)
    fall = np.clip(inside(y + far * light[0], x + far * light[1]) / (2 * soft) + 0.5, 0, 1)
    patch *= 1 - look["shadow"] * fall

    d = inside(y, x)
    h, w = y.shape
    height = 1.5 * (1 - np.exp(-np.maximum(d, 0) / rng.uniform(1, 4)))  # bevel
    if rng.random() < 0.6:  # raised rim
        at, wide = rng.uniform(0.03, 0.14) * radius, rng.uniform(0.8, 2.2)
        height += rng.uniform(0.3, 1.5) * np.exp(-((d - at) / wide) ** 2)
    if rng.random() < 0.3:  # ring of beads
        at, count = rng.uniform(0.1, 0.2) * radius, rng.integers(20, 60)
        height += rng.uniform(0.3, 1) * np.exp(-((d - at) / 1.3) ** 2) * np.cos(count * np.arctan2(y, x) + theta)
    field = np.clip(d / (0.25 * radius), 0, 1)
    for cell in (radius * 0.45, radius * 0.22, radius * 0.12, 2.2):  # worn relief
        height += rng.uniform(0, 0.09) * cell * field * smooth_noise(rng, h, w, max(cell, 1.5)) * 2
    for _ in range(rng.integers(0, 5)):  # large figures: heads, shields, animals
        fy, fx = rng.uniform(-0.5, 0.5, 2) * radius
        a, b = rng.uniform(0.08, 0.6, 2) * radius
        turn2 = rng.uniform(0, np.pi)
        u = ((x - fx) * np.cos(turn2) + (y - fy) * np.sin(turn2)) / a
        v = ((y - fy) * np.cos(turn2) - (x - fx) * np.sin(turn2)) / b
        height += rng.uniform(-1, 2.5) * field / (1 + np.exp(np.clip(6 * (np.hypot(u, v) - 1), -30, 30)))
    gy, gx = np.gradient(height)
    slope = gy * -light[0] + gx * -light[1]
    tone = look["tone"] * rng.uniform(0.8, 1.25)
    shade = tone * (1 + look["relief"] * slope)
    shade += look["relief"] * 0.25 * np.maximum(slope - 0.35, 0)           # glints
    shade += rng.uniform(-0.15, 0.15) * tone * (y * light[0] + x * light[1]) / radius  # slow gradient
    shade *= 1 + rng.uniform(0, 0.12) * smooth_noise(rng, h, w, rng.uniform(3, 12))
    shade *= 1 + rng.uniform(0, 0.10) * rng.standard_normal((h, w))
    cover = np.clip(d + 0.5, 0, 1)
    patch += cover * (np.clip(shade, 0.01, 1) - patch)
    label[y0:y1, x0:x1][d > 0] = 1


def synthetic(rng, size=128):
    """One picture: (size, size) float32 in 0..1 on the 1/255 grid, and its 0/1 label."""
    image = background(rng, size)
    label = np.zeros((size, size), np.int64)
    mean = float(image.mean())
    angle = rng.uniform(0, 2 * np.pi)
    light = np.array([np.sin(angle), np.cos(angle)])
    tone = np.clip(mean + rng.uniform(-0.02, 0.35) if rng.random() < 0.9 else mean * rng.uniform(0.6, 1),
                   0.12, 0.8)
    look = {"tone": tone, "relief": rng.uniform(0.3, 1.3), "shadow": rng.uniform(0, 0.5)}
    placed = []
    wanted = 0 if rng.random() < 0.06 else rng.integers(2, 10)
    for _ in range(60):
        if len(placed) == wanted:
            break
        radius = rng.uniform(14, 34) if rng.random() < 0.85 else rng.uniform(9, 44)
        cy, cx = rng.uniform(-0.1, 1.1, 2) * size
        gap = rng.uniform(3, 12)
        if all(np.hypot(cy - py, cx - px) > radius + pr + gap for py, px, pr in placed):
            placed.append((cy, cx, radius))
            add_coin(rng, image, label, cy, cx, radius, light, look)
    blur = rng.uniform(0, 0.25)
    for _ in range(rng.integers(0, 3)):
        for axis in (0, 1):
            image = (1 - 2 * blur) * image + blur * (np.roll(image, 1, axis) + np.roll(image, -1, axis))
    image = np.clip(image, 0, 1) ** rng.uniform(0.75, 1.35)
    image = image * rng.uniform(0.75, 1.15) + rng.uniform(-0.03, 0.06)
    image = image + rng.uniform(0, 0.03) * rng.standard_normal(image.shape)
    return (np.rint(np.clip(image, 0, 1) * 255) / 255).astype(np.float32), label


# ---- the network ------------------------------------------------------------------------------

# name, kind, in, out, kernel, stride, pad, groups, relu. README.md says how they are connected.
LAYERS = [
    ("enc1", "conv", 1, 16, 3, 2, 1, 1, True),
    ("enc2", "conv", 16, 16, 3, 1, 1, 1, True),
    ("enc3", "conv", 16, 32, 3, 2, 1, 1, True),
    ("dw4", "conv", 32, 32, 3, 1, 1, 32, True),
    ("pw4", "conv", 32, 64, 1, 1, 0, 1, True),
    ("enc5", "conv", 64, 64, 3, 2, 1, 1, True),
    ("mid1", "conv", 64, 64, 3, 1, 1, 1, True),
    ("mid2", "conv", 64, 64, 3, 1, 1, 1, False),  # ReLU after the residual add
    ("dec1", "conv", 64, 48, 3, 1, 1, 1, True),
    ("dec2", "conv", 48, 32, 3, 1, 1, 1, True),
    ("dec3", "conv", 48, 16, 3, 1, 1, 1, True),
    ("head", "tconv", 16, 2, 4, 2, 1, 1, False),
]


def connect(layer, x):
    """The graph. layer(name, x) is convolution + bias (+ ReLU where LAYERS says so)."""
    import torch
    import torch.nn.functional as F
    skip = layer("enc2", layer("enc1", x))                       # 16 @ 1/2
    e = layer("pw4", layer("dw4", layer("enc3", skip)))          # 64 @ 1/4
    e = layer("enc5", e)                                         # 64 @ 1/8
    p, index = F.max_pool2d(e, 2, 2, return_indices=True)        # 64 @ 1/16
    m = torch.relu(layer("mid2", layer("mid1", p)) + p)
    u = F.max_unpool2d(m, index, 2, 2)                           # 64 @ 1/8
    u = layer("dec1", u)
    u = F.interpolate(u, scale_factor=2, mode="nearest")         # 48 @ 1/4
    u = layer("dec2", u)
    u = F.interpolate(u, scale_factor=2, mode="bilinear", align_corners=False)  # 32 @ 1/2
    u = layer("dec3", torch.cat([u, skip], 1))                   # 16 @ 1/2
    return layer("head", u)                                      # 2 @ 1


def build():
    import torch.nn as nn
    modules = nn.ModuleDict()
    for name, kind, cin, cout, k, s, p, g, _ in LAYERS:
        if kind == "tconv":
            modules[name] = nn.ConvTranspose2d(cin, cout, k, s, p)
        else:
            modules[name] = nn.Sequential(nn.Conv2d(cin, cout, k, s, p, groups=g, bias=False),
                                          nn.BatchNorm2d(cout))
    return modules


def run_modules(modules, x):
    import torch
    relu = {row[0]: row[-1] for row in LAYERS}

    def layer(name, x):
        y = modules[name](x)
        return torch.relu(y) if relu[name] else y
    return connect(layer, x)


def fold(modules):
    """Batch norm folded into weight and bias (in float64); returns {name: (weight, bias)}."""
    folded = {}
    for name, kind, *_ in LAYERS:
        module = modules[name]
        if kind == "tconv":
            folded[name] = (module.weight.detach(), module.bias.detach())
            continue
        conv, norm = module
        gain = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
        weight = conv.weight.detach().double() * gain[:, None, None, None]
        bias = norm.bias.detach().double() - norm.running_mean.double() * gain
        folded[name] = (weight.float(), bias.float())
    return folded


def run_folded(folded, x):
    """Logits, and the tensor that is max pooled as it is before its ReLU."""
    import torch
    import torch.nn.functional as F
    rows = {row[0]: row for row in LAYERS}
    kept = {}

    def layer(name, x):
        _, kind, _, _, _, s, p, g, relu = rows[name]
        weight, bias = (t.to(x.dtype) for t in folded[name])
        y = F.conv_transpose2d(x, weight, bias, s, p) if kind == "tconv" else \
            F.conv2d(x, weight, bias, s, p, groups=g)
        if name == "enc5":
            kept[name] = (x, y)
        return torch.relu(y) if relu else y
    return connect(layer, x), *kept["enc5"]


def pooling_margin(before_relu):
    """How much rounding each window's index can bear: the distance of the two largest values after
    ReLU; in a window of zeros, the distance of the largest value from becoming positive."""
    import torch
    windows = torch.nn.functional.unfold(before_relu.flatten(0, 1)[:, None], 2, stride=2)
    top = torch.relu(windows).topk(2, 1)[0]
    return torch.where(top[:, 0] > 0, top[:, 0] - top[:, 1], -windows.amax(1))


def settle(folded):
    """Makes the photograph's result robust to rounding, so that programs can be compared by it. A
    swapped pooling index moves a value by a pixel: of many copies of each enc5 channel that differ by
    about 0.1 %, take the one with the clearest choices. A pixel may be undecided: shift the coin's bias
    by less than 0.02 to the middle of the widest gap. The segmentation is as good with or without."""
    import torch
    import torch.nn.functional as F
    torch.manual_seed(SEED)
    weight, bias = folded["enc5"]
    x = torch.from_numpy(photo_input(read_png_grey(HERE / "coins.png")))
    with torch.no_grad():
        before = run_folded(folded, x)[1]
        copies = [weight * (1 + 1e-3 * torch.randn_like(weight)) for _ in range(400)]
        margins = torch.stack([pooling_margin(F.conv2d(before, copy, bias, 2, 1)).amin(1)
                               for copy in copies])
        best = margins.argmax(0)
        weight = torch.stack([copies[copy][channel] for channel, copy in enumerate(best.tolist())])
        folded = {**folded, "enc5": (weight, bias)}
        logits = run_folded(folded, x)[0]
    decisions = (logits[0, 1] - logits[0, 0]).flatten().sort()[0]
    decisions = decisions[decisions.abs() < 0.02]
    gap = int((decisions[1:] - decisions[:-1]).argmax())
    shift = -float(decisions[gap] + decisions[gap + 1]) / 2
    weight, bias = folded["head"]
    print(f"coin bias shifted by {shift:.4f}")
    return {**folded, "head": (weight, bias + torch.tensor([0.0, shift]))}


# ---- training ---------------------------------------------------------------------------------

def batch(rng, count):
    import torch
    pictures = [synthetic(rng) for _ in range(count)]
    images = np.stack([image for image, _ in pictures])[:, None] - np.float32(0.5)
    return torch.from_numpy(images), torch.from_numpy(np.stack([label for _, label in pictures]))


def train(steps, count):
    import torch
    import torch.nn.functional as F
    rng = np.random.default_rng(SEED)
    torch.manual_seed(SEED)
    modules = build()
    optimiser = torch.optim.AdamW(modules.parameters(), lr=3e-3, weight_decay=1e-4)
    started, loss_mean = time.time(), 0.0
    for step in range(1, steps + 1):
        for group in optimiser.param_groups:  # short warm-up, then cosine to 0
            group["lr"] = 3e-3 * min(1, step / 50) * (0.5 + 0.5 * np.cos(np.pi * step / steps))
        images, labels = batch(rng, count)
        loss = F.cross_entropy(run_modules(modules, images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss_mean += (float(loss) - loss_mean) * max(0.02, 1 / step)
        if step % 100 == 0:
            print(f"step {step:5d}  {time.time() - started:5.0f} s  loss {loss_mean:.4f}", flush=True)
    modules.eval()
    images, labels = batch(np.random.default_rng(SEED + 1), 64)
    with torch.no_grad():
        found = run_modules(modules, images).argmax(1)
    both, either = ((found & labels).sum(), (found | labels).sum())
    print(f"{steps} steps; new synthetic pictures: IoU of coin {float(both) / float(either):.4f}")
    return modules


# ---- files ------------------------------------------------------------------------------------

def write_weights(path, folded):
    out = [b"HGSEG1\n\0", struct.pack("<i", 2 * len(LAYERS))]
    for name, *_ in LAYERS:
        for suffix, tensor in zip((".weight", ".bias"), folded[name]):
            dims = list(tensor.shape) + [1] * (4 - tensor.dim())
            out.append((name + suffix).encode().ljust(32, b"\0") + struct.pack("<4i", *dims))
            out.append(tensor.contiguous().numpy().astype("<f4").tobytes())
    Path(path).write_bytes(b"".join(out))


def read_weights(path):
    import torch
    data = Path(path).read_bytes()
    assert data[:8] == b"HGSEG1\n\0"
    pos, tensors = 12, {}
    for _ in range(struct.unpack("<i", data[8:12])[0]):
        name = data[pos:pos + 32].rstrip(b"\0").decode()
        dims = struct.unpack("<4i", data[pos + 32:pos + 48])
        count = int(np.prod(dims))
        array = np.frombuffer(data, "<f4", count, pos + 48).reshape(dims).copy()
        tensors[name] = torch.from_numpy(array.reshape(-1) if name.endswith(".bias") else array)
        pos += 48 + 4 * count
    assert pos == len(data)
    return {row[0]: (tensors[row[0] + ".weight"], tensors[row[0] + ".bias"]) for row in LAYERS}


def photo_input(pixels):
    """float32 p/255 - 0.5, then zeros at the bottom and right up to a multiple of STRIDE."""
    height, width = pixels.shape
    padded = np.zeros((-(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE), np.float32)
    padded[:height, :width] = pixels.astype(np.float32) / np.float32(255) - np.float32(0.5)
    return padded[None, None]


def components(mask, least):
    """Sizes of the 4-connected components of at least `least` pixels, as (area, y, x) of centres."""
    label = np.zeros(mask.shape, int)
    found = []
    for start in zip(*np.nonzero(mask)):
        if label[start]:
            continue
        stack, members = [start], []
        label[start] = 1
        while stack:
            y, x = stack.pop()
            members.append((y, x))
            for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if 0 <= ny < mask.shape[0] and 0 <= nx < mask.shape[1] and mask[ny, nx] and not label[ny, nx]:
                    label[ny, nx] = 1
                    stack.append((ny, nx))
        if len(members) >= least:
            found.append((len(members),) + tuple(int(v) for v in np.mean(members, 0)))
    return found


def test_photo(folded, golden, overlay):
    import torch
    pixels = read_png_grey(HERE / "coins.png")
    x = torch.from_numpy(photo_input(pixels))
    with torch.no_grad():
        logits, _, pooled = run_folded(folded, x)
        exact, *_ = run_folded(folded, x.double())
    margin = pooling_margin(pooled)
    decision = (logits[:, 1] - logits[:, 0]).abs()
    print(f"photo {pixels.shape}, network input {tuple(x.shape)}, logits {tuple(logits.shape)}")
    print(f"float32 against float64: {float((logits - exact).abs().max()):.2e}; "
          f"largest logit {float(logits.abs().max()):.2f}, closest decision {float(decision.min()):.1e}; "
          f"closest pooling choice {float(margin.min()):.1e} of {margin.numel()}")
    height, width = pixels.shape
    mask = (logits[0, 1] > logits[0, 0]).numpy()[:height, :width]
    found = components(mask, 150)
    print(f"coin pixels {mask.mean():.3f}; components of 150 pixels or more: {len(found)}; "
          f"smaller ones: {len(components(mask, 1)) - len(found)}")
    for area, y, x in found:
        print(f"  centre ({y:3d}, {x:3d})  area {area}")
    if golden:
        Path(golden).write_bytes(b"HGGOLD1\0" + struct.pack("<4i", *logits.shape) +
                                 logits.contiguous().numpy().astype("<f4").tobytes())
    if overlay:
        colour = np.repeat(pixels[:, :, None], 3, 2).astype(float)
        edge = mask ^ (mask & np.roll(mask, 1, 0) & np.roll(mask, -1, 0) & np.roll(mask, 1, 1) & np.roll(mask, -1, 1))
        colour[mask] = colour[mask] * 0.7 + np.array([0, 255, 0]) * 0.3
        colour[edge] = (255, 0, 0)
        write_png(overlay, np.repeat(np.repeat(colour, 2, 0), 2, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preview", metavar="PNG", help="only draw synthetic pictures")
    parser.add_argument("--test", action="store_true", help="no training: test the weights.bin that is there")
    parser.add_argument("--steps", type=int, default=2200)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--overlay", metavar="PNG", help="write the photograph with the mask over it")
    options = parser.parse_args()
    if options.preview:
        rng = np.random.default_rng(SEED)
        sheet = [[synthetic(rng)[0] for _ in range(7)] for _ in range(5)]
        write_png(options.preview, np.block(sheet) * 255)
        return
    import torch
    torch.set_num_threads(2)
    if not options.test:
        modules = train(options.steps, options.batch)
        write_weights(HERE / "weights.bin", settle(fold(modules)))
    folded = read_weights(HERE / "weights.bin")
    print("weights and biases:", sum(t.numel() for pair in folded.values() for t in pair))
    test_photo(folded, None if options.test else HERE / "golden.bin", options.overlay)


if __name__ == "__main__":
    main()
