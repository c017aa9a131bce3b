//! A small chain in memory for the tests of this crate: real keys, real certificates.

use crate::block::{self, BuildInput, Built, Executed, Parent};
use crate::genesis;
use crate::transaction::{self, Decoded};
use crypto::ballot::ConsensusSecret;
use crypto::hidden::{self, RecordOf};
use crypto::sign::SecretKey;
use crypto::{hash, id};
use state::{MapReader, read};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use types::genesis::{Attestation, Registrars};
use types::{
    Address, Amount, Auth, Block, Call, CertificateSignature, CommitCertificate, Evidence,
    FinalityCertificate, Gas, Genesis, GenesisValidator, Hash, Height, HiddenInformation, Member,
    Nonce, Params, PossessionProof, PublicKey, Role, Round, SignedAddress, SignedTx, Step,
    TimestampMs, Tx, ValidatorId, Version, VotingPower,
};
use vm::Machine;

/// Genesis time.
pub(crate) const START_MS: u64 = 1_800_000_000_000;
/// What each of the four accounts begins with.
pub(crate) const FIRST_BALANCE: u128 = 1_000_000_000_000;
/// Each validator's bond.
pub(crate) const BOND: u128 = 500;

/// One machine for all tests: it keeps nothing but compiled code.
pub(crate) fn machine() -> Machine {
    static MACHINE: OnceLock<Machine> = OnceLock::new();
    MACHINE.get_or_init(fresh_machine).clone()
}

/// A machine that has compiled nothing.
pub(crate) fn fresh_machine() -> Machine {
    Machine::new(vm::Settings::default()).unwrap()
}

/// A key of an account, by number.
pub(crate) fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

/// The address of an account, by number. Accounts 1 to 4 have money.
pub(crate) fn account(number: u8) -> Address {
    id::account_address(&secret(number).public())
}

/// A validator's secrets.
pub(crate) struct TestValidator {
    pub(crate) consensus: ConsensusSecret,
    pub(crate) id: ValidatorId,
}

/// A chain at some height.
pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) reader: MapReader,
    pub(crate) machine: Machine,
    pub(crate) parent: Parent,
    pub(crate) validators: BTreeMap<ValidatorId, TestValidator>,
    /// Secrets of keys that take the place of others, or have had it.
    pub(crate) spare: Vec<ConsensusSecret>,
    /// Validators that sign nothing.
    pub(crate) silent: BTreeSet<ValidatorId>,
    /// The certificate that decided the parent.
    pub(crate) last_commit: Option<CommitCertificate>,
    /// Blocks, certificates and roots by height, for finality.
    history: BTreeMap<Height, Parent>,
}

impl Chain {
    /// Four validators, accounts 1 to 4 with money, account 1 operator, accounts 1 to 3 users.
    pub(crate) fn new(params: Params) -> Self {
        let (name, salt) = ("syndic:test".to_owned(), [7; 16]);
        let chain_id = id::chain_id(&name, &salt);
        let made: Vec<_> = (100..104).map(|number| make_validator(number, &chain_id)).collect();
        let mut balances: Vec<_> =
            (1..=4).map(|number| (account(number), Amount(FIRST_BALANCE))).collect();
        balances.sort();
        let mut roles = vec![(account(1), Role::Operator)];
        roles.extend((1..=3).map(|number| (account(number), Role::User)));
        roles.sort();
        let genesis = Genesis {
            version: Version,
            name,
            salt,
            time_ms: TimestampMs(START_MS),
            protocol: 1,
            params,
            members: vec![Member {
                id: "alpha".into(),
                name: "Alpha".into(),
                account: account(1),
                network_keys: Vec::new(),
            }],
            registrars: Registrars { set_version: 1, threshold: 1, keys: vec![PublicKey([1; 32])] },
            validators: made.iter().map(|(genesis, _)| genesis.clone()).collect(),
            balances,
            roles,
        };
        let mut reader = MapReader::new();
        reader.apply(&genesis::changes(&genesis).unwrap());
        let header = id::genesis_header(&genesis).unwrap();
        let parent = Parent {
            block_id: id::block_id(&header),
            header,
            state_root: Hash([1; 32]),
            receipts_root: Hash::ZERO,
        };
        let validators = made.into_iter().map(|(_, secrets)| (secrets.id, secrets)).collect();
        let (last_commit, history) = (None, BTreeMap::new());
        let (machine, spare, silent) = (machine(), Vec::new(), BTreeSet::new());
        Self { genesis, reader, machine, parent, validators, spare, silent, last_commit, history }
    }

    pub(crate) fn height(&self) -> Height {
        self.parent.header.height.next()
    }

    pub(crate) fn params(&self) -> Params {
        read::params(&self.reader).unwrap()
    }

    pub(crate) fn chain_id(&self) -> types::ChainId {
        self.parent.header.chain_id
    }

    pub(crate) fn balance(&self, address: &Address) -> u128 {
        read::account(&self.reader, address).unwrap().map_or(0, |account| account.balance.0)
    }

