//! The chain of the examples: four validators, three accounts, two blocks; the same every time.

use crypto::ballot::ConsensusSecret;
use crypto::id;
use crypto::sign::SecretKey;
use executor::block::{self, BuildInput, Executed, Parent};
use executor::transaction;
use harness::chain::{GENESIS_MS, TestChain, address_of};
use state::proof::Proof;
use state::{MapReader, Tree, read};
use std::sync::Arc;
use types::{
    Address, Amount, Auth, Block, Call, CertificateSignature, CommitCertificate,
    FinalityCertificate, Gas, Hash, Header, Height, Nonce, Params, Round, SignedAddress, SignedTx,
    Step, TimestampMs, Tx, ValidatorSet, Version,
};

/// The chain with everything that was signed on it.
pub(crate) struct World {
    pub(crate) chain: TestChain,
    pub(crate) genesis_header: Header,
    pub(crate) set: ValidatorSet,
    /// State root after genesis, and after block 1.
    pub(crate) roots: [Hash; 2],
    pub(crate) transfer: SignedTx,
    pub(crate) first: Block,
    pub(crate) executed: Executed,
    pub(crate) commit: CommitCertificate,
    pub(crate) finality: FinalityCertificate,
    pub(crate) second: Block,
    pub(crate) reader: MapReader,
    tree: Tree,
}

impl World {
    /// The chain after block 1, with block 2 built on it.
    pub(crate) fn new() -> Self {
        let params = Params { hidden_information_bytes: 256, ..Params::default() };
        let chain = TestChain::new(4, 3, params);
        let set = id::genesis_set(&chain.genesis).expect("the genesis is valid");
        let header = id::genesis_header(&chain.genesis).expect("the genesis is valid");
        let (mut reader, mut tree) = (MapReader::new(), Tree::new(1 << 20));
        let changes = executor::genesis::changes(&chain.genesis).expect("the genesis is valid");
        let before = tree.apply(&reader, Height(0), &changes).expect("memory can be read");
        reader.apply(&changes);
        tree.durable(Height(0));
        let mut parent = Parent {
            block_id: id::block_id(&header),
            header: header.clone(),
            state_root: before,
            receipts_root: Hash::ZERO,
        };
        let transfer = signed_transfer(&chain);
        let first = build(&chain, &reader, &parent, None, &[&transfer]);
        let checked = block::check(&reader, &parent, &first, &|_| false, &|_| None);
        let machine = vm::Machine::new(vm::Settings::default()).expect("the engine starts");
        let executed = block::execute(&machine, &reader, &checked.expect("the block is valid"));
        let executed = executed.expect("memory can be read");
        let after = tree.apply(&reader, Height(1), &executed.changes).expect("memory can be read");
        reader.apply(&executed.changes);
        tree.durable(Height(1));
        parent = Parent {
            block_id: id::block_id(&first.header),
            header: first.header.clone(),
            state_root: after,
            receipts_root: executed.receipts_root,
        };
        let commit = commit(&chain, &set, &parent);
        let finality = finality(&chain, &set, &parent);
        let second = build(&chain, &reader, &parent, Some(commit.clone()), &[]);
        let genesis_header = header;
        let roots = [before, after];
        Self {
            chain,
            genesis_header,
            set,
            roots,
            transfer,
            first,
            executed,
            commit,
            finality,
            second,
            reader,
            tree,
        }
    }

    /// The proof of a raw key in the state after block 1.
    pub(crate) fn prove(&self, key: &[u8]) -> Proof {
        self.tree.prove(&self.reader, Height(1), key).expect("it is the newest height")
    }

    /// The secrets of the validator at a position of the set.
    pub(crate) fn secret(&self, index: usize) -> ConsensusSecret {
        secret(&self.chain, &self.set, index)
    }

    /// The address of the n-th account: alice, bob, carol.
    pub(crate) fn account(&self, number: usize) -> Address {
        address_of(&self.chain.accounts[number])
    }

    /// A transaction of the first account, unsigned.
    pub(crate) fn tx(&self, sender: Address, nonce: u64, calls: Vec<Call>) -> Tx {
        tx(&self.chain, sender, nonce, calls)
    }
}

