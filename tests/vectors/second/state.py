"""State, computed a second time: raw keys, hashes, roots, proofs and stored nodes.

Written from the rules (protocol.md, section 7), not from the Rust code. `check` returns how many
examples of state.json it computed again; it raises AssertionError at the first that differs.
"""

from blake3 import derive_key, keyed_hash

ZERO = bytes(32)


def key(name):
    return derive_key("syndic/v1/" + name, b"")


KEY, VALUE, LEAF, BRANCH = (
    key("state-" + name) for name in ("key", "value", "leaf", "branch")
)


def key_hash(raw):
    return keyed_hash(KEY, raw)


def value_hash(value):
    return keyed_hash(VALUE, value)


def leaf(hashed_key, hashed_value):
    return keyed_hash(LEAF, hashed_key + hashed_value)


def branch(left, right):
    return keyed_hash(BRANCH, left + right)


def bit(hashed_key, level):
    return hashed_key[level // 8] >> (7 - level % 8) & 1


def root(leaves, level=0):
    """The root over {key hash: value hash}: none is zero, one is itself, more are two halves."""
    if not leaves:
        return ZERO
    if len(leaves) == 1:
        return leaf(*next(iter(leaves.items())))
    halves = [
        {k: v for k, v in leaves.items() if bit(k, level) == side} for side in (0, 1)
    ]
    return branch(root(halves[0], level + 1), root(halves[1], level + 1))


class Reader:
    """Reads borsh."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        part = self.data[self.at : self.at + count]
        assert len(part) == count, "the bytes end early"
        self.at += count
        return part

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def bytes(self):
        return self.take(self.number(4))

    def option(self, read):
        tag = self.number(1)
        assert tag in (0, 1), "an option is 0 or 1"
        return read() if tag else None

    def end(self):
        assert self.at == len(self.data), "bytes are left over"


def change_set(data):
    """{raw key: value or None}."""
    reader = Reader(data)
    assert reader.number(1) == 1, "version"
    entries = [
        (reader.bytes(), reader.option(reader.bytes)) for _ in range(reader.number(4))
    ]
    reader.end()
    names = [raw for raw, _ in entries]
    assert names == sorted(set(names)), "ascending, each once"
    return dict(entries)


def prove(leaves, raw, value):
    """The encoded proof about a raw key, from all leaves."""
    wanted, level, siblings, inside = key_hash(raw), 0, [], dict(leaves)
    while len(inside) > 1:
        side = bit(wanted, level)
        siblings.append(root({k: v for k, v in inside.items() if bit(k, level) != side}, level + 1))
        inside = {k: v for k, v in inside.items() if bit(k, level) == side}
        level += 1
    others = [(k, v) for k, v in inside.items() if k != wanted]
    bitmap = bytearray((len(siblings) + 7) // 8)
    for at, sibling in enumerate(siblings):
        if sibling != ZERO:
            bitmap[at // 8] |= 0x80 >> at % 8
    kept = [sibling for sibling in siblings if sibling != ZERO]

    def count(number):
        return number.to_bytes(4, "little")

    data = b"\x01" + count(len(raw)) + raw
    data += b"\x00" if value is None else b"\x01" + count(len(value)) + value
    data += b"\x01" + b"".join(others[0]) if others else b"\x00"
    return data + count(len(bitmap)) + bytes(bitmap) + count(len(kept)) + b"".join(kept)


def verify(data, expected_root, raw):
    """What an encoded proof says about a raw key."""
    reader = Reader(data)
    assert reader.number(1) == 1, "version"
    assert reader.bytes() == raw, "the proof is about this key"
    value = reader.option(reader.bytes)
    other = reader.option(lambda: (reader.take(32), reader.take(32)))
    bitmap = reader.bytes()
    siblings = [reader.take(32) for _ in range(reader.number(4))]
    reader.end()
    marks = [level for level in range(8 * len(bitmap)) if bit(bitmap, level)]
    assert len(bitmap) <= 32 and not bitmap.endswith(b"\x00"), "one way to write a bitmap"
    assert len(marks) == len(siblings) and ZERO not in siblings, "marks and siblings agree"
    assert value is None or other is None, "a value and another leaf exclude each other"
    levels = marks[-1] + 1 if marks else 0
    wanted, found = key_hash(raw), ZERO
    if value is not None:
        found = leaf(wanted, value_hash(value))
    elif other is not None:
        assert other[0] != wanted, "the other leaf is another's"
        assert all(bit(other[0], at) == bit(wanted, at) for at in range(levels)), "in this place"
        found = leaf(*other)
    for level in reversed(range(levels)):
        sibling = siblings.pop() if level in marks else ZERO
        found = branch(sibling, found) if bit(wanted, level) else branch(found, sibling)
    assert found == expected_root, "the proof leads to the root"
    return value


def node_hash(path, stored, leaves):
    """The hash of a stored node; every slot is compared with what lies under it in the tree."""
    digits, packed = path[0], path[1:].hex()
    prefix = packed[:digits]
    reader = Reader(stored)
    assert reader.number(1) == 1, "version"
    occupied, branches = reader.number(2), reader.number(2)
    under = {k: v for k, v in leaves.items() if k.hex().startswith(prefix)}
    for digit in range(16):
        inside = {k: v for k, v in under.items() if k.hex()[digits] == f"{digit:x}"}
        assert bool(occupied >> digit & 1) == bool(inside), "what is occupied"
        assert bool(branches >> digit & 1) == (len(inside) > 1), "what is a branch"
        if len(inside) == 1:
            assert (reader.take(32), reader.take(32)) == next(iter(inside.items())), "a leaf"
        elif inside:
            assert reader.take(32) == root(inside, 4 * digits + 4), "a branch"
    reader.end()
    return root(under, 4 * digits)


def raw_keys():
    """Space, contract, key: each example once more."""
    native, address, validator = bytes(32), b"\x11" * 32, b"\x22" * 32
    inverted = (2**64 - 1 - 258).to_bytes(8, "big")
    return {
        "account 11..": b"\x01" + native + address,
        "lane 63 of 11..": b"\x02" + native + address + b"\x3f",
        "role auditor of 11..": b"\x03" + native + address + b"\x0c",
        "validator 22..": b"\x04" + native + validator,
        "sealed identity of 22..": b"\x05" + native + validator,
        "presence of 22..": b"\x06" + native + validator,
        "set from height 258": b"\x07" + native + inverted,
        "chain": b"\x08" + native,
        "params": b"\x09" + native,
        "member alpha": b"\x0a" + native + b"alpha",
        "punished evidence 33..": b"\x0b" + native + b"\x33" * 32,
        "payout at 258 to 22..": b"\x0c" + native + (258).to_bytes(8, "big") + validator,
        "storage 0001 of c0..": b"\x20" + b"\xc0" * 32 + b"\x00\x01",
    }


def check(vectors):
    read, checked = bytes.fromhex, 0
    expected = raw_keys()
    assert {entry["of"]: read(entry["raw"]) for entry in vectors["raw_keys"]} == expected
    checked += len(expected)
    for entry in vectors["leaves"]:
        hashes = key_hash(read(entry["raw"])), value_hash(read(entry["value"]))
        assert hashes == (read(entry["key_hash"]), read(entry["value_hash"]))
        assert leaf(*hashes) == read(entry["leaf"])
        checked += 1
    for entry in vectors["branches"]:
        assert branch(read(entry["left"]), read(entry["right"])) == read(entry["hash"])
        checked += 1
    leaves_of = {}
    for state in vectors["states"]:
        values = change_set(read(state["change_set"]))
        leaves = {key_hash(raw): value_hash(value) for raw, value in values.items()}
        leaves_of[state["keys"]] = leaves
        assert len(values) == state["keys"] and root(leaves) == read(state["root"])
        checked += 1
        for proof in state["proofs"]:
            raw, encoded = read(proof["key"]), read(proof["encoded"])
            value = None if proof["value"] is None else read(proof["value"])
            assert values.get(raw) == value and verify(encoded, root(leaves), raw) == value
            assert prove(leaves, raw, value) == encoded
            checked += 1
    for node in vectors["nodes"]:
        stored = read(node["stored"])
        assert node_hash(read(node["path"]), stored, leaves_of[20]) == read(node["hash"])
        checked += 1
    return checked
