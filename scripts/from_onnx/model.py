"""Files of ONNX: protocol buffers, and the messages of a model that are read."""
import struct

# ---- Protocol buffers: fields of a message as a dict of lists ----


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("cut off")
        else:
            raise ValueError("no protocol buffer")
        found.setdefault(tag >> 3, []).append(value)
    return found


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def whole_numbers(values):
    """Repeated integers, packed or not."""
    numbers = []
    for value in values:
        at = 0
        while isinstance(value, bytes) and at < len(value):
            number, at = varint(value, at)
            numbers.append(signed(number))
        if not isinstance(value, bytes):
            numbers.append(signed(value))
    return numbers


def text(message, field):
    return message.get(field, [b""])[-1].decode()


# ---- ONNX ----

FLOAT, INT64 = 1, 7
CODES = {1: "f", 6: "i", 7: "q", 10: "e", 11: "d"}  # TensorProto.DataType -> struct


class Tensor:
    def __init__(self, data):
        m = fields(data)
        self.name, self.dims = text(m, 8), whole_numbers(m.get(1, []))
        kind = m.get(2, [0])[-1]
        if m.get(14, [0])[-1]:
            raise ValueError("the weights of %s are in another file" % self.name)
        if kind not in CODES:
            raise ValueError("%s has elements of type %d" % (self.name, kind))
        raw = m.get(9, [None])[-1]
        if raw is None and kind == FLOAT:
            raw = b"".join(m.get(4, []))
        if raw is None and kind == 11:
            raw = b"".join(m.get(10, []))
        if raw is None:
            self.values = whole_numbers(m.get(7 if kind == INT64 else 5, []))
        else:
            self.values = [v[0] for v in struct.iter_unpack("<" + CODES[kind], raw)]


def attribute(data):
    m = fields(data)
    if 5 in m:
        return text(m, 1), Tensor(m[5][-1])
    if 2 in m:
        return text(m, 1), struct.unpack("<f", m[2][-1])[0]
    if 4 in m:
        return text(m, 1), text(m, 4)
    if 7 in m:
        return text(m, 1), [v[0] for v in struct.iter_unpack("<f", b"".join(m[7]))]
    if 8 in m:
        return text(m, 1), whole_numbers(m[8])
    return text(m, 1), signed(m.get(3, [0])[-1])


class Node:
    def __init__(self, data):
        m = fields(data)
        self.inputs = [v.decode() for v in m.get(1, [])]
        self.outputs = [v.decode() for v in m.get(2, [])]
        self.name, self.op = text(m, 3), text(m, 4)
        if text(m, 7) not in ("", "ai.onnx"):
            self.op = text(m, 7) + "." + self.op
        self.attributes = dict(attribute(a) for a in m.get(5, []))


def value_info(data):
    m = fields(data)
    tensor = fields(fields(m.get(2, [b""])[-1]).get(1, [b""])[-1])
    shape = fields(tensor.get(2, [b""])[-1])
    return text(m, 1), [signed(fields(d).get(1, [0])[-1]) for d in shape.get(1, [])]