/// The authorisation by one key.
pub(crate) fn auth(key: &SecretKey, tx: &Tx) -> Auth {
    let signature = key.sign(&id::tx_signing_hash(tx).0);
    Auth::Ed25519 { key: key.public(), signature }
}

fn tx(chain: &TestChain, sender: Address, nonce: u64, calls: Vec<Call>) -> Tx {
    Tx {
        version: Version,
        chain_id: chain.chain_id,
        sender,
        lane: 0,
        nonce: Nonce(nonce),
        valid_until_ms: TimestampMs(GENESIS_MS + 60_000),
        gas_limit: Gas(100_000),
        fee_limit: Amount(0),
        payer: None,
        reference: Vec::new(),
        calls,
    }
}

fn signed_transfer(chain: &TestChain) -> SignedTx {
    let [alice, bob] = [0, 1].map(|number| &chain.accounts[number]);
    let call = Call::Transfer { to: address_of(bob), amount: Amount(1_000) };
    let mut tx = tx(chain, address_of(alice), 0, vec![call]);
    tx.reference = b"invoice 7".to_vec();
    SignedTx { auth: auth(alice, &tx), tx, payer_auth: None }
}

fn secret(chain: &TestChain, set: &ValidatorSet, index: usize) -> ConsensusSecret {
    let id = set.get(index).expect("a position in the set").id;
    let validator = chain.validators.iter().find(|validator| validator.id == id);
    validator.expect("the set is the chain's").secret(chain.chain_id)
}

fn build(
    chain: &TestChain,
    reader: &MapReader,
    parent: &Parent,
    last_commit: Option<CommitCertificate>,
    txs: &[&SignedTx],
) -> Block {
    let height = parent.header.height.next();
    let set = read::validator_set_at(reader, height).expect("memory can be read");
    let eligible = read::eligible(reader, height, &set).expect("memory can be read");
    let proposer = set.proposer(&eligible, height, Round(0)).id;
    let index = set.index_of(&proposer).expect("a proposer is of the set");
    let decoded = txs.iter().map(|tx| {
        let decoded = transaction::decode(&types::encode(*tx), &chain.genesis.params);
        Arc::new(decoded.expect("a transaction is one"))
    });
    let input = BuildInput {
        height,
        round: Round(0),
        time_ms: TimestampMs(GENESIS_MS + 1_000 * height.0),
        proposer,
        last_commit,
        finality: None,
        evidence: Vec::new(),
        candidates: decoded.collect(),
        vrf: secret(chain, &set, index).randomness(
            &chain.chain_id,
            height,
            &parent.header.randomness,
        ),
    };
    let block = block::build(reader, parent, input).expect("memory can be read").block;
    assert_eq!(block.body.txs.len(), txs.len(), "the block takes every transaction");
    block
}

/// What the first three of four sign at an address.
pub(crate) fn signatures(
    chain: &TestChain,
    set: &ValidatorSet,
    address: &SignedAddress,
    value: Hash,
) -> Vec<CertificateSignature> {
    let sign = |index: u16| {
        let secret = secret(chain, set, usize::from(index));
        let (signature, share) = secret.sign(address, &Some(value), [0; 32]);
        CertificateSignature { index, signature, share }
    };
    (0..3).map(sign).collect()
}

fn commit(chain: &TestChain, set: &ValidatorSet, parent: &Parent) -> CommitCertificate {
    let (chain_id, height, round) = (chain.chain_id, parent.header.height, Round(0));
    let address = SignedAddress { chain_id, height, round, step: Step::Precommit };
    let precommits = signatures(chain, set, &address, Hash(parent.block_id.0));
    let (version, block_id) = (Version, parent.block_id);
    CommitCertificate { version, chain_id, height, round, block_id, precommits }
}

fn finality(chain: &TestChain, set: &ValidatorSet, parent: &Parent) -> FinalityCertificate {
    let (chain_id, height) = (chain.chain_id, parent.header.height);
    let address = SignedAddress { chain_id, height, round: Round(0), step: Step::Seal };
    let Parent { block_id, state_root, receipts_root, .. } = *parent;
    let value = id::seal_value(&block_id, &state_root, &receipts_root);
    let seals = signatures(chain, set, &address, value);
    let version = Version;
    FinalityCertificate { version, chain_id, height, block_id, state_root, receipts_root, seals }
}
