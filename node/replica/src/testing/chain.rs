//! A chain made of small numbers, with everybody's secrets.

use super::{WATCH_BYTES, WINDOW};
use crate::replica::Config;
use chainspec::draw::Identity;
use chainspec::{Draft, DraftValidator, draw};
use consensus::safety::{Guard, machine_of};
use crypto::ballot::ConsensusSecret;
use crypto::sign::SecretKey;
use types::{
    Address, Amount, Auth, Call, ChainId, Gas, Genesis, Nonce, Params, PublicKey, Share, Signature,
    SignedAddress, SignedTx, TimestampMs, Tx, ValidatorId, Value, Version, VotingPower,
};

/// Wall clock at which the chain begins.
pub(crate) const GENESIS_MS: u64 = 1_700_000_000_000;
/// Gas limit of a transfer.
const TRANSFER_GAS: u64 = 100_000;
const ACCOUNTS: usize = 4;

/// The chain. Nodes are counted in the order of V, so node i stands at position i.
pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) chain_id: ChainId,
    /// Which seeds the validator at each position has.
    seeds: Vec<u8>,
}

fn key(kind: u8, number: u8) -> SecretKey {
    let mut seed = [kind; 32];
    seed[0] = number;
    SecretKey::from_seed(seed)
}

fn account(number: usize) -> SecretKey {
    key(b'a', u8::try_from(number).unwrap())
}

fn address(key: &SecretKey) -> Address {
    crypto::id::account_address(&key.public())
}

fn validator_id(seed: u8) -> ValidatorId {
    crypto::id::validator_id(&key(b'c', seed).public())
}

impl Chain {
    pub(crate) fn new(validators: usize) -> Self {
        let mut seeds: Vec<u8> = (0..u8::try_from(validators).unwrap()).collect();
        seeds.sort_by_key(|seed| validator_id(*seed));
        let draft = |seed: &u8| DraftValidator {
            moniker: format!("validator{seed}"),
            consensus: key(b'c', *seed),
            reveal_seed: [*seed; 32],
            network_key: key(b'n', *seed).public(),
            operator: address(&key(b'o', *seed)),
            power: VotingPower(1),
            bond: Amount(1_000_000),
            identity: Identity { legal_name: format!("Validator {seed}"), ..Identity::default() },
            party: key(b'p', *seed),
            seal_nonce: [3; 24],
            fresh: [0; 32],
        };
        let balances = (0..ACCOUNTS).map(|i| (address(&account(i)), Amount(1_000_000_000)));
        let genesis = draw(Draft {
            name: "syndic:test".to_owned(),
            salt: [7; 16],
            time_ms: TimestampMs(GENESIS_MS),
            params: Params { idle_interval_ms: 200, ..Params::default() },
            validators: seeds.iter().map(draft).collect(),
            registrars: vec![key(b'r', 0)],
            threshold: 1,
            balances: balances.collect(),
            roles: Vec::new(),
        })
        .unwrap();
        let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
        Self { genesis, chain_id, seeds }
    }

    pub(crate) fn id(&self, i: usize) -> ValidatorId {
        validator_id(self.seeds[i])
    }

    pub(crate) fn peer(&self, i: usize) -> PublicKey {
        key(b'n', self.seeds[i]).public()
    }

    pub(crate) fn network_key(&self, i: usize) -> SecretKey {
        key(b'n', self.seeds[i])
    }

    pub(crate) fn secret(&self, i: usize) -> ConsensusSecret {
        ConsensusSecret::new(key(b'c', self.seeds[i]), [self.seeds[i]; 32], self.chain_id)
    }

    pub(crate) fn guard(&self, i: usize) -> Guard {
        Guard::made(self.chain_id, self.id(i), machine_of(b"machine"))
    }

    pub(crate) fn config(&self, i: usize) -> Config {
        Config {
            chain_id: self.chain_id,
            own: Some(self.id(i)),
            protocol_max: 1,
            watch_heights: WINDOW,
            watch_bytes: WATCH_BYTES,
            detectors: crate::Detectors::ALL,
        }
    }

    /// A signature of validator i that no guard has seen.
    pub(crate) fn sign(
        &self,
        i: usize,
        address: &SignedAddress,
        value: &Value,
    ) -> (Signature, Share) {
        self.secret(i).sign(address, value, [0; 32])
    }

    /// An encoded transfer of 1 from account `from` to the next one.
    pub(crate) fn transfer(&self, from: usize, nonce: u64, now_ms: u64) -> Vec<u8> {
        let sender = account(from);
        let to = address(&account((from + 1) % ACCOUNTS));
        let tx = Tx {
            version: Version,
            chain_id: self.chain_id,
            sender: address(&sender),
            lane: 0,
            nonce: Nonce(nonce),
            valid_until_ms: TimestampMs(now_ms + 600_000),
            gas_limit: Gas(TRANSFER_GAS),
            fee_limit: Amount(u128::from(TRANSFER_GAS) * 1_000),
            payer: None,
            reference: Vec::new(),
            calls: vec![Call::Transfer { to, amount: Amount(1) }],
        };
        let signature = sender.sign(&crypto::id::tx_signing_hash(&tx).0);
        let auth = Auth::Ed25519 { key: sender.public(), signature };
        types::encode(&SignedTx { tx, auth, payer_auth: None })
    }
}
