#!/usr/bin/env python3
"""Prints the layers of many seeds, and checks that they are what bench/draw.py promises.

    tests/draw_layers.py SEEDS LAYERS
"""
import collections
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "bench"))
import draw

RANGES = {"n": (1, 8), "h": (1, 600), "w": (1, 600), "r": (1, 64), "s": (1, 4), "d": (1, 12)}


def numbers(key):
    """{letter: [numbers]} of the words of a key."""
    return {letter: list(map(int, rest.split("x"))) for letter, rest in re.findall(r" ([a-z])(\d+(?:x\d+)?)\b", key)}


def check(name, key):
    sizes = numbers(key)
    for letter, (least, most) in RANGES.items():
        assert all(least <= v <= most for v in sizes.get(letter, [least])), key
    is_global = sizes.get("r") == sizes["h"] + sizes["w"]
    assert is_global or max(sizes.get("r", [1])) <= 11, key
    operator = key.split()[0]
    assert {"transposed": "conv_transpose2d", "pooling": operator, "resizing": "resize2d",
            "unpooling": "max_unpool2d"}.get(name, "conv2d") == operator, (name, key)
    if name == "depthwise":
        assert sizes["g"] == sizes["c"], key
    elif operator == "conv2d":
        assert (sizes["g"] != [1]) == (name == "grouped") and (max(sizes["s"]) > 1) <= (name in ("strided", "grouped")), key


def main():
    seeds, count = map(int, sys.argv[1:])
    found = collections.Counter()
    words = collections.Counter()
    for seed in range(seeds):
        for number in range(count):
            name, key = draw.layer(seed, number)
            assert draw.layer(seed, number) == (name, key), "not a function of seed and number"
            check(name, key)
            found[name] += 1
            words.update(set(re.sub(r"[0-9.,-]+", "#", key).split()))
            words.update(f"{letter}={v}" for letter, v in numbers(key).items() if letter in "nrsd")
            print(key)
    total = sum(draw.WEIGHTS.values())
    for name, weight in draw.WEIGHTS.items():
        share, meant = found[name] / (seeds * count), weight / total
        assert abs(share - meant) < 0.25 * meant + 0.005, (name, share, meant)
        assert draw.layer(7, 3, name)[0] == name
    rare = [f"n={[n]}" for n in range(1, 9)] + ["r=[1, 7]", "r=[7, 1]", "r=[11, 11]", "s=[4, 4]", "d=[2, 2]", "nearest",
                                                "bilinear", "bicubic", "align_corners", "include_pad", "adaptive"]
    assert not [word for word in rare if not words[word]], [word for word in rare if not words[word]]


main()
