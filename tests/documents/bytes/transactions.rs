//! Transactions, their authorisations, receipts and events.

use crate::block::{Block, Layout, json, values};
use crate::fixture::{World, auth};
use client::dto::{Cursor, Hex, StreamItem};
use client::view::{self, Names};
use crypto::{id, merkle};
use executor::fees;
use types::receipt::NativeEvent;
use types::{
    Address, AddressKind, Amount, Auth, Call, Code, Event, Failure, Gas, Hash, Height, Receipt,
    Role, SignedTx, TimestampMs, Tx, Version,
};

pub(super) fn blocks(world: &World) -> Vec<Block> {
    let shared = shared_payment(world);
    let mut blocks = vec![
        transfer(world),
        signing(world),
        signed_transfer(world),
        hashes(world),
        shared_layout(&shared),
        shared_values(&shared),
        gas(world, &shared),
    ];
    blocks.extend(calls(world));
    blocks.extend(contract_calls(world));
    blocks.extend([roles(), ids(world), receipt(world), receipt_values(world)]);
    blocks.extend(events(world));
    blocks.extend(contract_events(world));
    blocks.push(failure(world));
    blocks.extend(stream(world));
    blocks.push(codes());
    blocks
}

/// All fields of a transaction up to its calls.
fn head(layout: Layout, tx: &Tx) -> Layout {
    layout
        .field("version", &tx.version)
        .field("chain_id", &tx.chain_id)
        .field("sender", &tx.sender)
        .field("lane", &tx.lane)
        .field("nonce", &tx.nonce)
        .field("valid_until_ms", &tx.valid_until_ms)
        .field("gas_limit", &tx.gas_limit)
        .field("fee_limit", &tx.fee_limit)
        .field("payer", &tx.payer)
        .field("reference", &tx.reference)
}

fn transfer_fields(layout: Layout, call: &Call) -> Layout {
    let Call::Transfer { to, amount } = call else { panic!("the example transfers") };
    layout.field("call: transfer", &0_u8).field("  to", to).field("  amount", amount)
}

fn transfer(world: &World) -> Block {
    let tx = &world.transfer.tx;
    Layout::of("tx", tx)
        .with(|layout| head(layout, tx))
        .field("calls: how many", &1_u32)
        .with(|layout| transfer_fields(layout, &tx.calls[0]))
        .end()
}

fn signing(world: &World) -> Block {
    values("tx-signing", &[("H(\"tx\", tx)", id::tx_signing_hash(&world.transfer.tx).to_string())])
}

fn one_key(layout: Layout, of: &Auth) -> Layout {
    let Auth::Ed25519 { key, signature } = of else { panic!("the example has one key") };
    layout.field("auth: ed25519", &0_u8).field("  key", key).field("  signature", signature)
}

fn signed_transfer(world: &World) -> Block {
    let signed = &world.transfer;
    Layout::of("signed-tx", signed)
        .field("tx", &signed.tx)
        .with(|layout| one_key(layout, &signed.auth))
        .field("payer_auth: none", &0_u8)
        .end()
}

fn hashes(world: &World) -> Block {
    let encoded = types::encode(&world.transfer);
    values(
        "signed-tx-hash",
        &[
            ("bytes", encoded.len().to_string()),
            ("H(\"signed-tx\", signed)", id::tx_hash(&encoded).to_string()),
        ],
    )
}

/// Two of three keys send, and carol pays.
fn shared_payment(world: &World) -> SignedTx {
    let mut keys: Vec<_> = world.chain.accounts.iter().collect();
    keys.sort_by_key(|key| key.public());
    let public: Vec<_> = keys.iter().map(|key| key.public()).collect();
    let sender = id::multisig_address(2, &public);
    let call = Call::Transfer { to: world.account(1), amount: Amount(5) };
    let mut tx = world.tx(sender, 0, vec![call]);
    tx.lane = 7;
    tx.payer = Some(world.account(2));
    let message = id::tx_signing_hash(&tx).0;
    let signatures = [0_u8, 2].map(|at| (at, keys[usize::from(at)].sign(&message))).to_vec();
    let payer_auth = Some(auth(&world.chain.accounts[2], &tx));
    let signed =
        SignedTx { tx, auth: Auth::Multi { threshold: 2, keys: public, signatures }, payer_auth };
    crypto::auth::verify(&signed).expect("the example is authorised");
    signed
}

fn shared_layout(signed: &SignedTx) -> Block {
    let Auth::Multi { threshold, keys, signatures } = &signed.auth else {
        panic!("the example has several keys")
    };
    let mut layout = Layout::of("signed-tx-shared", signed)
        .with(|layout| head(layout, &signed.tx))
        .field("calls: how many", &1_u32)
        .with(|layout| transfer_fields(layout, &signed.tx.calls[0]))
        .field("auth: multi", &1_u8)
        .field("  threshold", threshold)
        .field("  keys: how many", &3_u32);
    for key in keys {
        layout = layout.field("  key", key);
    }
    layout = layout.field("  signatures: how many", &2_u32);
    for (at, signature) in signatures {
        layout = layout.field("  position of the key", at).field("  signature", signature);
    }
    let payer = signed.payer_auth.as_ref().expect("the example has a payer");
    layout.field("payer_auth: some", &1_u8).with(|layout| one_key(layout, payer)).end()
}

