//! Chains for tests: genesis, secrets and transfers from small numbers, the same every time.

use chainspec::draw::Identity;
use chainspec::{Draft, DraftValidator, draw};
use crypto::ballot::ConsensusSecret;
use crypto::sign::SecretKey;
use types::{
    Address, Amount, Auth, Call, ChainId, Gas, Genesis, Nonce, Params, PublicKey, Role, SignedTx,
    TimestampMs, Tx, ValidatorId, Version, VotingPower,
};

/// Wall clock at which test chains begin.
pub const GENESIS_MS: u64 = 1_700_000_000_000;
/// What each test account holds at first.
pub const BALANCE: u128 = 1_000_000_000;
/// Gas limit of a test transfer.
pub const TRANSFER_GAS: u64 = 100_000;

/// A chain with everybody's secrets.
pub struct TestChain {
    /// Its genesis.
    pub genesis: Genesis,
    /// Its id.
    pub chain_id: ChainId,
    /// Its validators, in the order they were asked for.
    pub validators: Vec<TestValidator>,
    /// Keys of its funded accounts.
    pub accounts: Vec<SecretKey>,
}

/// A validator's secrets and names.
pub struct TestValidator {
    /// For life.
    pub id: ValidatorId,
    /// Seed of the consensus key.
    pub consensus_seed: [u8; 32],
    /// Seed of the reveal secret.
    pub reveal_seed: [u8; 32],
    /// Network key.
    pub network_key: PublicKey,
}

/// 32 bytes from a kind and a number.
#[must_use]
pub fn seed(kind: u8, number: usize) -> [u8; 32] {
    let mut seed = [kind; 32];
    seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
    seed
}

impl TestChain {
    /// A chain of `validators` equal validators and `accounts` funded accounts.
    ///
    /// # Panics
    /// If the genesis is not valid, which would be a fault of this function.
    #[must_use]
    pub fn new(validators: usize, accounts: usize, params: Params) -> Self {
        let drafts = (0..validators).map(draft_validator).collect();
        let keys: Vec<SecretKey> =
            (0..accounts).map(|i| SecretKey::from_seed(seed(b'a', i))).collect();
        let balances = keys.iter().map(|key| (address_of(key), Amount(BALANCE))).collect();
        let roles = keys.iter().take(1).map(|key| (address_of(key), Role::Operator)).collect();
        let genesis = draw(Draft {
            name: "syndic:test".to_owned(),
            salt: [7; 16],
            time_ms: TimestampMs(GENESIS_MS),
            params,
            validators: drafts,
            registrars: vec![SecretKey::from_seed(seed(b'r', 0))],
            threshold: 1,
            balances,
            roles,
        });
        let genesis = genesis.unwrap_or_else(|error| panic!("a test chain is valid: {error}"));
        let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
        let validators = (0..validators).map(test_validator).collect();
        Self { genesis, chain_id, validators, accounts: keys }
    }

    /// An encoded transfer from account `from` to account `to`.
    #[must_use]
    pub fn transfer(
        &self,
        from: usize,
        to: usize,
        amount: u128,
        nonce: u64,
        now_ms: u64,
    ) -> Vec<u8> {
        let key = &self.accounts[from];
        let call = Call::Transfer { to: address_of(&self.accounts[to]), amount: Amount(amount) };
        let tx = Tx {
            version: Version,
            chain_id: self.chain_id,
            sender: address_of(key),
            lane: 0,
            nonce: Nonce(nonce),
            valid_until_ms: TimestampMs(now_ms + 600_000),
            gas_limit: Gas(TRANSFER_GAS),
            fee_limit: Amount(u128::from(TRANSFER_GAS) * 1_000),
            payer: None,
            reference: Vec::new(),
            calls: vec![call],
        };
        let signature = key.sign(&crypto::id::tx_signing_hash(&tx).0);
        let auth = Auth::Ed25519 { key: key.public(), signature };
        types::encode(&SignedTx { tx, auth, payer_auth: None })
    }
}

impl TestValidator {
    /// The secrets, for one chain.
    #[must_use]
    pub fn secret(&self, chain_id: ChainId) -> ConsensusSecret {
        let key = SecretKey::from_seed(self.consensus_seed);
        ConsensusSecret::new(key, self.reveal_seed, chain_id)
    }
}

/// The account of a key.
#[must_use]
pub fn address_of(key: &SecretKey) -> Address {
    crypto::id::account_address(&key.public())
}

fn draft_validator(i: usize) -> DraftValidator {
    let validator = test_validator(i);
    DraftValidator {
        moniker: format!("validator{i}"),
        consensus: SecretKey::from_seed(validator.consensus_seed),
        reveal_seed: validator.reveal_seed,
        network_key: validator.network_key,
        operator: address_of(&SecretKey::from_seed(seed(b'o', i))),
        power: VotingPower(1),
        bond: Amount(1_000_000),
        identity: Identity { legal_name: format!("Validator {i} Ltd"), ..Identity::default() },
        party: SecretKey::from_seed(seed(b'p', i)),
        seal_nonce: [3; 24],
        fresh: [0; 32],
    }
}

fn test_validator(i: usize) -> TestValidator {
    let consensus_seed = seed(b'c', i);
    TestValidator {
        id: crypto::id::validator_id(&SecretKey::from_seed(consensus_seed).public()),
        consensus_seed,
        reveal_seed: seed(b'v', i),
        network_key: SecretKey::from_seed(seed(b'n', i)).public(),
    }
}
