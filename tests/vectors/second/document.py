"""The examples of docs/bytes.md, computed once more from what that page says."""

import base64
import hashlib
import hmac
import json
import re
import unicodedata

import proofs
import scheme as s
import state
from blake3 import derive_key, keyed_hash

X = bytes.fromhex
FENCED = r"^```(bytes|values|json) (\S+)\n(.*?)^```"


class Document:
    """The generated blocks of the page."""

    def __init__(self, text):
        self.bytes, self.values, self.json = {}, {}, {}
        for kind, name, body in re.findall(FENCED, text, re.M | re.S):
            {"bytes": self._bytes, "values": self._values, "json": self._json}[kind](name, body)

    def _bytes(self, name, body):
        fields = []
        for line in body.splitlines():
            note, text = line[:28].strip(), line[28:]
            zeros = text.startswith("00 × ")
            part = bytes(int(text[5:])) if zeros else X(text)
            if note:
                fields.append([note, part])
            else:
                fields[-1][1] += part
        self.bytes[name] = [(note, part) for note, part in fields]

    def _values(self, name, body):
        lines = body.splitlines()
        self.values[name] = [(line[:28].rstrip(), line[28:]) for line in lines]

    def _json(self, name, body):
        self.json[name] = json.loads(body)

    def whole(self, name):
        return b"".join(part for _, part in self.bytes[name])

    def fields(self, name):
        """Fields by name; of those that repeat, the first."""
        return dict(reversed(self.bytes[name]))

    def of(self, name):
        return dict(reversed(self.values[name]))

    def genesis(self):
        return proofs.Genesis(self.whole("genesis"), len(self.whole("params")))


CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


@check
def hashes(d):
    yield s.H("tx", b"abc"), X(d.of("hashes")['H("tx", "abc")'])
    keyed = keyed_hash(s.H("leaf", b""), b"abc")
    yield keyed, X(d.of("hashes")['keyed(KEY("leaf"), "abc")'])
    for name, key in d.values["domains"]:
        yield s.H(name, b""), X(key)
    chain_id = s.H("chain-id", d.whole("chain-id-input"))
    yield chain_id, X(d.of("chain-id")["chain_id"])


@check
def addresses(d):
    accounts, keys = d.of("accounts"), []
    for name in ("alice", "bob", "carol"):
        key, _ = s.ed25519_sign(X(accounts[name + " seed"]), b"")
        yield key, X(accounts[name + " key"])
        address = s.H("address/account", b"\0" + key)
        yield address, X(accounts[name + " address"])
        yield s.address_text("syn", 0, address), accounts[name + " text"]
        keys.append(key)
    multisig = s.H("address/multi", b"\2" + s.u(3, 4) + b"".join(sorted(keys)))
    alice = X(accounts["alice address"])
    made = [(1, multisig), (2, s.H("address/contract", alice + s.borsh_bytes(b"shop")))]
    modules = b"treasury", b"bonds", b"bank", b"roles"
    made += [(3, s.H("address/module", s.borsh_bytes(name))) for name in modules]
    made.append((4, s.H("address/validator", X(d.of("addresses")["validator key"]))))
    lines = [line for line in d.values["addresses"] if line[0] != "validator key"]
    for (kind, address), (_, found), (_, text) in zip(made, lines[::2], lines[1::2], strict=True):
        yield address, X(found)
        yield s.address_text("syn", kind, address), text


@check
def words(d):
    phrase = unicodedata.normalize("NFKD", " ".join(["abandon"] * 23 + ["art"])).encode()
    seed = hashlib.pbkdf2_hmac("sha512", phrase, b"mnemonic", 2048)
    node = hmac.digest(b"ed25519 seed", seed, "sha512")
    for step in (44, 7317, 0):
        index = (step | 1 << 31).to_bytes(4, "big")
        node = hmac.digest(node[32:], b"\0" + node[:32] + index, "sha512")
    key, _ = s.ed25519_sign(node[:32], b"")
    yield key, X(d.of("words")["public key"])
    text = s.address_text("syn", 0, s.H("address/account", b"\0" + key))
    yield text, d.of("words")["address"]


