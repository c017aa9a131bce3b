//! Build a block.

use super::header::{Choices, Facts, Roots};
use super::{MAX_EVIDENCE, Parent, SENDER_GAS_PARTS};
use crate::evidence::Docket;
use crate::intake::Intake;
use crate::rejection::CheckError;
use crate::transaction::{Decoded, Position};
use state::{NodeReader, ReadError};
use std::collections::BTreeMap;
use std::sync::Arc;
use types::{
    Address, Block, Body, Code, CommitCertificate, Evidence, FinalityCertificate, Hash, Height,
    Params, Round, TimestampMs, TxHash, ValidatorId, VrfProof,
};

/// What a proposer puts into a block.
#[derive(Clone, Debug)]
pub struct BuildInput {
    /// The height after the parent.
    pub height: Height,
    /// The round that it is first proposed in.
    pub round: Round,
    /// The proposer's clock; a time not above the parent's becomes the parent's plus 1 ms.
    pub time_ms: TimestampMs,
    /// The proposer, whose turn the round is.
    pub proposer: ValidatorId,
    /// The precommits for the parent; `None` at height 1.
    pub last_commit: Option<CommitCertificate>,
    /// The newest finality certificate that the proposer holds; put in when it is due.
    pub finality: Option<FinalityCertificate>,
    /// Double signs to punish, in the order to take them. Those that are not valid here are left
    /// out, and what is beyond the limit of a block.
    pub evidence: Vec<Evidence>,
    /// Transactions in the order to take them, signatures verified. Those that are not valid here
    /// are left out.
    pub candidates: Vec<Arc<Decoded>>,
    /// The proposer's randomness proof for this height, and what follows from it.
    pub vrf: (VrfProof, Hash),
}

/// A block, and what it was not made of.
#[derive(Clone, Debug)]
pub struct Built {
    /// The block.
    pub block: Block,
    /// Candidates that are not valid on the state after the parent, and why. Those that only did
    /// not fit, or whose turn comes after one that did not, are not among them.
    pub invalid: Vec<(TxHash, Code)>,
}

/// Make the block that follows `parent`, on the state after it.
///
/// [`check`](super::check()) finds it valid, given that certificates, randomness and the
/// candidates' signatures are.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
///
/// # Panics
/// If the height is not the parent's next one, or the round not the proposer's turn: the caller
/// proposes only when asked to.
pub fn build(
    reader: &dyn NodeReader,
    parent: &Parent,
    input: BuildInput,
) -> Result<Built, ReadError> {
    let facts = Facts::read(reader, parent)?;
    assert_eq!(input.height, facts.height, "a block follows its parent");
    assert_eq!(input.proposer, facts.proposer(input.round), "a proposer waits for its turn");
    let evidence = admit_evidence(reader, &facts, input.evidence)?;
    let finality = input.finality.filter(|finality| is_due(&facts, finality.height));
    let (last_commit, txs) = (input.last_commit, Vec::new());
    let mut body = Body { last_commit, finality, evidence, txs };
    let time_ms = input.time_ms.max(TimestampMs(parent.header.time_ms.0.saturating_add(1)));
    let position = Position { height: facts.height, time_ms };
    let intake = Intake::new(reader, facts.chain_id, position, &facts.params);
    let mut bytes = encoded_len(&body);
    let (hashes, invalid) = fill(&mut body, &mut bytes, &facts.params, intake, &input.candidates)?;
    let body_bytes = u32::try_from(bytes).expect("a body is within a limit of 32 bits");
    let roots = Roots::of(&body, &hashes, body_bytes);
    let (vrf_proof, randomness) = input.vrf;
    let (round, proposer) = (input.round, input.proposer);
    let choices = Choices { round, time_ms, proposer, randomness, vrf_proof };
    let block = Block { header: facts.header(parent, &roots, choices), body };
    Ok(Built { block, invalid })
}

/// Take evidence as long as it is valid here and fits.
fn admit_evidence(
    reader: &dyn NodeReader,
    facts: &Facts,
    candidates: Vec<Evidence>,
) -> Result<Vec<Evidence>, ReadError> {
    let mut docket = Docket::new(reader, facts.chain_id, facts.height, &facts.params);
    let mut taken = Vec::new();
    for pair in candidates {
        if taken.len() == MAX_EVIDENCE {
            break;
        }
        match docket.take(&pair) {
            Ok(_) => taken.push(pair),
            Err(CheckError::Invalid(_)) => {}
            Err(CheckError::Read(error)) => return Err(error),
        }
    }
    Ok(taken)
}

/// Whether a finality certificate of this height goes into the block (protocol 2.7).
fn is_due(facts: &Facts, height: Height) -> bool {
    let carried = facts.chain.carried;
    let age = facts.height.0.saturating_sub(carried.0);
    height > carried && height < facts.height && age >= facts.params.finality_carry_after
}

/// What became of candidates: hashes of those taken, in order, and those that are not valid.
type Filled = (Vec<TxHash>, Vec<(TxHash, Code)>);

/// Take candidates as long as they fit.
fn fill(
    body: &mut Body,
    bytes: &mut usize,
    params: &Params,
    mut intake: Intake<'_>,
    candidates: &[Arc<Decoded>],
) -> Result<Filled, ReadError> {
    const LENGTH_PREFIX_BYTES: usize = 4;
    let most_bytes = usize::try_from(params.max_body_bytes).unwrap_or(usize::MAX);
    let most_sender_gas = params.max_block_gas / SENDER_GAS_PARTS;
    let mut sender_gas: BTreeMap<Address, u64> = BTreeMap::new();
    let mut hashes = Vec::new();
    let mut invalid = Vec::new();
    for candidate in candidates {
        let tx = &candidate.signed.tx;
        let added = candidate.bytes.len().saturating_add(LENGTH_PREFIX_BYTES);
        let total = bytes.saturating_add(added);
        let taken = sender_gas.get(&tx.sender).copied();
        let gas = taken.unwrap_or(0).saturating_add(tx.gas_limit.0);
        // A sender's first transaction fits always: a chain may allow one more than an eighth.
        if total > most_bytes || (taken.is_some() && gas > most_sender_gas) {
            continue;
        }
        match intake.take(&candidate.signed, candidate.bytes.len()) {
            Ok(_) => {}
            Err(CheckError::Invalid(refusal)) => {
                // A block that is full, or a nonce that follows one left out, is no fault of it.
                if !matches!(refusal.code, Code::BlockTooLarge | Code::NonceTooHigh) {
                    invalid.push((candidate.hash, refusal.code));
                }
                continue;
            }
            Err(CheckError::Read(error)) => return Err(error),
        }
        sender_gas.insert(tx.sender, gas);
        *bytes = total;
        body.txs.push(candidate.bytes.to_vec());
        hashes.push(candidate.hash);
    }
    Ok((hashes, invalid))
}

fn encoded_len(body: &Body) -> usize {
    borsh::object_length(body).expect("counting bytes cannot fail")
}
