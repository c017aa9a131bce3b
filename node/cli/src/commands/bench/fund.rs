//! The accounts of a run: drawn anew, funded from one key, and counted at the end.

use crate::commands::node::ClientMeaning;
use crate::commands::tx::{ChainFacts, Given, give_and_follow, required_gas};
use crate::exit::{Exit, Failure, Outcome};
use anyhow::anyhow;
use client::client::Client;
use client::dto::{AddressText, TxState, Wait};
use client::wallet::Signatory;
use crypto::sign::SecretKey;
use std::time::Duration;
use types::transaction::MAX_CALLS;
use types::{
    Address, AddressKind, Amount, Call, ChainId, Code, Gas, Nonce, TimestampMs, Tx, Version,
};

/// Longest wait for one funding transaction.
const FUND_WAIT: Duration = Duration::from_secs(60);

/// One sender and its receiver.
pub(super) struct Sender {
    pub(super) key: SecretKey,
    pub(super) address: Address,
    pub(super) receiver: Address,
}

impl Sender {
    /// The `i`-th sender of a run.
    pub(super) fn new(seed: &[u8; 32], i: u64) -> Self {
        let of = |party: u8| {
            let mut bytes = seed.to_vec();
            bytes.extend_from_slice(&i.to_le_bytes());
            bytes.push(party);
            SecretKey::from_seed(crypto::hash::blake3(&bytes).0)
        };
        let (key, receiver) = (of(0), of(1));
        let address = crypto::id::account_address(&key.public());
        Self { key, address, receiver: crypto::id::account_address(&receiver.public()) }
    }

    /// A signed transfer of one unit to the receiver, encoded.
    pub(super) fn transfer(
        &self,
        chain: &ChainFacts,
        lane: u8,
        nonce: u64,
        valid_until_ms: u64,
    ) -> Outcome<Vec<u8>> {
        let call = Call::Transfer { to: self.receiver, amount: Amount(1) };
        sign(&self.key, chain, (lane, Nonce(nonce)), valid_until_ms, vec![call])
    }
}

/// A signed transaction with exactly the gas that it needs.
fn sign(
    key: &SecretKey,
    chain: &ChainFacts,
    (lane, nonce): (u8, Nonce),
    valid_until_ms: u64,
    calls: Vec<Call>,
) -> Outcome<Vec<u8>> {
    let public = key.public();
    let mut tx = blank(chain.chain_id, crypto::id::account_address(&public), calls);
    (tx.lane, tx.nonce) = (lane, nonce);
    tx.valid_until_ms = TimestampMs(valid_until_ms);
    tx.gas_limit = required_gas(&tx, &Signatory::Ed25519 { key: public }, None);
    tx.fee_limit = chain.fee(tx.gas_limit);
    client::wallet::sign(&tx, key).or_class()
}

fn blank(chain_id: ChainId, sender: Address, calls: Vec<Call>) -> Tx {
    Tx {
        version: Version,
        chain_id,
        sender,
        lane: 0,
        nonce: Nonce(0),
        valid_until_ms: TimestampMs(0),
        gas_limit: Gas(0),
        fee_limit: Amount(0),
        payer: None,
        reference: Vec::new(),
        calls,
    }
}

/// Give every sender what `each` transfers cost, and wait until that is final.
pub(super) fn fund(
    client: &Client,
    chain: &ChainFacts,
    funder: &SecretKey,
    senders: &[Sender],
    each: u64,
) -> Outcome {
    let Some(first) = senders.first() else { return Ok(()) };
    let call = Call::Transfer { to: first.receiver, amount: Amount(1) };
    let signatory = Signatory::Ed25519 { key: first.key.public() };
    let gas = required_gas(&blank(chain.chain_id, first.address, vec![call]), &signatory, None);
    let cost = chain.fee(gas).0.saturating_add(1);
    let amount = Amount(cost.saturating_mul(u128::from(each.max(1))));
    let address = crypto::id::account_address(&funder.public());
    let text = AddressText::new(&chain.prefix, AddressKind::Account, &address);
    let mut nonce = client.nonce(&text, 0).or_class()?.pending;
    for group in senders.chunks(MAX_CALLS) {
        let calls =
            group.iter().map(|sender| Call::Transfer { to: sender.address, amount }).collect();
        let until = super::now_ms().saturating_add(600_000);
        let bytes = sign(funder, chain, (0, nonce), until, calls)?;
        match give_and_follow(client, &Given::new(&bytes)?, Wait::Final, FUND_WAIT)? {
            TxState::Final(outcome) if outcome.code == Code::Ok.name() => {}
            other => {
                let error = anyhow!("funding {} senders failed: {other:?}", group.len());
                return Err(Failure { exit: Exit::Rejected, error });
            }
        }
        nonce = Nonce(nonce.0.saturating_add(1));
    }
    Ok(())
}

/// What the receivers hold in all: one unit for each transfer that succeeded.
pub(super) fn arrived(client: &Client, chain: &ChainFacts, senders: &[Sender]) -> Outcome<u64> {
    let mut sum: u64 = 0;
    for sender in senders {
        let text = AddressText::new(&chain.prefix, AddressKind::Account, &sender.receiver);
        let balance = client.account(&text, false).or_class()?.balance;
        sum = sum.saturating_add(u64::try_from(balance.0).unwrap_or(u64::MAX));
    }
    Ok(sum)
}
