"""The formulas of docs/reveal.md and docs/protocol.md: signatures, shares, randomness, records."""

import hashlib
import struct

import curve as c
from blake3 import blake3, derive_key, keyed_hash
from xchacha import seal

FRESH = bytes(32)
NIL = b"\0"


def H(name, data):
    return derive_key("syndic/v1/" + name, data)


def u(number, size):
    return number.to_bytes(size, "little")


def borsh_bytes(data):
    return u(len(data), 4) + data


def borsh_value(value):
    return NIL if value is None else b"\1" + value


def address_bytes(chain_id, height, round_, step):
    return chain_id + u(height, 8) + u(round_, 4) + u(step, 1)


# Lists, RFC 6962

def leaf(entry):
    return keyed_hash(H("leaf", b""), entry)


def merkle_root(entries):
    if not entries:
        return bytes(32)
    if len(entries) == 1:
        return leaf(entries[0])
    split = 1 << (len(entries) - 1).bit_length() - 1
    both = merkle_root(entries[:split]) + merkle_root(entries[split:])
    return keyed_hash(H("branch", b""), both)


def merkle_proof(entries, index):
    if len(entries) < 2:
        return []
    split = 1 << (len(entries) - 1).bit_length() - 1
    left, right = entries[:split], entries[split:]
    if index < split:
        return merkle_proof(left, index) + [merkle_root(right)]
    return merkle_proof(right, index - split) + [merkle_root(left)]


