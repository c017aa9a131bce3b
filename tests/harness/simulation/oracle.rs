//! What must hold in every run, checked at every commit and finality.

use replica::finality::Roots;
use state::MapReader;
use std::collections::BTreeMap;
use types::{Height, SignedAddress, TxHash, ValidatorId, Value};

/// Everything that was promised, and a list of broken promises.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    committed: BTreeMap<Height, Roots>,
    finalized: BTreeMap<Height, Roots>,
    signed: BTreeMap<(ValidatorId, SignedAddress), Value>,
    transactions: BTreeMap<TxHash, Height>,
    breaches: Vec<String>,
}

impl Oracle {
    /// Agreement: one block and one pair of roots a height.
    pub(super) fn on_commit(
        &mut self,
        node: usize,
        height: Height,
        roots: Roots,
        hashes: &[TxHash],
    ) {
        let first = *self.committed.entry(height).or_insert(roots);
        if first != roots {
            self.breaches
                .push(format!("node {node} committed {roots:?} at {height}, others {first:?}"));
        }
        for hash in hashes {
            let place = *self.transactions.entry(*hash).or_insert(height);
            if place != height {
                self.breaches.push(format!("transaction {hash} stands at {place} and {height}"));
            }
        }
    }

    /// What is final is what was committed.
    pub(super) fn on_final(&mut self, node: usize, height: Height, roots: Roots) {
        self.finalized.insert(height, roots);
        if self.committed.get(&height).is_some_and(|committed| *committed != roots) {
            self.breaches.push(format!("node {node}: {height} is final with other roots"));
        }
    }

    /// No honest validator signs two values at one address.
    pub(super) fn on_signed(&mut self, who: ValidatorId, address: SignedAddress, value: Value) {
        let first = *self.signed.entry((who, address)).or_insert(value);
        if first != value {
            self.breaches.push(format!("{who} signed {first:?} and {value:?} at {address:?}"));
        }
    }

    /// Money is conserved: all balances together are the supply.
    pub(super) fn on_state(&mut self, node: usize, state: &MapReader) {
        let supply = state::read::chain(state).expect("the chain record is there").supply.0;
        let accounts = state::read::accounts(state, None, usize::MAX).expect("memory can be read");
        let sum: u128 = accounts.iter().map(|(_, account)| account.balance.0).sum();
        if sum != supply {
            self.breaches
                .push(format!("node {node}: balances add up to {sum}, supply is {supply}"));
        }
    }

    /// Nothing that was final may be missing from a chain that is longer.
    pub(super) fn on_chain(&mut self, node: usize, chain: &BTreeMap<Height, Roots>) {
        let tip = chain.keys().next_back().copied().unwrap_or_default();
        for (height, roots) in self.finalized.range(..=tip) {
            if chain.get(height) != Some(roots) {
                self.breaches.push(format!("node {node} lost the final height {height}"));
            }
        }
    }

    /// A promise that was broken before the world's eyes.
    pub(super) fn breach(&mut self, what: String) {
        self.breaches.push(what);
    }

    /// A promise of the run itself, such as progress after the network healed.
    pub(super) fn expect(&mut self, holds: bool, promise: impl FnOnce() -> String) {
        if !holds {
            self.breaches.push(promise());
        }
    }

    /// The highest committed height.
    #[must_use]
    pub fn tip(&self) -> Height {
        self.committed.keys().next_back().copied().unwrap_or_default()
    }

    /// How many transactions were committed.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.transactions.len()
    }

    /// A hash of everything that was committed: equal in two runs of one seed.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut bytes = Vec::new();
        for (height, roots) in &self.committed {
            let Roots { block_id, state_root, receipts_root } = roots;
            bytes.extend(types::encode(&(height, block_id, state_root, receipts_root)));
        }
        crypto::hash::blake3(&bytes).to_string()
    }

    /// Broken promises.
    #[must_use]
    pub fn breaches(&self) -> &[String] {
        &self.breaches
    }
}
