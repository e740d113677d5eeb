"""Where Hourglass stands on the layers of a sweep, as Markdown: what bench/sweep prints.

A layer has one time for us, that of the default choice in the better layout, as each peer has one in the layout
that it likes best. Two things may be wrong with it: the choice, if another candidate of ours would have been
faster (regret, taken in each layout by itself), and the kernel, if none would have reached the peer.
"""
import math

from runs import Bad, geometric_mean, line, time

SLOWER = 0.95  # of the best peer: below, a layer counts as slower
SHORT_US = 5.0  # below, calls and clocks weigh as much as the work
WORST = 20


def check(sweep):
    """Raises Bad unless it is what bench/sweep writes."""
    machine, layers = (member(sweep, key, kind, "the file") for key, kind in (("machine", dict), ("layers", list)))
    line(sweep, "title", "the file")
    for key in ("processor", "machine", "isa", "peer_isa", "revision"):
        line(machine, key, "machine")
    member(machine, "threads", int, "machine")
    for who in member(machine, "peers", list, "machine"):
        line({"peer": who}, "peer", "machine")
    for layer in layers:
        check_layer(layer)


def check_layer(layer):
    if not isinstance(layer, dict):
        raise Bad("a layer is no object")
    key = line(layer, "key", "a layer")
    line(layer, "class", key)
    if "error" in layer:
        line(layer, "error", key)
        return
    if not member(layer, "ours", list, key):
        raise Bad(f"ours of {key} is empty")
    for field in layer["ours"]:
        line(field, "layout", key)
        for timed in [member(field, "default", dict, key), *member(field, "others", list, key)]:
            check_timed(timed, key)
            time(timed.get("estimate_us"), "estimate_us", key)
        for name in member(field, "wrong", list, key):
            line({"name": name}, "name", key)
    for peer in member(layer, "peers", list, key):
        line(peer, "library", key)
        if "lack" in peer:
            line(peer, "lack", key)
        else:
            check_timed(peer, key)


def check_timed(timed, key):
    line(timed, "name", key)
    time(timed.get("us"), "us", key)


def member(of, key, kind, where):
    value = of.get(key) if isinstance(of, dict) else None
    if not isinstance(value, kind):
        raise Bad(f"{key} of {where} is missing, or no {kind.__name__}")
    return value


def quantile(values, share):
    return sorted(values)[round(share * (len(values) - 1))]


class Standing:
    """One layer of a sweep."""

    def __init__(self, layer):
        self.layer, self.name, self.key = layer, layer["class"], layer["key"]
        self.fields = layer["ours"]
        self.field = min(self.fields, key=lambda field: field["default"]["us"])
        self.us = self.field["default"]["us"]
        best = min(self.fields, key=lambda field: fastest(field)["us"])
        self.best, self.best_layout = fastest(best), best["layout"]
        timed = [peer for peer in layer["peers"] if "us" in peer]
        self.peer = min(timed, key=lambda peer: peer["us"], default=None)
        if self.peer:
            self.ratio = self.peer["us"] / self.us
            self.tuned = self.peer["us"] / self.best["us"]

    def regrets(self):
        return [field["default"]["us"] / fastest(field)["us"] for field in self.fields]

    def estimates(self):
        return [field["default"]["estimate_us"] / field["default"]["us"] for field in self.fields]

    def fault(self):
        """What would have to change for the peer to be reached."""
        return "" if self.ratio >= SLOWER else "choice" if self.tuned >= SLOWER else "kernel"


def fastest(field):
    return min([field["default"], *field["others"]], key=lambda timed: timed["us"])


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, rows)])


def cells_of(name, layers):
    compared = [x for x in layers if x.peer]
    ratios, tuned = [x.ratio for x in compared], [x.tuned for x in compared]
    long = [x.ratio for x in compared if x.us > SHORT_US]
    regrets = [r for x in layers for r in x.regrets()]
    factors = [e for x in layers for e in x.estimates()]
    apart = [max(f, 1 / f) for f in factors]
    mean = lambda values: f"{geometric_mean(values):.2f}" if values else "-"
    least = lambda values: f"{min(values):.2f}" if values else "-"
    slower = sum(r < SLOWER for r in ratios)
    return [name, f"{len(compared)} of {len(layers)}", mean(ratios), mean(tuned),
            f"{slower} ({100 * slower / len(ratios):.0f} %)" if ratios else "-", least(ratios), least(long),
            f"{100 * (sum(regrets) / len(regrets) - 1):.1f} %", f"{100 * (quantile(regrets, 0.95) - 1):.0f} %",
            f"{max(regrets):.2f}", f"{quantile(factors, 0.5):.2f}", f"{quantile(apart, 0.5):.2f}",
            f"{quantile(apart, 0.95):.2f}"]


