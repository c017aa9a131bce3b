//! Check a block.

use super::certificates::{self, Known};
use super::header::{self, Choices, Facts, Roots};
use super::{MAX_EVIDENCE, Parent};
use crate::evidence::{Docket, Proven};
use crate::intake::Intake;
use crate::rejection::{CheckError, Rejection};
use crate::transaction::{self, Position};
use crypto::sign::{self, Check};
use crypto::{id, vrf};
use state::NodeReader;
use std::sync::Arc;
use types::{
    Block, BlockId, Body, Call, ChainId, Code, Gas, Hash, Header, Height, Params, SignedTx, TxHash,
    ValidatorId,
};

/// A block that may follow its parent, decoded and ready to be carried out.
///
/// Only [`check`] makes one.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(crate) block_id: BlockId,
    pub(crate) position: Position,
    pub(crate) params: Params,
    pub(crate) txs: Vec<Accepted>,
    /// Whose precommits for the parent the block carries.
    pub(crate) signers: Vec<ValidatorId>,
    /// Height of the newer finality certificate that the block carries.
    pub(crate) carried: Option<Height>,
    /// Its parent's id and the state root after it.
    pub(crate) parent: (BlockId, Hash),
    /// Whose block it is.
    pub(crate) proposer: ValidatorId,
    /// The double signs that it punishes.
    pub(crate) evidence: Vec<Proven>,
    pub(crate) chain_id: ChainId,
    /// What the proposer could not choose.
    pub(crate) randomness: Hash,
}

/// Gives a transaction whose signatures were verified before, by its hash; see [`check`].
pub type KnownTx<'a> = &'a dyn Fn(&TxHash) -> Option<Arc<SignedTx>>;

/// A valid transaction.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) signed: Arc<SignedTx>,
    pub(crate) hash: TxHash,
    /// What it costs before it runs.
    pub(crate) intrinsic: Gas,
}

impl Checked {
    /// `H("block", header)`.
    #[must_use]
    pub const fn block_id(&self) -> BlockId {
        self.block_id
    }

    /// Height and time of the block.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Hashes of its transactions, in order.
    pub fn tx_hashes(&self) -> impl ExactSizeIterator<Item = TxHash> + '_ {
        self.txs.iter().map(|tx| tx.hash)
    }

    /// The code that it deploys: to be compiled before the block is carried out, so that nobody
    /// waits for it then.
    pub fn code(&self) -> impl Iterator<Item = &[u8]> + '_ {
        self.txs.iter().flat_map(|tx| tx.signed.tx.calls.iter().filter_map(Call::code))
    }

    /// Its transactions, in order.
    pub fn txs(&self) -> impl ExactSizeIterator<Item = &SignedTx> + '_ {
        self.txs.iter().map(|tx| &*tx.signed)
    }
}

/// Check all of a block but whether it is timely, and what depends on the round that proposes it.
///
/// `reader` is the state after the parent. `known` tells which ballots of certificates were
/// verified before, and `known_tx` gives the transactions whose signatures were, as they were
/// decoded then: those are neither decoded nor verified again.
///
/// # Errors
/// [`CheckError::Invalid`] names the first breach, [`CheckError::Read`] says that this node cannot
/// tell.
pub fn check(
    reader: &dyn NodeReader,
    parent: &Parent,
    block: &Block,
    known: Known<'_>,
    known_tx: KnownTx<'_>,
) -> Result<Checked, CheckError> {
    let Block { header, body } = block;
    let facts = Facts::read(reader, parent)?;
    let body_bytes = check_sizes(body, &facts.params)?;
    let hashes: Vec<TxHash> = body.txs.iter().map(|tx| id::tx_hash(tx)).collect();
    let roots = Roots::of(body, &hashes, body_bytes);
    header::difference(header, &facts.header(parent, &roots, Choices::of(header)))?;
    check_choices(header, parent, &facts)?;
    let signers = certificates::check_last_commit(reader, &facts, parent, body, known)?;
    let carried = certificates::check_finality(reader, &facts, parent, body, known)?;
    let mut docket = Docket::new(reader, facts.chain_id, facts.height, &facts.params);
    let evidence =
        body.evidence.iter().map(|pair| docket.take(pair)).collect::<Result<Vec<_>, _>>()?;
    let position = Position { height: facts.height, time_ms: header.time_ms };
    let mut intake = Intake::new(reader, facts.chain_id, position, &facts.params);
    let txs = check_transactions(body, &hashes, &facts.params, &mut intake, known_tx)?;
    let block_id = id::block_id(header);
    let (params, proposer) = (facts.params, header.proposer);
    let parent = (header.parent, header.prev_state_root);
    let (chain_id, randomness) = (facts.chain_id, header.randomness);
    Ok(Checked {
        block_id,
        position,
        params,
        txs,
        signers,
        carried,
        parent,
        proposer,
        evidence,
        chain_id,
        randomness,
    })
}