fn shared_values(signed: &SignedTx) -> Block {
    let encoded = types::encode(signed);
    values(
        "signed-tx-shared-hash",
        &[
            ("bytes", encoded.len().to_string()),
            ("H(\"tx\", tx)", id::tx_signing_hash(&signed.tx).to_string()),
            ("H(\"signed-tx\", signed)", id::tx_hash(&encoded).to_string()),
        ],
    )
}

fn gas(world: &World, shared: &SignedTx) -> Block {
    let intrinsic = |signed: &SignedTx| {
        let bytes = types::encode(signed).len();
        fees::intrinsic_gas(&signed.tx, bytes, fees::signatures(signed)).to_string()
    };
    values(
        "gas",
        &[
            ("each transaction", fees::BASE_GAS.to_string()),
            ("each byte of it", fees::BYTE_GAS.to_string()),
            ("each byte of code", fees::CODE_BYTE_GAS.to_string()),
            ("each signature", fees::SIGNATURE_GAS.to_string()),
            ("each call", fees::CALL_GAS.to_string()),
            ("the transfer above", intrinsic(&world.transfer)),
            ("the shared one above", intrinsic(shared)),
        ],
    )
}

fn calls(world: &World) -> [Block; 2] {
    let (account, expires) = (world.account(1), Some(TimestampMs(1_800_000_000_000)));
    let grant = Call::GrantRole { account, role: Role::Merchant, expires_ms: expires };
    let revoke = Call::RevokeRole { account, role: Role::Merchant };
    [
        Layout::of("call-grant-role", &grant)
            .field("call: grant role", &1_u8)
            .field("account", &account)
            .field("role: merchant", &Role::Merchant)
            .field("expires_ms: some", &expires)
            .end(),
        Layout::of("call-revoke-role", &revoke)
            .field("call: revoke role", &2_u8)
            .field("account", &account)
            .field("role: merchant", &Role::Merchant)
            .end(),
    ]
}

fn contract_calls(world: &World) -> [Block; 5] {
    let alice = world.account(0);
    let contract = id::contract_address(&alice, b"shop");
    let code = b"\0asm\x01\0\0\0".to_vec();
    let code_hash = crypto::hash::blake3(&code);
    let (salt, input, value) = (b"shop".to_vec(), vec![7, 0], Amount(500));
    let (admin, method) = (Some(alice), "buy".to_owned());
    let deploy = Call::Deploy { code: code.clone() };
    let instantiate =
        Call::Instantiate { code_hash, salt: salt.clone(), admin, input: input.clone(), value };
    let call = Call::Call { contract, method: method.clone(), input: input.clone(), value };
    let upgrade = Call::Upgrade { contract, code_hash, input: input.clone() };
    let pause = Call::PauseContract { contract, paused: true };
    [
        Layout::of("call-deploy", &deploy).field("call: deploy", &3_u8).field("code", &code).end(),
        Layout::of("call-instantiate", &instantiate)
            .field("call: instantiate", &4_u8)
            .field("code hash", &code_hash)
            .field("salt", &salt)
            .field("admin: some", &admin)
            .field("input", &input)
            .field("value", &value)
            .end(),
        Layout::of("call-contract", &call)
            .field("call: call", &5_u8)
            .field("contract", &contract)
            .field("method", &method)
            .field("input", &input)
            .field("value", &value)
            .end(),
        Layout::of("call-upgrade", &upgrade)
            .field("call: upgrade", &6_u8)
            .field("contract", &contract)
            .field("code hash", &code_hash)
            .field("input", &input)
            .end(),
        Layout::of("call-pause-contract", &pause)
            .field("call: pause contract", &7_u8)
            .field("contract", &contract)
            .field("paused", &true)
            .end(),
    ]
}

fn contract_events(world: &World) -> [Block; 4] {
    let by = world.account(0);
    let contract = id::contract_address(&by, b"shop");
    let (code_hash, to, admin) = (Hash([8; 32]), Hash([9; 32]), None::<Address>);
    let made = NativeEvent::Instantiated { contract, code_hash, creator: by, admin };
    let upgraded = NativeEvent::Upgraded { contract, from: code_hash, to, by };
    [
        Layout::of("event-contracts.Deployed", &NativeEvent::Deployed { code_hash, by })
            .field("event", &3_u8)
            .field("code hash", &code_hash)
            .field("by", &by)
            .end(),
        Layout::of("event-contracts.Instantiated", &made)
            .field("event", &4_u8)
            .field("contract", &contract)
            .field("code hash", &code_hash)
            .field("creator", &by)
            .field("admin: none", &admin)
            .end(),
        Layout::of("event-contracts.Upgraded", &upgraded)
            .field("event", &5_u8)
            .field("contract", &contract)
            .field("code hash before", &code_hash)
            .field("code hash after", &to)
            .field("by", &by)
            .end(),
        Layout::of("event-contracts.Paused", &NativeEvent::Paused { contract, paused: true, by })
            .field("event", &6_u8)
            .field("contract", &contract)
            .field("paused", &true)
            .field("by", &by)
            .end(),
    ]
}