# Text, BIP-350

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _polymod(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= factor if top >> bit & 1 else 0
    return check


def address_text(prefix, kind, address):
    bits = "".join(f"{byte:08b}" for byte in bytes([kind]) + address)
    bits += "0" * (-len(bits) % 5)
    data = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    head = [ord(x) >> 5 for x in prefix] + [0] + [ord(x) & 31 for x in prefix]
    check = _polymod(head + data + [0] * 6) ^ 0x2BC830A3
    data += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return prefix + "1" + "".join(LETTERS[value] for value in data)


# ed25519, docs/reveal.md 1

def _h(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % c.L


def _strict(data):
    """Rule 1: a point whose y is below p and not of small order."""
    point = c.decode(data)
    small = point is not None and c.same(c.mul(8, point), c.NEUTRAL)
    return None if small else point


def ed25519_verify(key, message, signature):
    a, r = _strict(key), _strict(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= c.L:
        return False
    right = c.add(r, c.mul(_h(signature[:32], key, message), a))
    return c.same(c.mul(8, c.add(c.mul(s, c.G), c.neg(right))), c.NEUTRAL)


def ed25519_sign(seed, message):
    digest = bytearray(hashlib.sha512(seed).digest())
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    a = int.from_bytes(digest[:32], "little")
    key = c.encode(c.mul(a, c.G))
    nonce = _h(bytes(digest[32:]), message)
    r = c.encode(c.mul(nonce, c.G))
    return key, r + u((nonce + _h(r, key, message) * a) % c.L, 32)


# The reveal share, docs/reveal.md 3 to 7

def T(context, *parts):
    return derive_key(context, b"".join(u(len(part), 8) + part for part in parts), 64)


class Scheme:
    def __init__(self, prefix):
        self.prefix = prefix

    def scalar(self, name, *parts):
        return int.from_bytes(T(self.prefix + name, *parts), "little") % c.L

    def point(self, name, *parts):
        return c.r_from_bytes(T(self.prefix + name, *parts))

    def possession(self, secret, seed, chain_id, key, public):
        r = self.scalar("pop-nonce", seed, chain_id, key, public, FRESH)
        on_g = c.r_encode(c.mul(r, c.G))
        s = r + self.scalar("pop", chain_id, key, public, on_g) * secret
        return on_g + u(s % c.L, 32)


REVEAL, VRF = Scheme("syndic/reveal/v1/"), Scheme("syndic/vrf/v1/")
B = REVEAL.point("base")


class RevealKey:
    def __init__(self, seed, chain_id, key):
        self.seed, self.chain_id, self.key = seed, chain_id, key
        self.k = REVEAL.scalar("k", seed, chain_id, key)
        self.commitment = c.r_encode(c.mul(self.k, c.G))
        self.hidden = c.r_encode(c.mul(self.k, B))

    def possession(self):
        return REVEAL.possession(self.k, self.seed, self.chain_id, self.key, self.commitment)

    def hidden_point_proof(self):
        parts = self.key, self.commitment, self.hidden
        r = REVEAL.scalar("dleq-nonce", self.seed, *parts, FRESH)
        on_g, on_b = c.r_encode(c.mul(r, c.G)), c.r_encode(c.mul(r, B))
        s = r + REVEAL.scalar("dleq", self.chain_id, *parts, on_g, on_b) * self.k
        return on_g + on_b + u(s % c.L, 32)

    def share(self, address, value):
        e = REVEAL.scalar("value", address, value)
        p = c.add(B, c.mul(e, REVEAL.point("address", address)))
        z = c.r_encode(c.mul(self.k, p))
        r = REVEAL.scalar("nonce", self.seed, self.key, self.commitment, z, address, value, FRESH)
        t1, t2 = c.r_encode(c.mul(r, c.G)), c.r_encode(c.mul(r, p))
        parts = self.key, self.commitment, z, address, value, t1, t2
        s = r + REVEAL.scalar("challenge", *parts) * self.k
        return z + t1 + t2 + u(s % c.L, 32)


def share_verifies(key, commitment, address, value, share):
    z, t1, t2 = share[:32], share[32:64], share[64:96]
    s = int.from_bytes(share[96:], "little")
    points = [c.r_decode(part) for part in (commitment, z, t1, t2)]
    if s >= c.L or None in points:
        return False
    e = REVEAL.scalar("value", address, value)
    p = c.add(B, c.mul(e, REVEAL.point("address", address)))
    h = REVEAL.scalar("challenge", key, commitment, z, address, value, t1, t2)
    on_g, on_p = c.add(points[2], c.mul(h, points[0])), c.add(points[3], c.mul(h, points[1]))
    pairs = (c.mul(s, c.G), on_g), (c.mul(s, p), on_p)
    return e != 0 and all(c.r_encode(a) == c.r_encode(b) for a, b in pairs)


def reveal(address, value_1, share_1, value_2, share_2):
    e1, e2 = (REVEAL.scalar("value", address, value) for value in (value_1, value_2))
    z1, z2 = c.r_decode(share_1[:32]), c.r_decode(share_2[:32])
    m = c.mul(pow(e1 - e2, -1, c.L), c.add(z1, c.neg(z2)))
    return c.r_encode(c.add(z1, c.neg(c.mul(e1, m))))


def possible(step, round_, value):
    if step == 3 and round_:
        return False
    return step in (1, 2) or value is not None


# Randomness, docs/protocol.md 2.6

def vrf_prove(seed, chain_id, key, height, previous):
    """Y, its possession proof, the proof of the height, the randomness."""
    v = VRF.scalar("v", seed, chain_id, key)
    public = c.r_encode(c.mul(v, c.G))
    p = VRF.point("point", public, chain_id + u(height, 8) + previous)
    encoded, gamma = c.r_encode(p), c.r_encode(c.mul(v, p))
    r = VRF.scalar("nonce", seed, encoded, gamma)
    on_g, on_p = c.r_encode(c.mul(r, c.G)), c.r_encode(c.mul(r, p))
    h = VRF.scalar("challenge", public, encoded, gamma, on_g, on_p)
    proof = gamma + u(h, 32) + u((r + h * v) % c.L, 32)
    return public, VRF.possession(v, seed, chain_id, key, public), proof, H("vrf-output", gamma)


def vrf_verify(public, chain_id, height, previous, proof):
    gamma, h, s = proof[:32], proof[32:64], int.from_bytes(proof[64:], "little")
    y, point, number = c.r_decode(public), c.r_decode(gamma), int.from_bytes(h, "little")
    if y is None or point is None or s >= c.L or number >= c.L:
        return False
    p = VRF.point("point", public, chain_id + u(height, 8) + previous)
    on_g = c.r_encode(c.add(c.mul(s, c.G), c.neg(c.mul(number, y))))
    on_p = c.r_encode(c.add(c.mul(s, p), c.neg(c.mul(number, point))))
    return VRF.scalar("challenge", public, c.r_encode(p), gamma, on_g, on_p) == number


# Sealed identities, docs/reveal.md 8

def seal_identity(hidden, chain_id, key, commitment, nonce, size, fields, party_key, signature):
    content = b"\1" + b"".join(borsh_bytes(field.encode()) for field in fields)
    content += party_key + signature
    plain = struct.pack("<I", len(content)) + content
    parts = hidden, chain_id, key, commitment, nonce
    commit, cipher_key = (T(REVEAL.prefix + name, *parts)[:32] for name in ("hi-commit", "hi-key"))
    sealed = seal(cipher_key, nonce, plain.ljust(size, b"\0"), chain_id + key + commitment)
    return commit + nonce + sealed


__all__ = [name for name in dir() if not name.startswith("_")] + ["blake3", "keyed_hash"]
