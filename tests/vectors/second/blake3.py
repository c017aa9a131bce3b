"""BLAKE3 in its three modes with extended output, from the paper (section 2)."""

import struct

IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
KEYED, CONTEXT, MATERIAL = 16, 32, 64
BLOCK, CHUNK, MASK = 64, 1024, 0xFFFFFFFF


def _mix(v, a, b, c, d, x, y):
    v[a] = (v[a] + v[b] + x) & MASK
    t = v[d] ^ v[a]
    v[d] = (t >> 16 | t << 16) & MASK
    v[c] = (v[c] + v[d]) & MASK
    t = v[b] ^ v[c]
    v[b] = (t >> 12 | t << 20) & MASK
    v[a] = (v[a] + v[b] + y) & MASK
    t = v[d] ^ v[a]
    v[d] = (t >> 8 | t << 24) & MASK
    v[c] = (v[c] + v[d]) & MASK
    t = v[b] ^ v[c]
    v[b] = (t >> 7 | t << 25) & MASK


def _compress(chaining, block, length, counter, flags):
    """The 16 words of one compression; `block` has 64 bytes."""
    m = struct.unpack("<16I", block)
    v = list(chaining) + list(IV[:4])
    v += [counter & MASK, counter >> 32 & MASK, length, flags]
    for turn in range(7):
        _mix(v, 0, 4, 8, 12, m[0], m[1])
        _mix(v, 1, 5, 9, 13, m[2], m[3])
        _mix(v, 2, 6, 10, 14, m[4], m[5])
        _mix(v, 3, 7, 11, 15, m[6], m[7])
        _mix(v, 0, 5, 10, 15, m[8], m[9])
        _mix(v, 1, 6, 11, 12, m[10], m[11])
        _mix(v, 2, 7, 8, 13, m[12], m[13])
        _mix(v, 3, 4, 9, 14, m[14], m[15])
        m = tuple(m[place] for place in PERMUTATION)
    low = [v[i] ^ v[i + 8] for i in range(8)]
    return low + [v[i + 8] ^ chaining[i] for i in range(8)]


def _chunk(key, data, counter, flags):
    """The last compression of a chunk, not yet done: its output depends on being the root."""
    chaining = key
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)] or [b""]
    for place, block in enumerate(blocks):
        now = flags | (CHUNK_START if place == 0 else 0)
        padded = block.ljust(BLOCK, b"\0")
        if place == len(blocks) - 1:
            return chaining, padded, len(block), counter, now | CHUNK_END
        chaining = _compress(chaining, padded, BLOCK, counter, now)[:8]


def _tree(key, data, counter, flags):
    """The last compression of a subtree; the left one is the largest full power of two."""
    if len(data) <= CHUNK:
        return _chunk(key, data, counter, flags)
    chunks = (len(data) - 1) // CHUNK
    left = 1 << (chunks.bit_length() - 1)
    sides = (data[: left * CHUNK], counter), (data[left * CHUNK :], counter + left)
    words = [w for part, start in sides for w in _compress(*_tree(key, part, start, flags))[:8]]
    return key, struct.pack("<16I", *words), BLOCK, 0, flags | PARENT


def _output(node, length):
    chaining, block, size, _, flags = node
    out = b""
    for counter in range(-(-length // 64)):
        words = _compress(chaining, block, size, counter, flags | ROOT)
        out += struct.pack("<16I", *words)
    return out[:length]


def blake3(data, length=32):
    return _output(_tree(IV, data, 0, 0), length)


def keyed_hash(key, data, length=32):
    return _output(_tree(struct.unpack("<8I", key), data, 0, KEYED), length)


def derive_key(context, data, length=32):
    key = _output(_tree(IV, context.encode(), 0, CONTEXT), 32)
    return _output(_tree(struct.unpack("<8I", key), data, 0, MATERIAL), length)
