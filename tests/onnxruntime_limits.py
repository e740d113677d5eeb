"""Models at the edge of what the provider claims: where the runtime differs from the standard, and where a subgraph could not run.
Contract: onnxruntime_models.py, which writes them."""
from onnx_model import field, info, node, tensor

IMAGE = [0, 6, 0, 0]


def graph(name, nodes, outputs):
    """An attribute that is a graph, of values of the outer one."""
    body = field(2, "body") + b"".join(field(1, n) for n in nodes) + b"".join(field(12, info(o, None)) for o in outputs)
    return field(5, field(1, name) + field(6, body) + field(20, 5))


def implicit(w):
    """A branch reads what the provider makes, and what comes behind reads both: two subgraphs, not one around the branch."""
    branch = node("If", ["cond"], ["i"]) + graph("then_branch", [node("Abs", ["a"], ["t"])], ["t"]) + \
        graph("else_branch", [node("Neg", ["a"], ["e"])], ["e"])
    nodes = [
        node("Erf", ["x"], ["x0"]), node("ReduceMax", ["x"], ["m"], keepdims=0), node("Greater", ["m", "z"], ["cond"]),
        node("Relu", ["x0"], ["a"]), branch, node("Add", ["a", "i"], ["s"]), node("Relu", ["s"], ["y"])]
    w.write("implicit", 3, "1x6x4x5", nodes, [tensor("z", [], [0.0])], [info("x", [1, 6, 4, 5])])


def ends(w):
    """As many values between a subgraph and the runtime as a network has, and more: those are the runtime's."""
    for count, claimed in (60, 60), (70, 0):
        names = ["x"] + ["r%d" % i for i in range(count)]
        nodes = [n for i in range(count) for n in (node("Sigmoid", [names[i]], [names[i + 1]]),
                                                   node("Erf", [names[i + 1]], ["e%d" % i]))]
        for name, dims in ("known", [1, 6, 4, 5]), ("open", IMAGE):
            w.write(f"outputs_{count}_{name}", claimed, "1x6x4x5", nodes, [], [info("x", dims)],
                    ["e%d" % i for i in range(count)])
    for count, claimed in (60, 59), (70, 0):
        nodes = [node("Erf", ["q%d" % (i - 1) if i else "x"], ["q%d" % i]) for i in range(count)]
        nodes += [node("Add", ["s%d" % (i - 1) if i > 1 else "q0", "q%d" % i], ["s%d" % i]) for i in range(1, count)]
        for name, dims in ("known", [1, 6, 4, 5]), ("open", IMAGE):
            w.write(f"inputs_{count}_{name}", claimed, "1x6x4x5", nodes, [], [info("x", dims)], [f"s{count - 1}"])


def limits(w):
    for write in (implicit, ends):
        write(w)
