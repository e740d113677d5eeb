"""From the nodes of a model to the lines of a description, and their weights."""
import array
import re

from from_onnx.model import Node, Tensor, fields, text, value_info


class Unknown(Exception):
    """What Hourglass has not, in a few words."""


class Converter:
    def __init__(self, model, size, operators):
        model = fields(model)
        self.operators = operators
        graph = fields(model[7][-1])
        opsets = {text(o, 1): o.get(2, [1])[-1] for o in map(fields, model.get(8, []))}
        self.opset = opsets.get("", opsets.get("ai.onnx", 13))
        self.nodes = [Node(n) for n in graph.get(1, [])]
        self.constants = {t.name: t for t in map(Tensor, graph.get(5, []))}
        self.inputs = [v for v in map(value_info, graph.get(11, [])) if v[0] not in self.constants]
        self.outputs = [value_info(v)[0] for v in graph.get(12, [])]
        self.size = size
        self.lines, self.weights, self.unknown = [], array.array("f"), []
        self.names, self.taken = {}, set()  # of ONNX -> of the description
        self.channels = {}
        self.images = 1  # of each input
        self.rank = {}  # of values known to be single pixels: 4, or 2 once they are flattened
        self.makers = {o: n for n in self.nodes for o in n.outputs}

    def name(self, value):
        """A name of the description for one of ONNX, always the same."""
        if value not in self.names:
            word = re.sub(r"[^A-Za-z0-9_./:-]", "_", value)[:100]
            word = word if re.match(r"[A-Za-z_]", word) else "v" + word
            while word in self.taken:
                word += "_"
            self.taken.add(word)
            self.names[value] = word
        return self.names[value]

    def constant(self, node, i):
        if i >= len(node.inputs) or not node.inputs[i]:
            return None
        if node.inputs[i] not in self.constants:
            raise Unknown("input %d is not constant" % i)
        return self.constants[node.inputs[i]]

    def value(self, node, i=0):
        if node.inputs[i] not in self.channels:
            raise Unknown("input %d is a constant, or not converted" % i)
        return node.inputs[i]

    def put(self, node, operator, inputs, channels, words="", weights=()):
        made = node.outputs[0]
        indices = len(node.outputs) > 1 and node.outputs[1] and operator == "max_pool2d"
        names = ", ".join(self.name(o) for o in node.outputs[:2 if indices else 1])
        values = " ".join(self.name(i) for i in inputs)
        for w in weights:
            self.weights.extend(w)
        self.lines.append(" ".join(f"{names} = {operator} {values} {words}".split()))
        self.channels[made] = channels
        if operator.startswith("global_"):
            self.rank[made] = 4
        elif operator in POINTWISE and all(i in self.rank for i in inputs):
            self.rank[made] = self.rank[inputs[0]]
        if indices:
            self.channels[node.outputs[1]] = channels

    def convert(self):
        for name, dims in self.inputs:
            if len(dims) != 4 or dims[1] < 1:
                raise Unknown("input %s is not an image with known channels" % name)
            h, w = self.size or dims[2:]
            if h < 1 or w < 1:
                raise Unknown("input %s leaves its size open: --size HxW" % name)
            n = max(dims[0], 1)
            self.lines.append(f"input {self.name(name)} c={dims[1]} h={h} w={w} n={n}")
            self.channels[name] = dims[1]
            self.images = n
        for node in self.nodes:
            try:
                self.operators.get(node.op, no_operator)(self, node)
            except Unknown as why:
                self.unknown.append((node, str(why)))
                self.channels.update((o, 0) for o in node.outputs)  # 0: not known
        for o in self.outputs:
            if o not in self.channels:
                raise Unknown("output %s is constant" % o)
        self.lines.append("output " + " ".join(self.name(o) for o in self.outputs))


# Of one pixel they make one.
POINTWISE = set("batch_norm scale bias linear identity relu relu6 clamp leaky_relu sigmoid hard_sigmoid silu hard_swish tanh "
                "gelu gelu_tanh elu prelu add subtract multiply minimum maximum softmax".split())


def no_operator(c, node):
    raise Unknown("no such operator")


def numbers(values):
    return "x".join(map(str, values))


def alias(c, node):
    x = c.value(node)
    c.channels[node.outputs[0]] = c.channels[x]
    if x in c.rank:
        c.rank[node.outputs[0]] = c.rank[x]
    if node.outputs[0] in c.outputs:
        c.put(node, "identity", [x], c.channels[x])
    else:
        c.names[node.outputs[0]] = c.name(x)
