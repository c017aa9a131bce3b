//! An admitted validator tells the chain by itself that it has caught up, and enters the set by it
//! (docs/protocol.md 3.5).
//!
//! The consensus key signs a block of late with its state root; the transaction around it is sent
//! by the account of the network key, which is registered with the validator and pays nothing for
//! this one call. What got lost, or came too early for a set that could commit, is told again some
//! heights later, a bounded number of times.

use crate::action::Log;
use crate::replica::{Replica, Signing};
use crate::work::Awaited;
use crypto::sign::SecretKey;
use executor::fees;
use types::governance::{MembershipCall, Readiness as Shown};
use types::{
    Amount, Auth, Call, Gas, Height, Nonce, Signature, SignedTx, TimestampMs, Tx, Version,
};

/// Heights between two attempts: a transaction is in a block long before, or lost.
const EVERY_HEIGHTS: u64 = 10;
/// Attempts of one run at most; after them an operator looks why.
const MAX_ATTEMPTS: u32 = 50;
/// How long a transaction may wait for its block, in ms.
const VALID_MS: u64 = 60_000;

/// How far a validator is on its way into the set.
pub(crate) struct Readiness {
    courier: Option<SecretKey>,
    attempts: u32,
    next: Height,
}

impl Readiness {
    pub(crate) const fn new(courier: Option<SecretKey>) -> Self {
        Self { courier, attempts: 0, next: Height::ZERO }
    }
}

impl Replica {
    /// A block is durable: if the members have admitted this validator and it has caught up, say
    /// so. A node that may not sign stays silent, since its power would be missing in the set.
    pub(crate) fn show_readiness(&mut self) {
        let tip = self.frontier.tip();
        let Some(awaited) = self.awaited() else { return };
        let behind = self.sync_job.is_some() || self.sync.is_behind(tip);
        let is_due = tip >= self.readiness.next && self.readiness.attempts < MAX_ATTEMPTS;
        if self.signing != Signing::Armed || behind || !is_due {
            return;
        }
        self.readiness.attempts = self.readiness.attempts.saturating_add(1);
        self.readiness.next = Height(tip.0.saturating_add(EVERY_HEIGHTS));
        let header = &self.frontier.parent.header;
        let shown = Shown {
            chain_id: self.config.chain_id,
            validator: awaited.validator,
            // The tip's header tells the state after its parent.
            height: tip.previous(),
            block_id: header.parent,
            state_root: header.prev_state_root,
        };
        let signer = self.engine.signer_mut();
        if !signer.use_key(&awaited.consensus_key) {
            return self.abstain("readiness: the key registered is not held here".to_owned());
        }
        match signer.ready(shown.height, &shown.block_id, &shown.state_root) {
            Ok(signature) => {
                if let Some(tx) = self.wrap(shown, signature, awaited.nonce) {
                    self.submit_own(tx);
                    self.log(Log::Ready(shown.height));
                }
            }
            Err(error) => self.log(Log::Warning(format!("readiness is not shown: {error}"))),
        }
        if self.readiness.attempts == MAX_ATTEMPTS {
            self.log(Log::Warning(format!(
                "this validator was admitted and did not enter the set in {MAX_ATTEMPTS} attempts; \
                 `syndic validator ready` says why"
            )));
        }
    }

    /// Our validator, if the chain waits for it and this node can tell it.
    fn awaited(&self) -> Option<Awaited> {
        let own = self.config.own.filter(|_| self.readiness.courier.is_some())?;
        self.frontier.awaited.iter().find(|awaited| awaited.validator == own).copied()
    }

    /// The transaction around what is shown.
    fn wrap(&self, readiness: Shown, signature: Signature, nonce: Nonce) -> Option<Vec<u8>> {
        let courier = self.readiness.courier.as_ref()?;
        let now = self.frontier.parent.header.time_ms.0.max(self.now.wall_ms);
        let valid_ms = VALID_MS.min(self.frontier.params.max_valid_ahead_ms);
        let mut tx = Tx {
            version: Version,
            chain_id: self.config.chain_id,
            sender: crypto::id::account_address(&courier.public()),
            lane: 0,
            nonce,
            valid_until_ms: TimestampMs(now.saturating_add(valid_ms)),
            gas_limit: Gas::ZERO,
            fee_limit: Amount::ZERO,
            payer: None,
            reference: Vec::new(),
            calls: vec![Call::Membership(MembershipCall::Ready { readiness, signature })],
        };
        // Native calls cost what can be told beforehand, and gas has one size in bytes.
        let bytes = types::encode(&tx).len();
        let bytes = bytes.saturating_add(fees::SINGLE_AUTH_BYTES).saturating_add(1);
        tx.gas_limit = fees::intrinsic_gas(&tx, bytes, 1);
        let signature = courier.sign(&crypto::id::tx_signing_hash(&tx).0);
        let auth = Auth::Ed25519 { key: courier.public(), signature };
        Some(types::encode(&SignedTx { tx, auth, payer_auth: None }))
    }
}