    /// A transaction of an account with one key, in lane 0, valid for a minute.
    pub(crate) fn tx(&self, sender: u8, calls: Vec<Call>) -> Tx {
        let next = transaction::next_nonce(&self.reader, &account(sender), 0).unwrap();
        Tx {
            version: Version,
            chain_id: self.chain_id(),
            sender: account(sender),
            lane: 0,
            nonce: next,
            valid_until_ms: TimestampMs(self.parent.header.time_ms.0 + 60_000),
            gas_limit: Gas(100_000),
            fee_limit: Amount(u128::MAX),
            payer: None,
            reference: Vec::new(),
            calls,
        }
    }

    /// A signed transfer; `ahead` further nonces of lane 0 are taken by others.
    pub(crate) fn transfer(&self, from: u8, to: Address, amount: u128, ahead: u64) -> Arc<Decoded> {
        let mut tx = self.tx(from, vec![Call::Transfer { to, amount: Amount(amount) }]);
        tx.nonce = Nonce(tx.nonce.0 + ahead);
        self.decoded(sign(from, tx))
    }

    pub(crate) fn decoded(&self, signed: SignedTx) -> Arc<Decoded> {
        Arc::new(transaction::decode(&types::encode(&signed), &self.params()).unwrap())
    }

    /// Build the next block in round 0.
    pub(crate) fn build(&self, candidates: Vec<Arc<Decoded>>) -> Block {
        self.build_with(candidates, None).block
    }

    pub(crate) fn build_with(
        &self,
        candidates: Vec<Arc<Decoded>>,
        finality: Option<FinalityCertificate>,
    ) -> Built {
        self.build_of(candidates, finality, Vec::new())
    }

    /// Build the next block in round 0 with evidence offered to it.
    pub(crate) fn build_of(
        &self,
        candidates: Vec<Arc<Decoded>>,
        finality: Option<FinalityCertificate>,
        evidence: Vec<Evidence>,
    ) -> Built {
        let height = self.height();
        let set = read::validator_set_at(&self.reader, height).unwrap();
        let eligible = read::eligible(&self.reader, height, &set).unwrap();
        let proposer = set.proposer(&eligible, height, Round(0));
        let (secret, proposer) = (self.secret_of(proposer).vrf(), proposer.id);
        let input = BuildInput {
            height,
            round: Round(0),
            time_ms: TimestampMs(self.parent.header.time_ms.0 + 1_000),
            proposer,
            last_commit: self.last_commit.clone(),
            finality,
            evidence,
            candidates,
            vrf: secret.prove(&self.chain_id(), height, &self.parent.header.randomness),
        };
        block::build(&self.reader, &self.parent, input).unwrap()
    }

    /// Check a block with nothing verified before.
    pub(crate) fn check(&self, block: &Block) -> Result<block::Checked, crate::CheckError> {
        block::check(&self.reader, &self.parent, block, &|_| false, &|_| None)
    }

