"""XChaCha20-Poly1305, encryption: RFC 8439 with the extended nonce of draft-irtf-cfrg-xchacha."""

import struct

CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")
MASK = 0xFFFFFFFF


def _quarter(v, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        v[x] = (v[x] + v[y]) & MASK
        t = v[z] ^ v[x]
        v[z] = (t << turn | t >> (32 - turn)) & MASK


def _rounds(state):
    v = list(state)
    for _ in range(10):
        for column in range(4):
            _quarter(v, column, column + 4, column + 8, column + 12)
        for c in range(4):
            _quarter(v, c, 4 + (c + 1) % 4, 8 + (c + 2) % 4, 12 + (c + 3) % 4)
    return v


def _stream(key, nonce, counter, length):
    out = b""
    while len(out) < length:
        state = CONSTANTS + struct.unpack("<8I", key) + (counter,) + struct.unpack("<3I", nonce)
        words = [(a + b) & MASK for a, b in zip(_rounds(state), state)]
        out, counter = out + struct.pack("<16I", *words), counter + 1
    return out[:length]


def _poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        block = int.from_bytes(message[at : at + 16] + b"\1", "little")
        total = (total + block) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def _padded(data):
    return data + bytes(-len(data) % 16)


def _begin(key, nonce):
    """The key and nonce of the inner cipher (HChaCha20)."""
    first = CONSTANTS + struct.unpack("<8I", key) + struct.unpack("<4I", nonce[:16])
    words = _rounds(first)
    return struct.pack("<8I", *words[:4], *words[12:]), bytes(4) + nonce[16:]


def _tag(key, nonce, cipher, associated):
    lengths = struct.pack("<QQ", len(associated), len(cipher))
    message = _padded(associated) + _padded(cipher) + lengths
    return _poly1305(_stream(key, nonce, 0, 32), message)


def _mix(key, nonce, text):
    return bytes(a ^ b for a, b in zip(text, _stream(key, nonce, 1, len(text))))


def seal(key, nonce, plain, associated):
    """The ciphertext with its tag behind it."""
    key, nonce = _begin(key, nonce)
    cipher = _mix(key, nonce, plain)
    return cipher + _tag(key, nonce, cipher, associated)


def open_sealed(key, nonce, sealed, associated):
    """The plain text; None if a bit was touched."""
    key, nonce = _begin(key, nonce)
    cipher, tag = sealed[:-16], sealed[-16:]
    return _mix(key, nonce, cipher) if tag == _tag(key, nonce, cipher, associated) else None
