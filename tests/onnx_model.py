"""Models of ONNX, byte by byte: what tests make them of, without any package."""
import struct


def varint(v):
    v &= (1 << 64) - 1
    out = b""
    while v > 127:
        out, v = out + bytes([v & 127 | 128]), v >> 7
    return out + bytes([v])


def field(number, value):
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    return varint(number << 3) + varint(value)


def attribute(name, v):
    """Python's kinds, as fields and types of AttributeProto."""
    if isinstance(v, list):
        floats = isinstance(v[0], float)
        packed = b"".join(field(7 if floats else 8, i) for i in v)
        return field(1, name) + packed + field(20, 6 if floats else 7)
    number, kind = {str: (4, 3), float: (2, 1), int: (3, 2), bytes: (5, 4)}[type(v)]
    return field(1, name) + field(number, v) + field(20, kind)


def node(op, inputs, outputs, **attributes):
    return (b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) +
            field(4, op) + b"".join(field(5, attribute(k, v)) for k, v in attributes.items()))


def tensor(name, dims, values, raw=True):
    """Of float32; raw: True, False (not raw), or "int64"."""
    whole = raw == "int64"
    head = b"".join(field(1, d) for d in dims) + field(2, 7 if whole else 1) + field(8, name)
    data = struct.pack("<%d%s" % (len(values), "q" if whole else "f"), *values)
    return head + field(9 if raw else 4, data)


def whole(name, values):
    """Whole numbers in a row."""
    return tensor(name, [len(values)], values, "int64")


FLOAT, INT64 = 1, 7


def info(name, dims, kind=FLOAT):
    """A value; a dimension of 0 is open, a word is its name; dims None: nothing is said of them."""
    if dims is None:
        return field(1, name) + field(2, field(1, field(1, kind)))
    shape = b"".join(field(1, field(2, d or "any%d" % i) if isinstance(d or "", str) else field(1, d)) for i, d in enumerate(dims))
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))


def model(nodes, tensors, inputs, outputs, opset=13):
    """outputs: names, of float32, or what info makes."""
    outputs = [info(o, None) if isinstance(o, str) else o for o in outputs]
    graph = (field(2, "test") + b"".join(field(1, n) for n in nodes) + b"".join(field(5, t) for t in tensors) +
             b"".join(field(11, i) for i in inputs) + b"".join(field(12, o) for o in outputs))
    return field(1, 8) + field(7, graph) + field(8, field(2, opset))
