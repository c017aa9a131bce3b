"""Reproduce every vector, and the examples of docs/bytes.md, from the formulas alone:
`python3 tests/vectors/second/check.py`.

Pure Python 3.11, nothing to install. Exits with 1 if any vector differs, and names it.
"""

import json
import sys
from pathlib import Path

import document
import evidence
import scheme as s
import state
from blake3 import blake3, derive_key, keyed_hash

FOLDER = Path(__file__).resolve().parent.parent
X = bytes.fromhex


def counting(length):
    return bytes(at % 251 for at in range(length))


def hashing(v):
    if "name" in v:
        return {"key": s.H(v["name"], b"").hex()}
    data = counting(v["input_length"])
    return {
        "blake3": blake3(data).hex(),
        "derive_block": derive_key("syndic/v1/block", data).hex(),
        "keyed_leaf": keyed_hash(s.H("leaf", b""), data).hex(),
    }


def ids(v):
    chain, one, two = b"\x11" * 32, b"\1" * 32, b"\2" * 32
    a, b, c = b"\3" * 32, b"\4" * 32, b"\5" * 32
    text, u = s.borsh_bytes, s.u
    name, data = {
        "chain": ("chain-id", text(b"syndic:devnet") + b"\x09" * 16),
        "account": ("address/account", b"\0" + one),
        "multisig": ("address/multi", b"\2" + u(2, 4) + one + two),
        "contract": ("address/contract", a + text(b"salt")),
        "module": ("address/module", text(b"treasury")),
        "validator": ("address/validator", one),
        "proposal": ("proposal", a + b"\0"),
        "proposal-again": ("proposal", a + b"\1" + u(3, 4)),
        "seal": ("seal", a + b + c),
        "evidence": ("evidence", a + s.address_bytes(chain, 7, 1, 2)),
        "call": ("call-id", a + b"\1" + u(2, 4)),
        "id": ("id", a + u(3, 4)),
        "message": ("message", chain + a + text(b"pay") + text(b"body") + u(99, 8)),
        "return": ("return", b"returned"),
    }[v["kind"]]
    return {"id": s.H(name, data).hex()}


def merkle(v):
    entries = [blake3(bytes([n])) for n in range(v["count"])]
    proof = s.merkle_proof(entries, v["index"])
    return {"root": s.merkle_root(entries).hex(), "proof": [h.hex() for h in proof]}


def text(v):
    return {"text": s.address_text(v["prefix"], v["kind"], X(v["address"]))}


def ed25519(v):
    return {"valid": s.ed25519_verify(X(v["key"]), X(v["message"]), X(v["signature"]))}


class Reveal:
    """Shares follow the key that made them."""

    keys = {}

    def __call__(self, v):
        return self.key(v) if v["kind"] == "key" else self.share(v)

    def key(self, v):
        key, _ = s.ed25519_sign(X(v["ed25519_seed"]), b"")
        made = s.RevealKey(X(v["seed"]), X(v["chain_id"]), key)
        self.keys[v["key"]] = made, X(v["ed25519_seed"])
        return {
            "key": key.hex(),
            "commitment": made.commitment.hex(),
            "hidden_point": made.hidden.hex(),
            "possession": made.possession().hex(),
            "hidden_point_proof": made.hidden_point_proof().hex(),
        }

    def share(self, v):
        made, seed = self.keys[v["key"]]
        address = s.address_bytes(made.chain_id, v["height"], v["round"], v["step"])
        value = s.borsh_value(None if v["value"] is None else X(v["value"]))
        other = s.borsh_value(X(v["other_value"]))
        share, second = made.share(address, value), made.share(address, other)
        signed = s.H("vote", made.key + address + value + share)
        _, signature = s.ed25519_sign(seed, signed)
        valid = s.possible(v["step"], v["round"], v["value"])
        valid = valid and s.share_verifies(made.key, made.commitment, address, value, share)
        valid = valid and s.ed25519_verify(made.key, signed, signature)
        return {
            "share": share.hex(),
            "signed": signed.hex(),
            "signature": signature.hex(),
            "cache_key": s.H("sig-cache", made.key + made.commitment + signed + signature).hex(),
            "valid": valid,
            "other_share": second.hex(),
            "reveals": s.reveal(address, value, share, other, second).hex(),
        }


def vrf(v):
    chain_id, key, previous = X(v["chain_id"]), X(v["key"]), X(v["previous"])
    made = s.vrf_prove(X(v["seed"]), chain_id, key, v["height"], previous)
    public, possession, proof, output = made
    assert s.vrf_verify(public, chain_id, v["height"], previous, proof), "a made proof verifies"
    return {
        "public": public.hex(),
        "possession": possession.hex(),
        "proof": proof.hex(),
        "output": output.hex(),
        "valid_at_next_height": s.vrf_verify(public, chain_id, v["height"] + 1, previous, proof),
    }


def hidden(v):
    bound = [X(v[name]) for name in ("chain_id", "key", "commitment")]
    chain_id, key, commitment = bound
    consent = s.H("hi-consent", chain_id + s.H("address/validator", key) + key + commitment)
    party, signature = X(v["party_key"]), X(v["party_signature"])
    assert s.ed25519_verify(party, consent, signature), "the named party consents"
    record = s.seal_identity(
        X(v["hidden_point"]), *bound, X(v["nonce"]), v["size"], v["fields"], party, signature
    )
    kept = None if v["record"] is None else record.hex()
    return {"consent": consent.hex(), "record": kept, "record_hash": blake3(record).hex()}


def attest(v):
    parts = X(v["chain_id"]), s.u(v["set_version"], 4), X(v["validator"]), X(v["key"])
    rest = X(v["commitment"]), X(v["record"]), s.u(v["version"], 8), s.u(v["expiry"], 8)
    return {"hash": s.H("attest", b"".join(parts + rest)).hex()}


FILES = {
    "hashing.json": hashing,
    "ids.json": ids,
    "merkle.json": merkle,
    "text.json": text,
    "ed25519.json": ed25519,
    "reveal.json": Reveal(),
    "vrf.json": vrf,
    "hidden.json": hidden,
    "attest.json": attest,
}


def main():
    checked = failed = 0
    for name, make in FILES.items():
        for place, vector in enumerate(json.loads((FOLDER / name).read_text())):
            checked += 1
            for field, made in make(vector).items():
                if vector[field] != made:
                    failed += 1
                    print(f"{name}, vector {place}: {field} is {vector[field]}, expected {made}")
                    break
    checked += state.check(json.loads((FOLDER / "state.json").read_text()))
    computed, wrong = document.run((FOLDER.parent.parent / "docs/bytes.md").read_text())
    proven, touched = evidence.check(FOLDER / "evidence")
    wrong += touched
    print("\n".join(wrong), end="\n" if wrong else "")
    checked, failed = checked + computed + proven, failed + len(wrong)
    print(f"{checked} vectors checked, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