@check
def transactions(d):
    accounts, tx = d.of("accounts"), d.whole("tx")
    fields, signed = d.fields("tx"), s.H("tx", tx)
    expected = b"\1" + X(d.of("chain-id")["chain_id"]) + X(accounts["alice address"])
    expected += b"\0" + s.u(0, 8) + s.u(1_700_000_060_000, 8) + s.u(100_000, 8) + s.u(0, 16)
    expected += b"\0" + s.borsh_bytes(b"invoice 7") + s.u(1, 4) + b"\0"
    yield expected + X(accounts["bob address"]) + s.u(1_000, 16), tx
    yield signed, X(d.of("tx-signing")['H("tx", tx)'])
    key, signature = s.ed25519_sign(X(accounts["alice seed"]), signed)
    whole = tx + b"\0" + key + signature + b"\0"
    yield whole, d.whole("signed-tx")
    yield s.H("signed-tx", whole), X(d.of("signed-tx-hash")['H("signed-tx", signed)'])
    gas = 2_000 + 10 * len(whole) + 8_000 + 4_000
    yield str(gas), d.of("gas")["the transfer above"]
    call = s.H("call-id", signed + b"\0" + s.u(0, 4))
    ids = d.of("ids")
    yield call, X(ids["id of the transfer's call"])
    yield s.H("id", call + s.u(0, 4)), X(ids["its further id 0"])
    contract = X(d.of("addresses")["alice's contract \"shop\""])
    message = fields["chain_id"] + contract + s.borsh_bytes(b"pay") + s.borsh_bytes(b"body")
    message = s.H("message", message + s.u(1_800_000_000_000, 8))
    yield message, X(ids["message to the contract"])
    yield s.H("return", b"abc"), X(ids['return of "abc"'])


@check
def shared_transactions(d):
    parts = d.bytes["signed-tx-shared"]
    notes = [note for note, _ in parts]
    end = notes.index("auth: multi")
    tx = b"".join(part for _, part in parts[:end])
    said = d.of("signed-tx-shared-hash")
    signed, whole = s.H("tx", tx), d.whole("signed-tx-shared")
    yield signed, X(said['H("tx", tx)'])
    yield s.H("signed-tx", whole), X(said['H("signed-tx", signed)'])
    yield str(2_000 + 10 * len(whole) + 3 * 8_000 + 4_000), d.of("gas")["the shared one above"]
    payer_at = notes.index("payer_auth: some")
    keys = [part for note, part in parts[:payer_at] if note == "key"]
    assert keys == sorted(set(keys)), "strictly ascending"
    sender = s.H("address/multi", b"\2" + s.u(3, 4) + b"".join(keys))
    yield sender, d.fields("signed-tx-shared")["sender"]
    places = [part for note, part in parts if note == "position of the key"]
    signatures = [part for note, part in parts[:payer_at] if note == "signature"]
    for place, signature in zip(places, signatures, strict=True):
        yield s.ed25519_verify(keys[place[0]], signed, signature), True
    payer = d.fields("signed-tx-shared")["payer"]
    key, signature = parts[-2][1], parts[-1][1]
    yield b"\1" + s.H("address/account", b"\0" + key), payer
    yield s.ed25519_verify(key, signed, signature), True


@check
def receipts(d):
    hashed = s.H("receipt", d.whole("receipt"))
    said = d.of("receipt-hash")
    yield hashed, X(said['H("receipt", receipt)'])
    yield s.merkle_root([hashed]), X(said["leaf = receipts root"])
    yield s.merkle_root([hashed, hashed]), X(said["root over two of it"])
    event = s.borsh_bytes(d.whole("event-bank.Transfer"))
    yield event, d.fields("receipt")["data: its fields"]
    tx_hash = X(d.of("signed-tx-hash")['H("signed-tx", signed)'])
    yield b"\1" + tx_hash, d.fields("receipt")["tx_hash: some"]
    roles = d.of("roles")
    alice, bob = (X(d.of("accounts")[name + " address"]) for name in ("alice", "bob"))
    merchant, expires = bytes([int(roles["merchant"])]), b"\1" + s.u(1_800_000_000_000, 8)
    yield b"\1" + bob + merchant + expires, d.whole("call-grant-role")
    yield b"\2" + bob + merchant, d.whole("call-revoke-role")
    yield b"\1" + bob + merchant + b"\0" + alice, d.whole("event-roles.Granted")
    yield b"\2" + bob + merchant + alice, d.whole("event-roles.Revoked")


