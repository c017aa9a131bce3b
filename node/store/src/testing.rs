//! Chains of made-up blocks for tests. Every value is a function of the height, so that a test can
//! tell of which height anything is that it reads.

use crate::{CommitBatch, GenesisBatch, Options, Position, Store, Tip};
use state::{ChangeSet, NodeReader, key};
use tempfile::TempDir;
use types::code::Code;
use types::codec::{Version, WideVersion};
use types::genesis::Registrars;
use types::receipt::{ReceiptKind, Status};
use types::{
    Address, Amount, BlockId, Body, CertificateSignature, ChainId, CommitCertificate, Gas, Genesis,
    Hash, Header, Height, Params, Receipt, Round, Seal, Share, Signature, TimestampMs, TxHash,
    ValidatorId, VrfProof,
};

pub(crate) const CHAIN: ChainId = ChainId([7; 32]);
/// Touched by every block.
pub(crate) const EVERYWHERE: Address = Address([0xee; 32]);
pub(crate) const INSTANCE: [u8; 32] = [0x1d; 32];

/// 32 bytes that name a kind of thing and a height.
pub(crate) fn name(kind: u8, height: u64) -> [u8; 32] {
    let mut bytes = [kind; 32];
    bytes[24..].copy_from_slice(&height.to_be_bytes());
    bytes
}

pub(crate) fn block_id(height: u64) -> BlockId {
    BlockId(name(0xb1, height))
}

pub(crate) fn state_root(height: u64) -> Hash {
    Hash(name(0x57, height))
}

pub(crate) fn receipts_root(height: u64) -> Hash {
    if height == 0 { Hash::ZERO } else { Hash(name(0x4e, height)) }
}

pub(crate) fn tx_hash(height: u64, index: u32) -> TxHash {
    let mut bytes = name(0x7c, height);
    bytes[..4].copy_from_slice(&index.to_be_bytes());
    TxHash(bytes)
}

/// The account that only the block of this height touches.
pub(crate) fn account(height: u64) -> Address {
    Address(name(0xac, height))
}

pub(crate) fn position(height: u64, index: u32) -> Position {
    Position { height: Height(height), index }
}

pub(crate) fn options() -> Options {
    Options::new(CHAIN, block_id(0))
}

pub(crate) fn genesis() -> Genesis {
    Genesis {
        version: Version,
        name: "syndic:test".to_owned(),
        salt: [3; 16],
        time_ms: TimestampMs(1_000),
        protocol: 1,
        params: Params::default(),
        members: Vec::new(),
        registrars: Registrars { set_version: 1, threshold: 1, keys: Vec::new() },
        validators: Vec::new(),
        balances: vec![(EVERYWHERE, Amount(5))],
        roles: Vec::new(),
    }
}

pub(crate) fn header(height: u64, body_bytes: usize) -> Header {
    let before = height.saturating_sub(1);
    let zero_at_genesis = |hash: Hash| if height == 0 { Hash::ZERO } else { hash };
    Header {
        version: WideVersion,
        protocol: 1,
        chain_id: CHAIN,
        height: Height(height),
        round: Round(0),
        time_ms: TimestampMs(1_000 + height),
        parent: if height == 0 { BlockId::ZERO } else { block_id(before) },
        proposer: ValidatorId::ZERO,
        validators_hash: Hash::ZERO,
        next_validators_hash: Hash::ZERO,
        params_hash: Hash::ZERO,
        prev_state_root: zero_at_genesis(state_root(before)),
        prev_receipts_root: zero_at_genesis(receipts_root(before)),
        txs_root: Hash::ZERO,
        evidence_root: Hash::ZERO,
        last_commit_hash: Hash::ZERO,
        finality_hash: Hash::ZERO,
        randomness: Hash::ZERO,
        vrf_proof: VrfProof::ZERO,
        body_bytes: u32::try_from(body_bytes).unwrap(),
    }
}

pub(crate) fn certificate(height: u64) -> CommitCertificate {
    let signature =
        CertificateSignature { index: 0, signature: Signature([1; 64]), share: Share([2; 128]) };
    CommitCertificate {
        version: Version,
        chain_id: CHAIN,
        height: Height(height),
        round: Round(0),
        block_id: block_id(height),
        precommits: vec![signature],
    }
}

pub(crate) fn seal(height: u64, validator: u8) -> Seal {
    Seal {
        height: Height(height),
        block_id: block_id(height),
        state_root: state_root(height),
        receipts_root: receipts_root(height),
        validator: ValidatorId([validator; 32]),
        signature: Signature([3; 64]),
        share: Share([4; 128]),
    }
}

pub(crate) fn receipt(tx_hash: Option<TxHash>) -> Receipt {
    Receipt {
        version: Version,
        kind: if tx_hash.is_some() { ReceiptKind::Transaction } else { ReceiptKind::Evidence },
        tx_hash,
        status: Status::Succeeded,
        code: Code::Ok,
        gas_used: Gas(21),
        fee: Amount(1),
        events: Vec::new(),
        return_hash: Hash::ZERO,
    }
}

/// A block with everything that goes into its batch.
pub(crate) struct Made {
    pub(crate) header: Header,
    pub(crate) block_id: BlockId,
    pub(crate) body: Vec<u8>,
    pub(crate) certificate: CommitCertificate,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) returned: Vec<Vec<u8>>,
    pub(crate) touched: Vec<(TxHash, Vec<Address>)>,
    pub(crate) changes: ChangeSet,
    pub(crate) own_seal: Option<Seal>,
}