/// Counts and sizes, before anything is hashed; returns the size of the encoded body.
fn check_sizes(body: &Body, params: &Params) -> Result<u32, Rejection> {
    let too_large = |field, value: usize, limit: u64| {
        Err(Rejection::new(Code::BlockTooLarge, field, value, limit))
    };
    if body.evidence.len() > MAX_EVIDENCE {
        return too_large("evidence", body.evidence.len(), MAX_EVIDENCE as u64);
    }
    let txs = body.txs.len();
    if u32::try_from(txs).is_ok_and(|txs| txs <= params.max_block_txs) {
        let bytes = borsh::object_length(body).expect("counting bytes cannot fail");
        match u32::try_from(bytes) {
            Ok(body_bytes) if body_bytes <= params.max_body_bytes => Ok(body_bytes),
            Ok(_) | Err(_) => too_large("body", bytes, params.max_body_bytes.into()),
        }
    } else {
        too_large("txs", txs, params.max_block_txs.into())
    }
}

/// What the proposer chose: its turn, the time, and the randomness that it could not choose.
fn check_choices(header: &Header, parent: &Parent, facts: &Facts) -> Result<(), Rejection> {
    let expected = facts.proposer(header.round);
    if header.proposer != expected {
        let found = header.proposer;
        return Err(Rejection::new(Code::BadProposer, "header.proposer", found, expected));
    }
    let (time_ms, before) = (header.time_ms, parent.header.time_ms);
    if time_ms <= before {
        return Err(Rejection::new(Code::BadTime, "header.time_ms", time_ms, before));
    }
    let proposer = facts.set.by_id(&expected).expect("the proposer is of the set");
    let (key, previous) = (&proposer.randomness_key, &parent.header.randomness);
    let output = vrf::verify(key, &facts.chain_id, facts.height, previous, &header.vrf_proof);
    match output {
        Some(output) if output == header.randomness => Ok(()),
        Some(output) => {
            let found = header.randomness;
            Err(Rejection::new(Code::BadRandomness, "header.randomness", found, output))
        }
        None => Err(Rejection::new(Code::BadRandomness, "header.vrf_proof", "", "")),
    }
}

/// The transactions in order, and then all signatures that are not known in one batch.
fn check_transactions(
    body: &Body,
    hashes: &[TxHash],
    params: &Params,
    intake: &mut Intake<'_>,
    known_tx: KnownTx<'_>,
) -> Result<Vec<Accepted>, CheckError> {
    let mut txs = Vec::with_capacity(body.txs.len());
    let mut checks: Vec<Check> = Vec::new();
    // To which transaction a check belongs.
    let mut owners: Vec<usize> = Vec::new();
    for (position, (bytes, hash)) in body.txs.iter().zip(hashes).enumerate() {
        let within = |refusal: Rejection| Rejection { transaction: Some(position), ..refusal };
        let known = known_tx(hash);
        let signed = match &known {
            Some(signed) => signed.clone(),
            None => Arc::new(transaction::decode_signed(bytes, params).map_err(within)?),
        };
        let intrinsic = intake.take(&signed, bytes.len()).map_err(|error| match error {
            CheckError::Invalid(refusal) => CheckError::Invalid(within(refusal)),
            CheckError::Read(error) => CheckError::Read(error),
        })?;
        if known.is_none() {
            checks.extend(transaction::signature_checks(&signed).map_err(within)?);
            owners.resize(checks.len(), position);
        }
        txs.push(Accepted { signed, hash: *hash, intrinsic });
    }
    let verdicts = sign::verify_batch(&checks);
    assert_eq!(verdicts.len(), checks.len(), "one verdict a check");
    match verdicts.iter().position(|valid| !valid) {
        None => Ok(txs),
        Some(at) => {
            let (check, owner) = checks.get(at).zip(owners.get(at)).expect("one of each a verdict");
            let refusal = transaction::bad_signature(check);
            Err(Rejection { transaction: Some(*owner), ..refusal }.into())
        }
    }
}