    /// The code that a block is refused with.
    pub(crate) fn refusal(&self, block: &Block) -> crate::Rejection {
        match self.check(block) {
            Err(crate::CheckError::Invalid(refusal)) => refusal,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    /// Check, execute and commit a block, certificates of all validators included.
    pub(crate) fn commit(&mut self, block: &Block) -> Executed {
        let checked = self.check(block).unwrap();
        let executed = block::execute(&self.machine, &self.reader, &checked).unwrap();
        self.reader.apply(&executed.changes);
        self.last_commit = Some(self.certify(block));
        self.parent = Parent {
            header: block.header.clone(),
            block_id: checked.block_id(),
            // What a root is made of is the tree's: here any digest does.
            state_root: hash::derive("test", &executed.changes.encode()),
            receipts_root: executed.receipts_root,
        };
        self.history.insert(block.header.height, self.parent.clone());
        executed
    }

    /// Build and commit a block.
    pub(crate) fn advance(&mut self, candidates: Vec<Arc<Decoded>>) -> Executed {
        let block = self.build(candidates);
        self.commit(&block)
    }

    /// The validators in order of their ids, which is their order in the set.
    pub(crate) fn secrets(&self) -> Vec<&TestValidator> {
        self.validators.values().collect()
    }

    /// A validator that joined signs from now on.
    pub(crate) fn adopt(&mut self, id: ValidatorId, consensus: ConsensusSecret) {
        self.validators.insert(id, TestValidator { consensus, id });
    }

    /// The number that a validator was made from.
    pub(crate) fn number(&self, validator: usize) -> u8 {
        let id = self.secrets()[validator].id;
        (100..104).find(|number| id::validator_id(&secret(*number).public()) == id).unwrap()
    }

    /// An address of this chain.
    pub(crate) fn address(&self, height: u64, step: Step) -> SignedAddress {
        let (chain_id, round) = (self.chain_id(), Round(0));
        SignedAddress { chain_id, height: Height(height), round, step }
    }

    /// A validator's two signatures at one address.
    pub(crate) fn double_sign(&self, validator: usize, address: SignedAddress) -> Evidence {
        let liar = self.secrets()[validator];
        let half = |value: u8| {
            let value = Some(Hash([value; 32]));
            let (signature, share) = liar.consensus.sign(&address, &value, [0; 32]);
            (value, signature, share)
        };
        crypto::evidence::from_pair(liar.id, address, half(1), half(2)).unwrap()
    }

    /// The precommits of all validators of its height for a block.
    pub(crate) fn certify(&self, block: &Block) -> CommitCertificate {
        let (height, round) = (block.header.height, Round(0));
        let block_id = id::block_id(&block.header);
        let address =
            SignedAddress { chain_id: self.chain_id(), height, round, step: Step::Precommit };
        CommitCertificate {
            version: Version,
            chain_id: self.chain_id(),
            height,
            round,
            block_id,
            precommits: self.signatures(height, &address, Hash(block_id.0)),
        }
    }

    /// The seals of all validators for a committed height.
    pub(crate) fn seal(&self, height: Height) -> FinalityCertificate {
        let Parent { block_id, state_root, receipts_root, .. } = self.history[&height].clone();
        let value = id::seal_value(&block_id, &state_root, &receipts_root);
        let address =
            SignedAddress { chain_id: self.chain_id(), height, round: Round(0), step: Step::Seal };
        FinalityCertificate {
            version: Version,
            chain_id: self.chain_id(),
            height,
            block_id,
            state_root,
            receipts_root,
            seals: self.signatures(height, &address, value),
        }
    }

    fn signatures(
        &self,
        height: Height,
        address: &SignedAddress,
        value: Hash,
    ) -> Vec<CertificateSignature> {
        let set = read::validator_set_at(&self.reader, height).unwrap();
        let sign = |(index, validator): (u16, &types::Validator)| {
            let secret = self.secret_of(validator);
            let (signature, share) = secret.sign(address, &Some(value), [0; 32]);
            CertificateSignature { index, signature, share }
        };
        let speaks =
            |(_, validator): &(u16, &types::Validator)| !self.silent.contains(&validator.id);
        (0..).zip(set.validators()).filter(speaks).map(sign).collect()
    }

    /// The secrets of the key that a validator has in a set.
    fn secret_of(&self, validator: &types::Validator) -> &ConsensusSecret {
        let first = &self.validators[&validator.id].consensus;
        let mut all = std::iter::once(first).chain(&self.spare);
        all.find(|held| held.consensus_key() == validator.consensus_key).expect("a known key")
    }
}

/// Sign with the one key of an account.
pub(crate) fn sign(sender: u8, tx: Tx) -> SignedTx {
    let auth = auth(sender, &tx);
    SignedTx { tx, auth, payer_auth: None }
}

pub(crate) fn auth(signer: u8, tx: &Tx) -> Auth {
    let secret = secret(signer);
    let signature = secret.sign(&id::tx_signing_hash(tx).0);
    Auth::Ed25519 { key: secret.public(), signature }
}

fn make_validator(number: u8, chain_id: &types::ChainId) -> (GenesisValidator, TestValidator) {
    let consensus = ConsensusSecret::new(secret(number), [number; 32], *chain_id);
    let key = consensus.consensus_key();
    let id = id::validator_id(&key);
    let genesis = GenesisValidator {
        consensus_key: key,
        commitment: consensus.commitment(),
        randomness_key: consensus.randomness_key(),
        commitment_proof: PossessionProof([0; 64]),
        randomness_proof: PossessionProof([0; 64]),
        network_key: PublicKey([number; 32]),
        member: "alpha".into(),
        operator: account(1),
        power: VotingPower(1),
        bond: Amount(BOND),
        hidden_information: seal(number, chain_id, &consensus),
        attestations: Vec::<Attestation>::new(),
    };
    (genesis, TestValidator { consensus, id })
}

/// Who runs validator `number`, sealed, with the consent of key `number`.
fn seal(number: u8, chain_id: &types::ChainId, consensus: &ConsensusSecret) -> Vec<u8> {
    let (key, commitment) = (consensus.consensus_key(), consensus.commitment());
    let of = RecordOf { chain_id, key: &key, commitment: &commitment };
    let information = identity(number, &of, number);
    hidden::seal(&information, &consensus.reveal().hidden_point(), &of, &[number; 24], 512).unwrap()
}

/// The identity of validator `number`, with the consent of the key of `party`.
pub(crate) fn identity(number: u8, of: &RecordOf<'_>, party: u8) -> HiddenInformation {
    identity_of(number, of, &id::validator_id(of.key), party)
}

/// As [`identity`], for a validator whose first key may have been another.
pub(crate) fn identity_of(
    number: u8,
    of: &RecordOf<'_>,
    validator: &ValidatorId,
    party: u8,
) -> HiddenInformation {
    let consent = hidden::consent_hash(of, validator);
    HiddenInformation {
        legal_name: format!("Validator {number} Ltd"),
        registry_number: number.to_string(),
        jurisdiction: "Testland".into(),
        contact: "Main street 1".into(),
        beneficial_owner: "Nobody".into(),
        bond_terms: "As usual".into(),
        party_key: secret(number).public(),
        party_signature: secret(party).sign(&consent.0),
    }
}
