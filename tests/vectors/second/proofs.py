"""A verifier: from a genesis to the balance of an account, written from docs/bytes.md 7 to 10."""

import base64

import scheme as s
import state
from blake3 import blake3
from state import Reader

ZERO = bytes(32)


class Certificate:
    """A commit or finality certificate: what it is about, and who signed."""

    def __init__(self, data, is_final):
        read = Reader(data)
        assert read.number(1) == 1, "version"
        self.chain_id, self.height = read.take(32), read.number(8)
        self.round = 0 if is_final else read.number(4)
        self.block_id = read.take(32)
        self.roots = (read.take(32), read.take(32)) if is_final else None
        self.entries = [
            (read.number(2), read.take(64), read.take(128)) for _ in range(read.number(4))
        ]
        read.end()
        value = s.H("seal", self.block_id + b"".join(self.roots)) if is_final else self.block_id
        self.value = s.borsh_value(value)
        step = 3 if is_final else 2
        self.address = s.address_bytes(self.chain_id, self.height, self.round, step)

    def verify(self, validators):
        places = [place for place, _, _ in self.entries]
        assert places == sorted(set(places)), "ascending"
        signed = sum(validators[place]["power"] for place in places)
        assert 3 * signed > 2 * sum(one["power"] for one in validators), "a quorum"
        for place, signature, share in self.entries:
            ballot_verifies(validators[place], self.address, self.value, signature, share)


def ballot_verifies(validator, address, value, signature, share):
    key = validator["key"]
    signed = s.H("vote", key + address + value + share)
    assert s.ed25519_verify(key, signed, signature), "the signature verifies"
    commitment = validator["commitment"]
    assert s.share_verifies(key, commitment, address, value, share), "the share verifies"


