//! Examples that work on this node as it stands, taken from its own chain.

use crate::answer::{from_state, from_store};
use crate::context::Context;
use crate::methods::contract::ABI_SECTION;
use crate::registry::Method;
use client::dto::{AddressText, Base64, Fault, HexBytes};
use crypto::id;
use serde_json::{Value, json};
use state::{NodeReader, key, read};
use store::Snapshot;
use types::abi::{Abi, MAX_ABI_BYTES, MethodKind};
use types::{AddressKind, Hash, Height, Nonce, SignedTx, TimestampMs};

/// How far back the newest transaction is looked for. Unit: heights.
const MAX_LOOK_BACK: u64 = 1_000;
/// How long after the newest block the example of a simulation stays valid. Unit: ms.
const VALID_MS: u64 = 600_000;

/// What examples are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    address: String,
    validator: String,
    height: String,
    payment: Option<Payment>,
    contract: Option<Contract>,
}

/// A contract of the chain.
#[derive(Clone, Debug)]
struct Contract {
    address: String,
    code_hash: String,
    /// A view that needs no arguments.
    view: Option<String>,
}

/// A transaction of the chain.
#[derive(Clone, Debug)]
struct Payment {
    hash: String,
    signed: Base64,
    /// What its sender could sign next.
    next: Base64,
}

impl Facts {
    /// Those of this node.
    pub(crate) fn read(context: &Context) -> Result<Self, Fault> {
        let snapshot = context.snapshot()?;
        let treasury = id::module_address("treasury");
        let tip = snapshot.tip().height;
        let set = read::validator_set_at(&snapshot, tip.next()).map_err(from_state)?;
        let first = set.validators().first().map(|validator| validator.id).unwrap_or_default();
        let prefix = context.prefix();
        Ok(Self {
            address: AddressText::new(prefix, AddressKind::Module, &treasury).0,
            validator: AddressText::validator(prefix, &first).0,
            height: tip.to_string(),
            payment: newest(context, tip)?
                .map(|signed| payment(&snapshot, &signed, snapshot.tip().time_ms))
                .transpose()?,
            contract: contract(context, &snapshot)?,
        })
    }

    /// The examples of a method: one, or none if the chain has not had what it is about.
    pub(crate) fn examples(&self, method: &Method) -> Vec<Value> {
        let Some(params) = self.params(method.name) else { return Vec::new() };
        let named = |(name, value): (&String, &Value)| json!({ "name": name, "value": value });
        let params: Vec<Value> =
            params.as_object().map(|params| params.iter().map(named).collect()).unwrap_or_default();
        vec![json!({ "name": "on this node", "params": params })]
    }

    fn params(&self, method: &str) -> Option<Value> {
        let Self { address, validator, height, payment, contract } = self;
        let (payment, contract) = (payment.as_ref(), contract.as_ref());
        Some(match method {
            "account" => json!({ "address": address, "prove": true }),
            "account_history" => json!({ "address": address, "limit": 10 }),
            "admin_log_filter" => json!({ "filter": "info" }),
            "block" | "commit" | "header" | "validators" => json!({ "height": height }),
            "blocks" => json!({ "from": "0", "count": 5 }),
            "contract_abi" | "contract_get" => json!({ "contract": contract?.address }),
            "contract_code" => json!({ "code_hash": contract?.code_hash }),
            "contract_view" => {
                let Contract { address, view, .. } = contract?;
                json!({ "contract": address, "method": view.as_ref()? })
            }
            // An honest chain has no double sign to show or to hand in.
            "evidence" | "evidence_submit" => return None,
            "events_subscribe" => json!({ "from": "0:0:0", "finality": "final" }),
            "events_unsubscribe" => json!({ "subscription": 1 }),
            "genesis" => json!({ "chunk": 0 }),
            "nonce" => json!({ "address": address, "lane": 0 }),
            "receipts" => json!({ "height": height, "count": 10 }),
            "roles" => json!({ "account": address }),
            "state_get" => json!({ "key": HexBytes(key::chain()), "prove": true }),
            "transaction" => json!({ "hash": payment?.hash }),
            "tx_decode" => json!({ "tx": payment?.signed }),
            "tx_simulate" => json!({ "tx": payment?.next }),
            "tx_status" => json!({ "hash": payment?.hash }),
            "tx_submit" => json!({ "tx": payment?.signed, "wait": "committed" }),
            "tx_submit_batch" => json!({ "txs": [payment?.signed] }),
            "validator" => json!({ "id": validator }),
            // The rest take no parameters, or none that must be given.
            _ => json!({}),
        })
    }
}

/// The first contract in the order of addresses.
fn contract(context: &Context, snapshot: &Snapshot<'_>) -> Result<Option<Contract>, Fault> {
    let first = read::contracts(snapshot, None, 1).map_err(from_state)?;
    let Some((address, record)) = first.into_iter().next() else { return Ok(None) };
    let code = snapshot.value(&key::code(&record.code_hash)).map_err(from_state)?;
    let abi = code.and_then(|code| (context.services.section)(&code, ABI_SECTION));
    Ok(Some(Contract {
        address: AddressText::new(context.prefix(), AddressKind::Contract, &address).0,
        code_hash: record.code_hash.to_string(),
        view: abi.and_then(|abi| plain_view(&abi)),
    }))
}

/// A view of a contract's interface that needs no arguments. Its author may have written anything.
fn plain_view(abi: &[u8]) -> Option<String> {
    let abi: Abi = types::decode("abi", abi, MAX_ABI_BYTES).ok()?;
    let mut views = abi.methods.into_iter().filter(|method| method.kind == MethodKind::View);
    views.find(|method| method.arguments.is_empty()).map(|method| method.name)
}

/// The newest transaction among the last heights.
fn newest(context: &Context, tip: Height) -> Result<Option<Vec<u8>>, Fault> {
    let store = context.store();
    let lowest = tip.0.saturating_sub(MAX_LOOK_BACK).max(store.oldest().0).max(1);
    for height in (lowest..=tip.0).rev().map(Height) {
        let header = store.header(height).map_err(from_store)?;
        if header.is_some_and(|header| header.txs_root != Hash::ZERO) {
            let body = store.body(height).map_err(from_store)?;
            return Ok(body.and_then(|mut body| body.txs.pop()));
        }
    }
    Ok(None)
}

/// A transaction as an example, and one that its sender could sign next.
fn payment(reader: &dyn NodeReader, encoded: &[u8], now_ms: TimestampMs) -> Result<Payment, Fault> {
    let limit = crate::limits::MAX_TX_BYTES;
    let signed: SignedTx = types::decode("signed transaction", encoded, limit)
        .map_err(|error| crate::answer::internal("read a committed transaction", &error))?;
    let hash = id::tx_hash(encoded).to_string();
    let mut next = signed.tx;
    let lane = read::lane(reader, &next.sender, next.lane).map_err(from_state)?;
    next.nonce = lane.map_or(Nonce::ZERO, |lane| lane.next);
    next.valid_until_ms = TimestampMs(now_ms.0.saturating_add(VALID_MS));
    let (signed, next) = (Base64(encoded.to_vec()), Base64(types::encode(&next)));
    Ok(Payment { hash, signed, next })
}