@check
def blocks(d):
    genesis, ids, said = d.genesis(), d.of("block-ids"), d.of("genesis-hash")
    genesis.check_registrations()
    yield s.H("genesis", genesis.data), X(said['H("genesis", genesis)'])
    yield genesis.header(), d.whole("header-0")
    yield s.H("block", genesis.header()), X(said["genesis_hash: block id 0"])
    first, body = d.fields("header-1"), d.whole("body-1")
    yield s.H("block", genesis.header()), first["parent"]
    yield s.H("params", d.whole("params")), first["params_hash"]
    yield proofs.root(genesis.state()), X(said["state root after genesis"])
    yield proofs.root(genesis.state()), first["prev_state_root"]
    yield s.u(len(body), 4), first["body_bytes"]
    hashed = X(d.of("signed-tx-hash")['H("signed-tx", signed)'])
    yield s.merkle_root([hashed]), first["txs_root"]
    yield s.H("block", d.whole("header-1")), X(ids["block id 1"])
    _, encoded = genesis.set()
    yield encoded, d.whole("validator-set")
    yield s.H("validators", encoded), first["validators_hash"]
    yield s.H("validators", encoded), X(d.of("validator-set-hash")['H("validators", set)'])
    signed = d.whole("signed-tx")
    yield bytes(2 + 4) + s.u(1, 4) + s.borsh_bytes(signed), body
    yield b"\1" + d.whole("commit-certificate") + bytes(1 + 4 + 4), d.whole("body-2")
    yield s.H("commit", d.whole("commit-certificate")), X(
        d.of("certificate-hashes")['H("commit", certificate)']
    )
    yield s.H("finality", d.whole("finality-certificate")), X(
        d.of("certificate-hashes")['H("finality", certificate)']
    )


@check
def votes(d):
    validators, _ = d.genesis().set()
    said, parts = d.of("vote-signature"), d.fields("vote-statement")
    yield s.H("vote", d.whole("vote-statement")), X(said['H("vote", statement)'])
    names = "address: chain_id", "height", "round", "step: precommit"
    address = b"".join(parts[name] for name in names)
    share = b"".join(parts[name] for name in ("share: Z", "T1", "T2", "s"))
    signature = X(said["signature R"]) + X(said["  s"])
    proofs.ballot_verifies(validators[0], address, parts["value: some"], signature, share)
    yield signature + share, d.fields("vote")["signature"] + d.fields("vote")["share"]
    for name, is_final in (("commit-certificate", False), ("finality-certificate", True)):
        certificate = proofs.Certificate(d.whole(name), is_final)
        certificate.verify(validators)
        yield certificate.block_id, X(d.of("block-ids")["block id 1"])
    proposal, header = d.fields("proposal"), d.fields("header-1")
    proposer = next(one for one in validators if one["id"] == header["proposer"])
    value = s.borsh_value(s.H("proposal", proposal["block_id"] + b"\0"))
    address = s.address_bytes(header["chain_id"], 1, 0, 0)
    proofs.ballot_verifies(proposer, address, value, proposal["signature"], proposal["share"])
    seal, last = d.whole("seal"), proofs.Certificate(d.whole("finality-certificate"), True)
    _, signature, share = last.entries[0]
    said = s.u(1, 8) + last.block_id + b"".join(last.roots) + validators[0]["id"]
    yield said + signature + share, seal


def entry_verifies(d, read, round_, step, value):
    """An entry of a certificate that travels."""
    place, signature, share = read.number(2), read.take(64), read.take(128)
    address = s.address_bytes(d.genesis().chain_id, 1, round_, step)
    validator = d.genesis().set()[0][place]
    proofs.ballot_verifies(validator, address, s.borsh_value(value), signature, share)


