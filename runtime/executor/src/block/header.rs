//! The header that a block must have: everything in it but the proposer's own choices follows from
//! parent, state and body.

use super::Parent;
use crate::rejection::Rejection;
use crypto::{id, merkle};
use state::{NodeReader, ReadError, read};
use types::codec::WideVersion;
use types::record::ChainRecord;
use types::{
    BlockId, Body, ChainId, Code, Hash, Header, Height, Params, Round, TimestampMs, TxHash,
    ValidatorId, ValidatorSet, VrfProof,
};

/// What the state after the parent says about the next block.
pub(crate) struct Facts {
    pub(crate) height: Height,
    pub(crate) chain_id: ChainId,
    pub(crate) chain: ChainRecord,
    pub(crate) params: Params,
    params_hash: Hash,
    /// V(height).
    pub(crate) set: ValidatorSet,
    next_validators_hash: Hash,
    /// Positions in `set`.
    eligible: Vec<u16>,
}

/// What a body adds up to.
pub(crate) struct Roots {
    txs: Hash,
    evidence: Hash,
    last_commit: Hash,
    finality: Hash,
    body_bytes: u32,
}

/// What a proposer chooses.
#[derive(Clone, Copy)]
pub(crate) struct Choices {
    pub(crate) round: Round,
    pub(crate) time_ms: TimestampMs,
    pub(crate) proposer: ValidatorId,
    pub(crate) randomness: Hash,
    pub(crate) vrf_proof: VrfProof,
}

impl Facts {
    pub(crate) fn read(reader: &dyn NodeReader, parent: &Parent) -> Result<Self, ReadError> {
        let height = parent.header.height.next();
        let params = read::params(reader)?;
        let set = read::validator_set_at(reader, height)?;
        let next = read::validator_set_at(reader, height.next())?;
        let eligible = read::eligible(reader, height, &set)?;
        Ok(Self {
            height,
            chain_id: parent.header.chain_id,
            chain: read::chain(reader)?,
            params_hash: id::params_hash(&params),
            params,
            set,
            next_validators_hash: id::validators_hash(&next),
            eligible,
        })
    }

    /// Whose turn a round is.
    pub(crate) fn proposer(&self, round: Round) -> ValidatorId {
        self.set.proposer(&self.eligible, self.height, round).id
    }

    /// The whole header.
    pub(crate) fn header(&self, parent: &Parent, roots: &Roots, choices: Choices) -> Header {
        let Choices { round, time_ms, proposer, randomness, vrf_proof } = choices;
        Header {
            version: WideVersion,
            protocol: self.chain.protocol,
            chain_id: self.chain_id,
            height: self.height,
            round,
            time_ms,
            parent: parent.block_id,
            proposer,
            // V(h) is what the parent announced: sets are fixed two heights ahead.
            validators_hash: parent.header.next_validators_hash,
            next_validators_hash: self.next_validators_hash,
            params_hash: self.params_hash,
            prev_state_root: parent.state_root,
            prev_receipts_root: parent.receipts_root,
            txs_root: roots.txs,
            evidence_root: roots.evidence,
            last_commit_hash: roots.last_commit,
            finality_hash: roots.finality,
            randomness,
            vrf_proof,
            body_bytes: roots.body_bytes,
        }
    }
}

impl Roots {
    /// Of a body of `body_bytes`, whose transactions have these hashes.
    pub(crate) fn of(body: &Body, tx_hashes: &[TxHash], body_bytes: u32) -> Self {
        let hashes: Vec<_> = tx_hashes.iter().map(|hash| Hash(hash.0)).collect();
        let evidence: Vec<_> = body.evidence.iter().map(id::evidence_hash).collect();
        Self {
            txs: merkle::root(&hashes),
            evidence: merkle::root(&evidence),
            last_commit: body.last_commit.as_ref().map_or(Hash::ZERO, id::commit_hash),
            finality: body.finality.as_ref().map_or(Hash::ZERO, id::finality_hash),
            body_bytes,
        }
    }
}

impl Choices {
    pub(crate) const fn of(header: &Header) -> Self {
        Self {
            round: header.round,
            time_ms: header.time_ms,
            proposer: header.proposer,
            randomness: header.randomness,
            vrf_proof: header.vrf_proof,
        }
    }
}

/// The first field in which a header is not what it must be.
pub(crate) fn difference(found: &Header, expected: &Header) -> Result<(), Rejection> {
    // Taken apart, so that a field added to the header cannot be forgotten here.
    let Header {
        version: _,
        protocol,
        chain_id,
        height,
        round: _,
        time_ms: _,
        parent,
        proposer: _,
        validators_hash,
        next_validators_hash,
        params_hash,
        prev_state_root,
        prev_receipts_root,
        txs_root,
        evidence_root,
        last_commit_hash,
        finality_hash,
        randomness: _,
        vrf_proof: _,
        body_bytes,
    } = expected;
    let numbers: [(&'static str, u64, u64); 3] = [
        ("header.protocol", found.protocol.into(), (*protocol).into()),
        ("header.height", found.height.0, height.0),
        ("header.body_bytes", found.body_bytes.into(), (*body_bytes).into()),
    ];
    if let Some((field, found, expected)) = numbers.into_iter().find(|(_, a, b)| a != b) {
        return Err(Rejection::new(Code::BadHeader, field, found, expected));
    }
    let BlockId(parent) = *parent;
    let hashes: [(&'static str, Hash, Hash); 11] = [
        ("header.chain_id", Hash(found.chain_id.0), Hash(chain_id.0)),
        ("header.parent", Hash(found.parent.0), Hash(parent)),
        ("header.validators_hash", found.validators_hash, *validators_hash),
        ("header.next_validators_hash", found.next_validators_hash, *next_validators_hash),
        ("header.params_hash", found.params_hash, *params_hash),
        ("header.prev_state_root", found.prev_state_root, *prev_state_root),
        ("header.prev_receipts_root", found.prev_receipts_root, *prev_receipts_root),
        ("header.txs_root", found.txs_root, *txs_root),
        ("header.evidence_root", found.evidence_root, *evidence_root),
        ("header.last_commit_hash", found.last_commit_hash, *last_commit_hash),
        ("header.finality_hash", found.finality_hash, *finality_hash),
    ];
    match hashes.into_iter().find(|(_, a, b)| a != b) {
        None => Ok(()),
        Some((field, found, expected)) => {
            Err(Rejection::new(Code::BadHeader, field, found, expected))
        }
    }
}