fn failure(world: &World) -> Block {
    let failure = Failure {
        version: Version,
        contract: id::contract_address(&world.account(0), b"shop"),
        name: "SOLD_OUT".to_owned(),
        data: vec![3, 0],
    };
    Layout::of("failure", &failure)
        .field("version", &failure.version)
        .field("contract", &failure.contract)
        .field("name", &failure.name)
        .field("data", &failure.data)
        .end()
}

fn roles() -> Block {
    let entries: Vec<_> =
        Role::ALL.into_iter().map(|role| (role.name(), (role as u8).to_string())).collect();
    values("roles", &entries)
}

fn ids(world: &World) -> Block {
    let call = id::call_id(&id::tx_signing_hash(&world.transfer.tx), 0, 0);
    let contract = id::contract_address(&world.account(0), b"shop");
    let expiry = TimestampMs(1_800_000_000_000);
    let message = id::message_hash(&world.chain.chain_id, &contract, "pay", b"body", expiry);
    values(
        "ids",
        &[
            ("id of the transfer's call", call.to_string()),
            ("its further id 0", id::id_of_call(&call, 0).to_string()),
            ("message to the contract", message.to_string()),
            ("return of \"abc\"", id::return_hash(b"abc").to_string()),
        ],
    )
}

fn event_fields(layout: Layout, event: &Event) -> Layout {
    layout
        .field("  source: bank", &event.source)
        .field("  name", &event.name)
        .field("  data: its fields", &event.data)
}

fn receipt(world: &World) -> Block {
    let receipt = &world.executed.receipts[0];
    let Receipt { version, kind, tx_hash, status, code, gas_used, fee, events, return_hash } =
        receipt;
    assert_eq!((*code, *gas_used > Gas(0)), (Code::Ok, true), "the transfer took effect");
    Layout::of("receipt", receipt)
        .field("version", version)
        .field("kind: transaction", kind)
        .field("tx_hash: some", tx_hash)
        .field("status: succeeded", status)
        .field("code: OK", code)
        .field("gas_used", gas_used)
        .field("fee", fee)
        .field("events: how many", &1_u32)
        .with(|layout| event_fields(layout, &events[0]))
        .field("return_hash: none", return_hash)
        .end()
}

fn receipt_values(world: &World) -> Block {
    let hash = id::receipt_hash(&world.executed.receipts[0]);
    values(
        "receipt-hash",
        &[
            ("H(\"receipt\", receipt)", hash.to_string()),
            ("leaf = receipts root", merkle::root(&[hash]).to_string()),
            ("root over two of it", merkle::root(&[hash, hash]).to_string()),
        ],
    )
}

fn events(world: &World) -> [Block; 3] {
    let (from, to, amount) = (world.account(0), world.account(1), Amount(1_000));
    let role = Role::Merchant;
    let (account, by, expires_ms): (Address, Address, Option<TimestampMs>) = (to, from, None);
    [
        Layout::of("event-bank.Transfer", &NativeEvent::Transfer { from, to, amount })
            .field("event", &0_u8)
            .field("from", &from)
            .field("to", &to)
            .field("amount", &amount)
            .end(),
        Layout::of(
            "event-roles.Granted",
            &NativeEvent::RoleGranted { account, role, expires_ms, by },
        )
        .field("event", &1_u8)
        .field("account", &account)
        .field("role", &role)
        .field("expires_ms: none", &expires_ms)
        .field("by", &by)
        .end(),
        Layout::of("event-roles.Revoked", &NativeEvent::RoleRevoked { account, role, by })
            .field("event", &2_u8)
            .field("account", &account)
            .field("role", &role)
            .field("by", &by)
            .end(),
    ]
}

/// What a stream of events tells of the transfer, and at the end of its height.
fn stream(world: &World) -> [Block; 2] {
    let receipt = &world.executed.receipts[0];
    let kind = |_: &Address| AddressKind::Account;
    let names = Names::new(super::identity::PREFIX, &kind);
    let happened = StreamItem::Event {
        cursor: Cursor { height: Height(1), receipt: 0, event: 0 },
        tx_hash: receipt.tx_hash.map(Hex),
        event: view::event(&names, &receipt.events[0]),
    };
    let checkpoint = StreamItem::Checkpoint {
        cursor: Cursor::end_of(Height(1)),
        block_id: id::block_id(&world.first.header),
        time_ms: world.first.header.time_ms,
        receipts: 1,
    };
    [json("stream-event", &happened), json("stream-checkpoint", &checkpoint)]
}

fn codes() -> Block {
    let entry = |(code, name, meaning): &(Code, &'static str, &'static str)| {
        (*name, format!("{:<5}{meaning}", code.number()))
    };
    values("codes", &Code::ALL.iter().map(entry).collect::<Vec<_>>())
}