CLASS_HEAD = ["class", "compared", "geometric mean", "tuned", "slower", "least", f"least above {SHORT_US:.0f} us",
              "regret: mean", "p95", "worst", "estimate / time: median", "apart: median", "p95"]


def classes(layers, order):
    groups = [("all", layers)] + [(name, [x for x in layers if x.name == name]) for name in order]
    groups += [("depthwise, strided", [x for x in layers if x.name == "depthwise" and " s1x1 " not in x.key])]
    return table(CLASS_HEAD, [cells_of(name, group) for name, group in groups if group])


def shown(timed):
    return f'{timed["us"]:.1f} us {timed["name"]}'


def worst_ratios(layers):
    compared = sorted((x for x in layers if x.peer and x.ratio < 1), key=lambda x: x.ratio)[:WORST]
    return table(
        ["ratio", "tuned", "fault", "layer", "default", "estimate", "best of ours", "peer"],
        [[f"{x.ratio:.2f}", f"{x.tuned:.2f}", x.fault(), x.key,
          f'{x.field["layout"]} {shown(x.field["default"])}', f'{x.field["default"]["estimate_us"]:.1f} us',
          "the same" if x.best["name"] == x.field["default"]["name"] else f"{x.best_layout} {shown(x.best)}",
          f'{x.peer["us"]:.1f} us {x.peer["library"]} {x.peer["name"]}'] for x in compared])


def worst_regrets(layers):
    all_ = [(field["default"]["us"] / fastest(field)["us"], x, field) for x in layers for field in x.fields]
    all_.sort(key=lambda entry: -entry[0])
    return table(
        ["regret", "layer", "default", "estimate", "best of ours", "its estimate"],
        [[f"{regret:.2f}", x.key.replace("nhwc", field["layout"], 1), shown(field["default"]),
          f'{field["default"]["estimate_us"]:.1f} us', shown(fastest(field)),
          f'{fastest(field)["estimate_us"]:.1f} us'] for regret, x, field in all_[:WORST] if regret > 1.05])


def worst_estimates(layers):
    all_ = [(field["default"]["estimate_us"] / field["default"]["us"], x, field) for x in layers for field in x.fields]
    all_.sort(key=lambda entry: -abs(math.log(entry[0])))
    return table(["estimate / time", "layer", "default"],
                 [[f"{factor:.2f}", x.key.replace("nhwc", field["layout"], 1), shown(field["default"])]
                  for factor, x, field in all_[:WORST]])


def complaints(layers):
    """Results that differ, as a list of sentences: ours, and those of peers."""
    ours, theirs = [], []
    for layer in layers:
        for field in layer.get("ours", []):
            ours += [f'{name} computes something else on {layer["key"]}, {field["layout"]}' for name in field["wrong"]]
        theirs += [f'{peer["library"]} is left out of {layer["key"]}: {peer["lack"]}'
                   for peer in layer.get("peers", []) if "something else" in peer.get("lack", "")]
        if "error" in layer:
            ours.append(f'{layer["key"]}: {layer["error"]}')
    return ours, theirs


def markdown(machine, title, layers, order):
    timed = [Standing(layer) for layer in layers if "error" not in layer]
    ours, theirs = complaints(layers)
    parts = [f"# {title}", f'{machine["processor"]} ({machine["machine"]}), {machine["isa"]}, peers {machine["peer_isa"]}; '
             f'{machine["threads"]} thread(s); Hourglass {machine["revision"]}; peers: '
             f'{", ".join(machine["peers"]) or "none"}.']
    if timed:
        parts += ["Ratio: best peer's least time / ours, each in its better layout; above 1 we are faster. Slower: more "
                  "than 5 %. Tuned: our best candidate. Regret: the default's time over that of the best candidate, in "
                  "both layouts. Apart: estimate / time or its inverse, whichever is above 1.",
                  classes(timed, order),
                  f"## Worst {WORST} against the peers", worst_ratios(timed),
                  f"## Worst {WORST} choices", worst_regrets(timed),
                  f"## Worst {WORST} estimates", worst_estimates(timed)]
    if ours:
        parts += ["## Faults", "\n".join("- " + s for s in ours)]
    if theirs:
        parts += ["## Peers left out", "\n".join("- " + s for s in theirs)]
    return "\n\n".join(parts) + "\n"