@check
def travelling_certificates(d):
    read = state.Reader(d.whole("polka-certificate"))
    block_id = X(d.of("block-ids")["block id 1"])
    yield read.take(1 + 8 + 4 + 32), b"\1" + s.u(1, 8) + s.u(0, 4) + block_id
    for _ in range(read.number(4)):
        entry_verifies(d, read, 0, 1, block_id)
    read.end()
    read = state.Reader(d.whole("round-certificate"))
    yield read.take(1 + 8 + 4 + 1), b"\1" + s.u(1, 8) + s.u(1, 4) + b"\1"
    for _ in range(read.number(4)):
        yield read.take(2), b"\2\0"
        entry_verifies(d, read, 1, 2, None)
    read.end()


@check
def messages(d):
    ids, header, body = d.of("block-ids"), d.whole("header-1"), d.whole("body-1")
    genesis_hash = X(d.of("genesis-hash")["genesis_hash: block id 0"])
    chain_id, last = X(d.of("chain-id")["chain_id"]), d.whole("finality-certificate")
    stand = s.u(2, 8) + s.u(1, 8)
    hello = b"\1" + chain_id + genesis_hash + s.u(1, 2) + s.u(1, 2) + stand
    yield s.borsh_bytes(hello), d.whole("handshake-frame")
    yield b"\1" + s.u(1, 4) + s.borsh_bytes(d.whole("signed-tx")), d.whole("tx-batch")
    yield b"\1\4" + last, d.whole("consensus-message")
    yield b"\1" + header + body, d.whole("block-message")
    held = s.u(0, 4) + b"\1" + s.borsh_bytes(b"\5") + s.borsh_bytes(b"\0")
    asked = b"\1" + stand + s.u(3, 8) + s.u(0, 4) + s.u(1, 4) + held
    yield asked, d.whole("status-request")
    yield b"\1" + stand + s.u(0, 4), d.whole("status-answer")
    yield b"\1" + X(ids["block id 1"]), d.whole("block-request")
    yield b"\1\0", d.whole("block-answer")
    yield b"\1" + s.u(3, 8) + s.u(256, 4), d.whole("sync-request")
    yield b"\1" + s.u(2, 8) + s.u(0, 8) + s.u(0, 4) + b"\0", d.whole("sync-answer")


@check
def randomness(d):
    header, said = d.fields("header-1"), d.of("randomness")
    proof = X(said["proof: Γ"] + said["  c"] + said["  s"])
    yield proof, header["vrf_proof"]
    previous = d.fields("header-0")["randomness"]
    yield header["chain_id"] + s.u(1, 8) + previous, X(said["alpha"] + said["  its rest"])
    yield s.vrf_verify(X(said["Y of the proposer"]), header["chain_id"], 1, previous, proof), True
    yield s.H("vrf-output", proof[:32]), header["randomness"]


@check
def evidence(d):
    validators, _ = d.genesis().set()
    parts, said = d.fields("evidence"), d.of("evidence-hashes")
    offender, address = validators[3], parts["address"]
    yield offender["id"], parts["validator"]
    for place, value in (("a", "value_a: none"), ("b", "value_b: some")):
        signature, share = parts["signature_" + place], parts["share_" + place]
        proofs.ballot_verifies(offender, address, parts[value], signature, share)
    yield s.H("evidence", offender["id"] + address), X(said["id"])
    yield s.H("evidence-item", d.whole("evidence")), X(said["item hash"])
    pairs = parts["value_a: none"], parts["share_a"], parts["value_b: some"], parts["share_b"]
    hidden = s.reveal(address, *pairs)
    yield hidden, X(said["K that it opens"])
    sealed, nonce = offender["sealed"], offender["sealed"][32:56]
    bound = d.genesis().chain_id, offender["key"], offender["commitment"]
    yield s.T("syndic/reveal/v1/hi-commit", hidden, *bound, nonce)[:32], sealed[:32]