class Genesis:
    """A genesis taken apart."""

    def __init__(self, data, params_length):
        read = Reader(data)
        assert read.number(1) == 1, "version"
        self.data = data
        self.name, self.salt = read.bytes(), read.take(16)
        self.chain_id = s.H("chain-id", s.borsh_bytes(self.name) + self.salt)
        self.time, self.protocol = read.take(8), read.take(2)
        self.params = read.take(params_length)
        self.members = [self._kept(read, self._member) for _ in range(read.number(4))]
        start = read.at
        read.take(5)
        self.registrars = [read.take(32) for _ in range(read.number(4))]
        self.registrars_encoded = data[start : read.at]
        self.validators = [self._validator(read) for _ in range(read.number(4))]
        self.balances = [(read.take(32), read.number(16)) for _ in range(read.number(4))]
        self.roles = [(read.take(32), read.take(1)) for _ in range(read.number(4))]
        read.end()

    @staticmethod
    def _kept(read, part):
        """What was read, and its bytes."""
        start = read.at
        return part(read), read.data[start : read.at]

    @staticmethod
    def _member(read):
        name, _, _ = read.bytes(), read.bytes(), read.take(32)
        [read.take(32) for _ in range(read.number(4))]
        return name

    def _validator(self, read):
        keys, network, member, operator, power, bond = [
            self._kept(read, part)
            for part in (
                lambda r: [r.take(32), r.take(32), r.take(32), r.take(64), r.take(64)],
                lambda r: r.take(32),
                lambda r: r.bytes(),
                lambda r: r.take(32),
                lambda r: r.number(8),
                lambda r: r.number(16),
            )
        ]
        record = read.bytes()
        attestations = self._kept(read, self._attestations)
        key, commitment, randomness_key = keys[0][:3]
        parts = keys, network, member, operator, power, bond, attestations
        return {
            "id": s.H("address/validator", key),
            "key": key,
            "commitment": commitment,
            "randomness_key": randomness_key,
            "power": power[0],
            "bond": bond[0],
            "sealed": record,
            "attestations": attestations[0],
            # It is active, and its end is not fixed.
            "record": b"\1" + b"".join(encoded for _, encoded in parts) + b"\2\0",
        }

    @staticmethod
    def _attestations(read):
        attestations = []
        for _ in range(read.number(4)):
            assert read.number(1) == 1, "format"
            fields = read.take(4), read.number(1), read.take(8), read.take(8), read.take(64)
            attestations.append(fields)
        return attestations

    def set(self):
        """V(1), and its encoding."""
        validators = sorted(self.validators, key=lambda one: one["id"])
        encoded = s.u(len(validators), 4)
        for one in validators:
            encoded += one["id"] + one["key"] + one["commitment"] + one["randomness_key"]
            encoded += s.u(one["power"], 8)
        return validators, encoded

    def header(self):
        """Header 0, encoded."""
        of_set = s.H("validators", self.set()[1])
        header = b"\1\0" + self.protocol + self.chain_id + bytes(8 + 4) + self.time
        header += ZERO + ZERO + of_set + of_set + s.H("genesis", self.data) + 6 * ZERO
        return header + self.chain_id + bytes(96 + 4)

    def check_registrations(self):
        """Every registrar's signature on every sealed identity."""
        for one in self.validators:
            bound = one["id"] + one["key"] + one["commitment"] + blake3(one["sealed"])
            for set_version, registrar, version, expiry, signature in one["attestations"]:
                said = s.H("attest", self.chain_id + set_version + bound + version + expiry)
                assert s.ed25519_verify(self.registrars[registrar], said, signature), "attested"

    def state(self):
        """The first state: {raw key: value}."""
        native = bytes(32)
        values, modules = {}, {s.H("address/module", s.borsh_bytes(b"bonds"))}
        bonds = sum(one["bond"] for one in self.validators)
        accounts = dict(self.balances) | {next(iter(modules)): bonds}
        for address, amount in accounts.items():
            kind = b"\3" if address in modules else b"\0"
            values[b"\1" + native + address] = b"\1" + kind + s.u(amount, 16)
        for address, role in self.roles:
            values[b"\3" + native + address + role] = b"\1" + bytes(8) + b"\0"
        for one in self.validators:
            values[b"\4" + native + one["id"]] = one["record"]
            values[b"\5" + native + one["key"]] = one["sealed"]
            for used in one["key"], one["commitment"], one["randomness_key"]:
                values[b"\x11" + native + used] = b"\1" + one["id"]
            values[b"\6" + native + one["id"]] = b"\1" + s.u(1, 8) + bytes(8)
        values[b"\7" + native + (2**64 - 2).to_bytes(8, "big")] = b"\1" + self.set()[1]
        supply = sum(amount for _, amount in self.balances) + bonds
        chain = b"\1" + self.protocol + bytes(8) + s.H("genesis", self.data) + s.u(supply, 16)
        values[b"\x08" + native] = chain + self.registrars_encoded + b"\0"
        values[b"\x09" + native] = self.params
        for name, encoded in self.members:
            values[b"\x0a" + native + name] = b"\1" + encoded
        return values


def root(values):
    leaves = {state.key_hash(raw): state.value_hash(value) for raw, value in values.items()}
    return state.root(leaves)


def certified(proof, genesis):
    """The certificate of a proof without steps, verified from the genesis alone."""
    assert proof["version"] == 1 and bytes.fromhex(proof["chain_id"]) == genesis.chain_id
    assert "steps" not in proof, "this verifier knows chains whose set never changed"
    certificate = Certificate(base64.b64decode(proof["certificate"], validate=True), True)
    assert certificate.chain_id == genesis.chain_id, "of this chain"
    assert certificate.height == int(proof["height"]) >= 1, "of this height"
    certificate.verify(genesis.set()[0])
    return certificate


def verify_state(proof, genesis, raw):
    """What a proof says about a raw key."""
    state_root, _ = certified(proof, genesis).roots
    return state.verify(base64.b64decode(proof["proof"], validate=True), state_root, raw)


def verify_receipt(proof, genesis):
    """The encoded receipt that a proof shows; the list of one entry has no siblings."""
    _, receipts_root = certified(proof, genesis).roots
    receipt = base64.b64decode(proof["receipt"], validate=True)
    siblings = base64.b64decode(proof["siblings"], validate=True)
    assert (proof["index"], proof["count"], siblings) == (0, 1, b""), "one entry"
    assert s.leaf(s.H("receipt", receipt)) == receipts_root, "the receipt is in the list"
    return receipt
