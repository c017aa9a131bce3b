"""BLAKE3 in its three modes, after section 2 of the paper (O'Connor et al., 2020).

Slow and plain, for checking examples: 32 bytes of output, no streaming.
"""

IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED_HASH, DERIVE_CONTEXT, DERIVE_MATERIAL = (
    1 << flag for flag in range(7)
)
MASK = 0xFFFFFFFF


def _rotate(word, bits):
    return (word >> bits | word << (32 - bits)) & MASK


def _mix(v, a, b, c, d, x, y):
    v[a] = (v[a] + v[b] + x) & MASK
    v[d] = _rotate(v[d] ^ v[a], 16)
    v[c] = (v[c] + v[d]) & MASK
    v[b] = _rotate(v[b] ^ v[c], 12)
    v[a] = (v[a] + v[b] + y) & MASK
    v[d] = _rotate(v[d] ^ v[a], 8)
    v[c] = (v[c] + v[d]) & MASK
    v[b] = _rotate(v[b] ^ v[c], 7)


def _words(data):
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]


def _compress(chaining, block, counter, flags):
    """The first eight words of the compression of a block of at most 64 bytes."""
    m = _words(block.ljust(64, b"\0"))
    v = [*chaining, *IV[:4], counter & MASK, counter >> 32, len(block), flags]
    for turn in range(7):
        _mix(v, 0, 4, 8, 12, m[0], m[1])
        _mix(v, 1, 5, 9, 13, m[2], m[3])
        _mix(v, 2, 6, 10, 14, m[4], m[5])
        _mix(v, 3, 7, 11, 15, m[6], m[7])
        _mix(v, 0, 5, 10, 15, m[8], m[9])
        _mix(v, 1, 6, 11, 12, m[10], m[11])
        _mix(v, 2, 7, 8, 13, m[12], m[13])
        _mix(v, 3, 4, 9, 14, m[14], m[15])
        m = [m[at] for at in PERMUTATION]
    return [v[at] ^ v[at + 8] for at in range(8)]


def _bytes(words):
    return b"".join(word.to_bytes(4, "little") for word in words)


def _chunk(key, data, index, flags):
    chaining = key
    blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
    for at, block in enumerate(blocks):
        start = CHUNK_START if at == 0 else 0
        last = at == len(blocks) - 1
        end = CHUNK_END | (flags & ROOT) if last else 0
        chaining = _compress(chaining, block, index, flags & ~ROOT | start | end)
    return chaining


def _subtree(key, data, first, flags):
    """The chaining value of chunks from number `first` on; ROOT goes to the top node only."""
    chunks = max(1, -(-len(data) // 1024))
    if chunks == 1:
        return _chunk(key, data, first, flags)
    left = 1 << (chunks - 1).bit_length() - 1
    below = flags & ~ROOT
    halves = _subtree(key, data[: left * 1024], first, below) + _subtree(
        key, data[left * 1024 :], first + left, below
    )
    return _compress(key, _bytes(halves), 0, flags | PARENT)


def blake3(data):
    """The plain hash."""
    return _bytes(_subtree(IV, data, 0, ROOT))


def keyed_hash(key, data):
    """The hash under a key of 32 bytes."""
    return _bytes(_subtree(_words(key), data, 0, ROOT | KEYED_HASH))


def derive_key(context, material):
    """32 bytes derived from key material under a context string."""
    key = _subtree(IV, context.encode(), 0, ROOT | DERIVE_CONTEXT)
    return _bytes(_subtree(key, material, 0, ROOT | DERIVE_MATERIAL))