@check
def states(d):
    genesis = d.genesis()
    values = genesis.state()
    bob = b"\1" + bytes(32) + X(d.of("accounts")["bob address"])
    record = d.fields("state-proof")["record"][4:]
    said = d.of("state-hashes")
    leaf = state.leaf(state.key_hash(bob), state.value_hash(record))
    yield leaf, X(said["leaf"])
    yield state.branch(leaf, bytes(32)), X(said["branch of it and nothing"])
    root = d.fields("finality-certificate")["state_root"]
    yield state.verify(d.whole("state-proof"), root, bob), record
    absent = d.fields("absence-proof")["key"][4:]
    yield state.verify(d.whole("absence-proof"), root, absent), None
    # What block 1 did: two balances, and alice's nonce.
    alice = b"\1" + bytes(32) + X(d.of("accounts")["alice address"])
    for raw, change in ((alice, -1_000), (bob, 1_000)):
        amount = int.from_bytes(values[raw][2:], "little") + change
        values[raw] = values[raw][:2] + s.u(amount, 16)
    values[b"\2" + alice[1:] + b"\0"] = b"\1" + s.u(1, 8)
    # And what it says of genesis: height, block and the root after it.
    before = s.H("block", genesis.header()) + proofs.root(genesis.state())
    values[b"\x13" + bytes(32) + bytes(8)] = b"\1" + bytes(8) + before
    # And its randomness, at its height modulo 1,024.
    drawn = b"\1" + s.u(1, 8) + d.fields("header-1")["randomness"]
    values[b"\x24" + bytes(32) + (1).to_bytes(8, "big")] = drawn
    yield drawn, d.whole("record-randomness")
    yield proofs.root(values), root
    yield values[bob], record
    first = d.genesis().set()[0][0]["id"]
    native = bytes(32)
    yield values[alice], d.whole("record-account")
    yield values[b"\2" + native + alice[33:] + b"\0"], d.whole("record-lane")
    yield values[b"\3" + native + alice[33:] + b"\0"], d.whole("record-role")
    yield values[b"\6" + native + first], d.whole("record-presence")
    yield values[b"\x08" + native], d.whole("record-chain")
    changes = state.change_set(d.whole("change-set"))
    yield list(changes.values()), [b"\1" + s.u(1, 8), None]
    for (name, prefix), tail in zip(d.values["raw-keys"], d.values["raw-keys"][1:] + [("", "")]):
        if name.startswith(" ") or prefix == "(no example)":
            continue
        space = int(name.split()[0])
        yield space, X(prefix)[0]
        if name.endswith((" Account", " Role", " Presence")):
            following = tail[1] + ("00" if name.endswith(" Role") else "")
            yield X(prefix + following) in values, True


@check
def standing_proofs(d):
    genesis = d.genesis()
    bob = b"\1" + bytes(32) + X(d.of("accounts")["bob address"])
    record = proofs.verify_state(d.json["state-proof"], genesis, bob)
    yield record, d.fields("state-proof")["record"][4:]
    yield proofs.verify_receipt(d.json["receipt-proof"], genesis), d.whole("receipt")
    tx = base64.b64decode(d.json["tx-file"]["tx"])
    yield tx, d.whole("tx")


@check
def files(d):
    frame = d.bytes["handshake-frame"]
    yield sum(len(part) for _, part in frame[1:]), int.from_bytes(frame[0][1], "little")
    chain = d.of("chain-id")["chain_id"]
    for name, text in d.values["protocols"]:
        yield f"/syndic/{chain[:16]}/{name}/1", text
    (_, length), (_, flipped), (_, total), *record = d.bytes["journal-frame"]
    yield bytes(byte ^ 0xFF for byte in length), flipped
    record = b"".join(part for _, part in record)
    yield len(record), int.from_bytes(length, "little")
    yield keyed_hash(keyed_hash(s.H("journal", b""), length), record)[:8], total
    slot = d.whole("guard-slot")
    yield len(slot), 4_096
    yield keyed_hash(s.H("guard", b""), slot[:-32]), slot[-32:]
    machine = s.borsh_bytes(b"machine") + s.borsh_bytes(b"/home/node/data") + b"\7" * 32
    yield s.H("instance", machine), X(d.of("instance")["instance"])
    yield derive_key("syndic/v1/machine", b"machine"), X(d.of("instance")["machine"])


def run(text):
    """How many values were computed, and what differs."""
    document, wrong, checked = Document(text), [], 0
    for function in CHECKS:
        for made, found in function(document):
            checked += 1
            if made != found:
                wrong.append(f"docs/bytes.md, {function.__name__}: {found!r}, expected {made!r}")
    return checked, wrong
