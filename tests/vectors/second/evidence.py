"""Check an evidence file with no node and no network, from docs/bytes.md and docs/reveal.md alone:
`python3 tests/vectors/second/evidence.py proof.json chain.toml`.

Prints whom it names. Exits with 1 and the reason if it proves nothing.
"""

import base64
import json
import sys
import tomllib

import proofs
import scheme as s
from state import Reader
from xchacha import open_sealed

MAX_STEPS = 10_000
FIELDS = (
    "legal_name", "registry_number", "jurisdiction", "contact", "beneficial_owner", "bond_terms",
)
STEPS = "proposal", "prevote", "precommit", "seal"
NO_CONSENT = "no_consent"


class Refused(Exception):
    """Why a file proves nothing."""


def expect(holds, reason):
    if not holds:
        raise Refused(reason)


def trusted(spec):
    """Chain id and V(1) of a chain spec."""
    name, salt = spec["name"].encode(), bytes.fromhex(spec["salt"])
    chain_id = s.H("chain-id", s.borsh_bytes(name) + salt)
    validators = []
    for one in spec["validators"]:
        key = bytes.fromhex(one["consensus_key"])
        validators.append({
            "id": s.H("address/validator", key),
            "key": key,
            "commitment": bytes.fromhex(one["commitment"]),
            "randomness_key": bytes.fromhex(one["randomness_key"]),
            "power": int(one["power"]),
        })
    return chain_id, sorted(validators, key=lambda one: one["id"])


def encode_set(validators):
    encoded = s.u(len(validators), 4)
    for one in validators:
        encoded += one["id"] + one["key"] + one["commitment"] + one["randomness_key"]
        encoded += s.u(one["power"], 8)
    return encoded


def decode_set(data):
    read, validators = Reader(data), []
    for _ in range(read.number(4)):
        parts = [read.take(32) for _ in range(4)]
        fields = dict(zip(("id", "key", "commitment", "randomness_key"), parts))
        validators.append(fields | {"power": read.number(8)})
    read.end()
    ids = [one["id"] for one in validators]
    expect(ids == sorted(set(ids)) and ids, "a set ascends by id and is not empty")
    expect(len(ids) <= 100 and all(one["power"] for one in validators), "a set within its limits")
    expect(sum(one["power"] for one in validators) <= 1 << 53, "a set within its limits")
    return validators


def advance(step, chain_id, height, validators):
    """The next set and its first height, if the set before vouches for it."""
    header, commit, encoded = (
        base64.b64decode(step[name], validate=True) for name in ("header", "commit", "next")
    )
    read = Reader(header)
    expect(read.number(2) == 1, "the header's version")
    read.take(2)
    expect(read.take(32) == chain_id, "the header is of this chain")
    at = read.number(8)
    expect(at >= height, "the header is not below the trusted set")
    read.take(4 + 8 + 32 + 32)
    of_set, of_next = read.take(32), read.take(32)
    read.take(8 * 32 + 96 + 4)
    read.end()
    expect(of_set == s.H("validators", encode_set(validators)), "the header is by the set before")
    certificate = proofs.Certificate(commit, False)
    expect(certificate.chain_id == chain_id, "the certificate is of this chain")
    expect(certificate.height == at, "the certificate is of the header's height")
    expect(certificate.block_id == s.H("block", header), "the certificate is of the header")
    certificate.verify(validators)
    expect(of_next == s.H("validators", encoded), "the header names the set after")
    return at + 1, decode_set(encoded)


def decode_pair(data):
    read = Reader(data)
    expect(read.number(1) == 1, "the evidence's version")
    pair = {"validator": read.take(32), "address": read.take(45)}
    for half in "ab":
        pair["value_" + half] = read.option(lambda: read.take(32))
        pair["signature_" + half], pair["share_" + half] = read.take(64), read.take(128)
    read.end()
    return pair


def identity(sealed, hidden, chain_id, validator):
    """The opened identity, or what its registrars did wrong."""
    bound = chain_id, validator["key"], validator["commitment"]
    if len(sealed) < 56:
        return "not_sealed_under_point"
    commit, nonce, cipher = sealed[:32], sealed[32:56], sealed[56:]
    committed, key = (
        s.T(s.REVEAL.prefix + name, hidden, *bound, nonce)[:32] for name in ("hi-commit", "hi-key")
    )
    if commit != committed:
        return "not_sealed_under_point"
    plain = open_sealed(key, nonce, cipher, b"".join(bound))
    if plain is None:
        return "damaged"
    try:
        read = Reader(Reader(plain).bytes())
        padding = plain[4 + len(read.data):]
        assert read.number(1) == 1 and not any(padding), "version and zeros"
        fields = [read.bytes().decode() for _ in FIELDS]
        party, signature = read.take(32), read.take(64)
        read.end()
    except (AssertionError, UnicodeDecodeError):
        return "malformed"
    said = s.H("hi-consent", chain_id + validator["id"] + validator["key"] + validator["commitment"])
    if not s.ed25519_verify(party, said, signature):
        return NO_CONSENT
    return dict(zip(FIELDS, fields)) | {"party_key": party.hex()}