impl Made {
    pub(crate) fn batch(&self) -> CommitBatch<'_> {
        CommitBatch {
            header: &self.header,
            block_id: self.block_id,
            body: &self.body,
            certificate: &self.certificate,
            receipts: &self.receipts,
            returned: &self.returned,
            touched: &self.touched,
            changes: &self.changes,
            state_root: state_root(self.header.height.0),
            receipts_root: receipts_root(self.header.height.0),
            own_seal: self.own_seal.as_ref(),
        }
    }
}

/// The body of a height: two transactions of some bytes that do not compress.
pub(crate) fn body(height: u64, bytes: usize) -> Body {
    let mut random = Random::new(height);
    let txs = vec![random.bytes(bytes / 2), random.bytes(bytes / 2)];
    Body { last_commit: None, finality: None, evidence: Vec::new(), txs }
}

/// The block of a height: an evidence receipt, then two transactions. Both touch [`EVERYWHERE`],
/// the second one the height's own account too.
pub(crate) fn make(height: u64, body_bytes: usize) -> Made {
    let body = types::encode(&body(height, body_bytes));
    let hashes = [tx_hash(height, 1), tx_hash(height, 2)];
    Made {
        header: header(height, body.len()),
        block_id: block_id(height),
        body,
        certificate: certificate(height),
        receipts: vec![receipt(None), receipt(Some(hashes[0])), receipt(Some(hashes[1]))],
        returned: vec![Vec::new(), vec![1, 2, 3], Vec::new()],
        touched: vec![
            (hashes[0], vec![EVERYWHERE]),
            (hashes[1], vec![EVERYWHERE, account(height), EVERYWHERE]),
        ],
        changes: changes(height),
        own_seal: (height > 1).then(|| seal(height - 1, 9)),
    }
}

/// Every height sets three keys to its number: a key of its own, one it shares with every
/// fifth height, and one that all heights share. It removes the own key of the height five before.
pub(crate) fn changes(height: u64) -> ChangeSet {
    let value = height.to_be_bytes().to_vec();
    let mut entries = vec![
        (key::account(&account(height)), Some(value.clone())),
        (key::account(&Address(name(0xf1, height % 5))), Some(value.clone())),
        (key::account(&EVERYWHERE), Some(value)),
    ];
    if height >= 5 {
        entries.push((key::account(&account(height - 5)), None));
    }
    entries.sort();
    ChangeSet::from_sorted(entries).unwrap()
}

/// Check that everything in a store is of its tip: header, block and flat values.
pub(crate) fn assert_whole(store: &Store, tip: &Tip) {
    let height = tip.height.0;
    assert_eq!(store.block_id(tip.height).unwrap(), Some(block_id(height)));
    assert_eq!(tip.block_id, block_id(height));
    assert_eq!(store.header(tip.height.next()).unwrap(), None, "a header above the tip");
    assert_eq!(store.height_of(&block_id(height + 1)).unwrap(), None, "an id above the tip");
    if height > 0 {
        assert_eq!(store.receipts(tip.height).unwrap().unwrap().len(), 3);
        assert_eq!(store.certificate(tip.height).unwrap(), Some(certificate(height)));
        assert_eq!(store.tx_position(&tx_hash(height, 2)).unwrap(), Some(position(height, 2)));
    }
    assert_eq!(store.tx_position(&tx_hash(height + 1, 2)).unwrap(), None);
    let number = |value: Option<Vec<u8>>| value.map(|b| u64::from_be_bytes(b.try_into().unwrap()));
    let read = |address: &Address| number(store.value(&key::account(address)).unwrap());
    assert_eq!(read(&EVERYWHERE), Some(height));
    assert_eq!(read(&account(height)), Some(height));
    assert_eq!(read(&account(height + 1)), None);
    for slot in 0..5.min(height + 1) {
        let expected = (0..=height).rev().find(|h| h % 5 == slot);
        assert_eq!(read(&Address(name(0xf1, slot))), expected);
    }
    if height >= 5 {
        assert_eq!(read(&account(height - 5)), None, "a removed value");
        assert_eq!(read(&account(height - 4)), Some(height - 4));
    }
    let flushed = store.tree_position().unwrap();
    let first = flushed.map_or(0, |position| position.height.0 + 1);
    let sets = store.change_sets(Height(first), tip.height).unwrap();
    assert_eq!(sets.len() as u64, height + 1 - first, "what the tree on disk lacks");
    assert!(sets.iter().all(|(height, set)| *set == changes(height.0)));
}

/// Write genesis into a new store.
pub(crate) fn initialise(store: &Store) -> Tip {
    let batch = GenesisBatch {
        genesis: &genesis(),
        header: &header(0, 0),
        changes: &changes(0),
        state_root: state_root(0),
        instance: INSTANCE,
    };
    store.initialise(&batch).unwrap()
}

/// Commit the next blocks up to a height, with small bodies.
pub(crate) fn grow(store: &Store, to: u64) -> Tip {
    let mut tip = store.tip().unwrap();
    for height in tip.height.0 + 1..=to {
        tip = store.commit(&make(height, 64).batch()).unwrap();
    }
    tip
}

/// A store in a folder of its own, grown to a height.
pub(crate) fn grown(height: u64) -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), &options()).unwrap();
    initialise(&store);
    grow(&store, height);
    (folder, store)
}

/// Numbers that look random and are the same in every run: xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}