def verify(file, spec):
    """Whom a file names, or Refused."""
    try:
        return _verify(file, spec)
    except (AssertionError, LookupError, TypeError, ValueError) as error:
        raise Refused(f"{type(error).__name__}: {error}") from error


def _verify(file, spec):
    chain_id, validators = trusted(spec)
    known = {"version", "chain_id", "evidence", "sealed", "steps"}
    expect(set(file) <= known, "a field that no evidence file has")
    expect(file["version"] == 1, "the file's version")
    expect(bytes.fromhex(file["chain_id"]) == chain_id, "the file is of this chain")
    pair = decode_pair(base64.b64decode(file["evidence"], validate=True))
    address = pair["address"]
    expect(address[:32] == chain_id, "the double sign is of this chain")
    steps, height = file.get("steps", []), 1
    expect(len(steps) <= MAX_STEPS, "fewer changes of the set")
    for step in steps:
        height, validators = advance(step, chain_id, height, validators)
    read = Reader(address[32:])
    at, round_, kind = read.number(8), read.number(4), read.number(1)
    expect(at >= height, "the double sign is not below the last set")
    accused = [one for one in validators if one["id"] == pair["validator"]]
    expect(accused, "the accused is of the set of that height")
    values = [s.borsh_value(pair["value_" + half]) for half in "ab"]
    expect(kind < len(STEPS) and values[0] < values[1], "two values, in order")
    for half, value in zip("ab", values):
        expect(s.possible(kind, round_, pair["value_" + half]), "a value that can be signed there")
        signature, share = pair["signature_" + half], pair["share_" + half]
        proofs.ballot_verifies(accused[0], address, value, signature, share)
    hidden = s.reveal(address, values[0], pair["share_a"], values[1], pair["share_b"])
    sealed = base64.b64decode(file["sealed"], validate=True)
    return {
        "id": s.H("evidence", pair["validator"] + address).hex(),
        "validator": pair["validator"].hex(),
        "height": at,
        "round": round_,
        "step": STEPS[kind],
        "hidden_point": hidden.hex(),
        "identity": identity(sealed, hidden, chain_id, accused[0]),
    }


# The example, for check.py

def paths(value, at=()):
    """Where bytes stand in a file: the path of every text."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inner, (*at, key))


def flipped(file, path, place):
    """The same file with one bit of one text's bytes flipped, `place` (0 to 1) of the way in."""
    copy = json.loads(json.dumps(file))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    text, is_hex = inner[path[-1]], path[-1] == "chain_id"
    data = bytearray(bytes.fromhex(text) if is_hex else base64.b64decode(text))
    data[int(place * (len(data) - 1))] ^= 1
    inner[path[-1]] = data.hex() if is_hex else base64.b64encode(data).decode()
    return copy


def changes_nothing(path, file, spec):
    """A bit of the sealed identity names nobody; the double sign stays proven."""
    found = verify(file, spec)
    return path[0] == "sealed" and found["identity"] in ("damaged", "not_sealed_under_point")


def check(folder):
    """How many cases were checked, and what is wrong."""
    spec = tomllib.loads((folder / "chain.toml").read_text())
    file = json.loads((folder / "proof.json").read_text())
    wrong, checked = [], 1
    found = verify(file, spec)
    if not isinstance(found["identity"], dict):
        wrong.append(f"evidence/proof.json: the identity is {found['identity']}")
    cases = [(path, flipped(file, path, at)) for path in paths(file) for at in (0, 0.37, 0.71, 1)]
    cut = base64.b64encode(base64.b64decode(file["evidence"])[:-1]).decode()
    cases += [
        (("evidence", "cut"), file | {"evidence": cut}),
        (("steps", "twice"), file | {"steps": 2 * file["steps"]}),
        (("version",), file | {"version": 2}),
        (("more",), file | {"more": 1}),
    ]
    other = spec | {"salt": "00" * 16}
    for path, case in [*cases, (("salt",), file)]:
        checked += 1
        try:
            if not changes_nothing(path, case, other if path == ("salt",) else spec):
                wrong.append(f"evidence/proof.json, {path}: a touched file was accepted")
        except Refused:
            pass
    return checked, wrong


def main():
    try:
        file = json.loads(open(sys.argv[1], "rb").read())
        spec = tomllib.loads(open(sys.argv[2], "rb").read().decode())
        print(json.dumps(verify(file, spec), indent=2))
    except IndexError:
        sys.exit(__doc__)
    except (Refused, OSError, ValueError) as reason:
        sys.exit(f"it proves nothing: {reason}")


if __name__ == "__main__":
    main()
