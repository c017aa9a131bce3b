//! Check what a node says, offline: from a trusted genesis or validator set to a value or receipt.
//!
//! A height's finality certificate holds its state root and its receipts root, signed by more than
//! two thirds of the power of V(height) (protocol 3.4). So a proof is: the certificate, and a
//! Merkle
//! path to one of its roots. Where the validator set changed since the one that the reader trusts,
//! a [`SetStep`] for each change leads from the set before to the set after: a header decided by
//! the set before names the hash of the set of the next height.
//!
//! What holds: if less than a third of the power of each set on the way is dishonest, at the time
//! of reading too, then what is verified is what the chain holds. Whoever trusts a very old set
//! trusts that its keys were not given away since.

use crate::dto::{EvidenceFile, ReceiptProof, SetStep, StateProof};
use crypto::certificate::{CertificateError, verify_commit, verify_finality};
use crypto::evidence::{self, EvidenceError};
use crypto::hidden::{self, RecordOf};
use crypto::{id, merkle};
use state::proof::{MAX_PROOF_BYTES, Proof, ProofError};
use types::punishment::Opening;
use types::receipt::MAX_EVENT_BYTES;
use types::validator_set::ValidatorSetError;
use types::{
    BlockId, ChainId, CommitCertificate, DecodeError, Evidence, FinalityCertificate, Genesis, Hash,
    Header, Height, Receipt, RevealPoint, TxHash, Validator, ValidatorId, ValidatorSet,
};

/// Largest certificate: 100 signatures with their shares, and what they are about. Unit: bytes.
pub const MAX_CERTIFICATE_BYTES: usize = 64 * 1024;
/// Largest header. Unit: bytes.
pub const MAX_HEADER_BYTES: usize = 4 * 1024;
/// Largest validator set. Unit: bytes.
pub const MAX_SET_BYTES: usize = 64 * 1024;
/// Largest evidence. Unit: bytes.
pub const MAX_EVIDENCE_BYTES: usize = 4 * 1024;
/// Largest receipt: its events and what surrounds them. Unit: bytes.
pub const MAX_RECEIPT_BYTES: usize = MAX_EVENT_BYTES + 64 * 1024;
/// Most changes of the validator set in one proof.
pub const MAX_STEPS: usize = 10_000;
/// The version of proofs that this program makes and reads.
pub const PROOF_VERSION: u32 = 1;

/// Why a proof is refused.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A format that this program does not know.
    #[error("the proof has version {found}, this program knows version {PROOF_VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
    /// It is about another chain.
    #[error("the proof is about chain {found}, expected is {expected}")]
    OtherChain {
        /// Its chain.
        found: ChainId,
        /// The right one.
        expected: ChainId,
    },
    /// The genesis is not the one expected.
    #[error("the genesis has hash {found}, expected is {expected}")]
    OtherGenesis {
        /// Its hash.
        found: BlockId,
        /// The right one.
        expected: BlockId,
    },
    /// Its parts are about different heights.
    #[error("the {what} is about height {found}, expected is {expected}")]
    OtherHeight {
        /// Which part.
        what: &'static str,
        /// Its height.
        found: Height,
        /// The right one.
        expected: Height,
    },
    /// It is about a height before the set that the reader trusts.
    #[error("height {height} is below {trusted}, from which on the trusted validator set holds")]
    BeforeTrust {
        /// The height.
        height: Height,
        /// Where trust begins.
        trusted: Height,
    },
    /// A certificate is about another block than the header beside it.
    #[error("the commit certificate is about block {found}, the header is block {expected}")]
    OtherBlock {
        /// The certificate's block.
        found: BlockId,
        /// The header's id.
        expected: BlockId,
    },
    /// A validator set is not the one that its header names.
    #[error("the set of height {height} has hash {found}, the header names {expected}")]
    OtherSet {
        /// The set's height.
        height: Height,
        /// Its hash.
        found: Hash,
        /// The one named.
        expected: Hash,
    },
    /// More changes of the validator set than a proof may hold.
    #[error("the proof holds {count} changes of the validator set, the limit is {MAX_STEPS}")]
    TooManySteps {
        /// How many.
        count: usize,
    },
    /// The genesis or a proof holds no validator set.
    #[error(transparent)]
    Set(#[from] ValidatorSetError),
    /// A part cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A certificate does not verify.
    #[error("certificate of height {height}: {source}")]
    Certificate {
        /// Its height.
        height: Height,
        /// Why.
        source: CertificateError,
    },
    /// The path does not lead to the state root.
    #[error(transparent)]
    State(#[from] ProofError),
    /// The path does not lead to the receipts root.
    #[error("receipt {index} of {count} does not lead to the receipts root of height {height}")]
    Receipt {
        /// The height.
        height: Height,
        /// The receipt's number.
        index: u32,
        /// How many there are said to be.
        count: u32,
    },
    /// A receipt or answer is about another transaction than was asked for.
    #[error("the answer is about transaction {found}, expected is {expected}")]
    OtherTransaction {
        /// The one that it is about.
        found: TxHash,
        /// The right one.
        expected: TxHash,
    },
    /// Evidence that proves nothing.
    #[error("evidence: {0}")]
    Evidence(#[from] EvidenceError),
    /// Evidence about nobody whom the chain knows.
    #[error("{accused} was no validator at height {height}")]
    Stranger {
        /// Who is accused.
        accused: ValidatorId,
        /// Where.
        height: Height,
    },
    /// The answer holds no proof although one was asked for.
    #[error("the answer holds no proof")]
    NoProof,
}

/// What the reader trusts: a chain, and the validator set from a height on until it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    chain_id: ChainId,
    height: Height,
    set: ValidatorSet,
}

/// A value of state that is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedState {
    /// The height after which it holds.
    pub height: Height,
    /// The block of that height.
    pub block_id: BlockId,
    /// The raw key.
    pub key: Vec<u8>,
    /// Its value; `None` if the key is not there.
    pub value: Option<Vec<u8>>,
}

/// A receipt that is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedReceipt {
    /// The height it is of.
    pub height: Height,
    /// The block of that height.
    pub block_id: BlockId,
    /// Its number among the receipts.
    pub index: u32,
    /// The receipt.
    pub receipt: Receipt,
}

/// A double sign that is proven, and what it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEvidence {
    /// `H("evidence", {validator id, address})`.
    pub id: Hash,
    /// The pair.
    pub evidence: Evidence,
    /// Who signed both, with the keys of that height.
    pub validator: Validator,
    /// K.
    pub hidden_point: RevealPoint,
    /// What K opens.
    pub opening: Opening,
}

impl Trust {
    /// Trust a genesis: V(1) is in it. `expected` is its hash as known from elsewhere; without one
    /// the caller vouches for the genesis itself.
    ///
    /// # Errors
    /// [`VerifyError::OtherGenesis`], or [`VerifyError::Set`] if it has no validator set.
    pub fn from_genesis(genesis: &Genesis, expected: Option<BlockId>) -> Result<Self, VerifyError> {
        let set = id::genesis_set(genesis)?;
        let found = id::block_id(&id::genesis_header(genesis)?);
        match expected {
            Some(expected) if expected != found => {
                Err(VerifyError::OtherGenesis { found, expected })
            }
            Some(_) | None => {
                Ok(Self::new(id::chain_id(&genesis.name, &genesis.salt), Height(1), set))
            }
        }
    }

    /// Trust a set from a height on.
    #[must_use]
    pub const fn new(chain_id: ChainId, height: Height, set: ValidatorSet) -> Self {
        Self { chain_id, height, set }
    }

    /// The chain.
    #[must_use]
    pub const fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    /// From which height on the set is trusted.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.height
    }

    /// The set.
    #[must_use]
    pub const fn set(&self) -> &ValidatorSet {
        &self.set
    }

    /// Go on to the set after a change.
    ///
    /// # Errors
    /// [`VerifyError`] if the set before does not vouch for it.
    pub fn advance(&mut self, step: &SetStep) -> Result<(), VerifyError> {
        let header: Header = types::decode("header", &step.header.0, MAX_HEADER_BYTES)?;
        let commit: CommitCertificate =
            types::decode("commit certificate", &step.commit.0, MAX_CERTIFICATE_BYTES)?;
        let next = decode_set(&step.next.0)?;
        let (height, block_id) = (header.height, id::block_id(&header));
        self.check_chain(header.chain_id)?;
        if height < self.height {
            return Err(VerifyError::BeforeTrust { height, trusted: self.height });
        }
        if commit.height != height {
            let (what, found) = ("commit certificate", commit.height);
            return Err(VerifyError::OtherHeight { what, found, expected: height });
        }
        if commit.block_id != block_id {
            return Err(VerifyError::OtherBlock { found: commit.block_id, expected: block_id });
        }
        check_set(height, &self.set, header.validators_hash)?;
        verify_commit(&commit, &self.chain_id, &self.set, &|_| false)
            .map_err(|source| VerifyError::Certificate { height, source })?;
        check_set(height.next(), &next, header.next_validators_hash)?;
        (self.height, self.set) = (height.next(), next);
        Ok(())
    }

    /// What the steps of a proof lead to.
    pub(crate) fn after(&self, steps: &[SetStep]) -> Result<Self, VerifyError> {
        if steps.len() > MAX_STEPS {
            return Err(VerifyError::TooManySteps { count: steps.len() });
        }
        let mut trust = self.clone();
        steps.iter().try_for_each(|step| trust.advance(step))?;
        Ok(trust)
    }

    /// The finality certificate of a height, once every signature and share of it is verified.
    ///
    /// # Errors
    /// [`VerifyError`] if it is none of this chain, height and set.
    pub fn finality(
        &self,
        encoded: &[u8],
        height: Height,
    ) -> Result<FinalityCertificate, VerifyError> {
        let certificate: FinalityCertificate =
            types::decode("finality certificate", encoded, MAX_CERTIFICATE_BYTES)?;
        if certificate.height != height {
            let (what, found) = ("finality certificate", certificate.height);
            return Err(VerifyError::OtherHeight { what, found, expected: height });
        }
        if height < self.height {
            return Err(VerifyError::BeforeTrust { height, trusted: self.height });
        }
        self.check_chain(certificate.chain_id)?;
        // More than two thirds of the trusted set sealed these roots, so an honest one did: they
        // are right even if the set has changed since and the proof keeps silent about it.
        verify_finality(&certificate, &self.chain_id, &self.set, &|_| false)
            .map_err(|source| VerifyError::Certificate { height, source })?;
        Ok(certificate)
    }

    /// What a proof of state shows.
    ///
    /// # Errors
    /// [`VerifyError`] if it shows nothing.
    pub fn verify_state(&self, proof: &StateProof) -> Result<VerifiedState, VerifyError> {
        check_version(proof.version)?;
        self.check_chain(proof.chain_id)?;
        let path: Proof = types::decode("state proof", &proof.proof.0, MAX_PROOF_BYTES)?;
        let trust = self.after(&proof.steps)?;
        let certificate = trust.finality(&proof.certificate.0, proof.height)?;
        let proven = state::proof::verify(&path, &certificate.state_root)?;
        Ok(VerifiedState {
            height: certificate.height,
            block_id: certificate.block_id,
            key: proven.key.to_vec(),
            value: proven.value.map(<[u8]>::to_vec),
        })
    }

    /// What a proof of state shows about this key.
    ///
    /// # Errors
    /// [`VerifyError`] if it shows nothing about it.
    pub fn verify_key(&self, proof: &StateProof, key: &[u8]) -> Result<VerifiedState, VerifyError> {
        let verified = self.verify_state(proof)?;
        if verified.key == key { Ok(verified) } else { Err(ProofError::OtherKey.into()) }
    }

    /// What a proof of a receipt shows.
    ///
    /// # Errors
    /// [`VerifyError`] if it shows nothing.
    pub fn verify_receipt(&self, proof: &ReceiptProof) -> Result<VerifiedReceipt, VerifyError> {
        check_version(proof.version)?;
        self.check_chain(proof.chain_id)?;
        let receipt: Receipt = types::decode("receipt", &proof.receipt.0, MAX_RECEIPT_BYTES)?;
        let trust = self.after(&proof.steps)?;
        let certificate = trust.finality(&proof.certificate.0, proof.height)?;
        let (index, count) = (proof.index, proof.count);
        let refused = || VerifyError::Receipt { height: certificate.height, index, count };
        let siblings = siblings(&proof.siblings.0).ok_or_else(refused)?;
        let entry = id::receipt_hash(&receipt);
        let root = &certificate.receipts_root;
        if !merkle::verify(root, &entry, index as usize, count as usize, &siblings) {
            return Err(refused());
        }
        let block_id = certificate.block_id;
        Ok(VerifiedReceipt { height: certificate.height, block_id, index, receipt })
    }

    /// What a proof of a receipt shows about this transaction.
    ///
    /// # Errors
    /// [`VerifyError`] if it shows nothing about it.
    pub fn verify_transaction(
        &self,
        proof: &ReceiptProof,
        expected: TxHash,
    ) -> Result<VerifiedReceipt, VerifyError> {
        let verified = self.verify_receipt(proof)?;
        let found = verified.receipt.tx_hash.unwrap_or(TxHash::ZERO);
        if found == expected {
            Ok(verified)
        } else {
            Err(VerifyError::OtherTransaction { found, expected })
        }
    }

    /// What an evidence file shows: by arithmetic alone, from the keys that the chain's validators
    /// registered.
    ///
    /// # Errors
    /// [`VerifyError`] if it shows nothing.
    pub fn verify_evidence(&self, file: &EvidenceFile) -> Result<VerifiedEvidence, VerifyError> {
        check_version(file.version)?;
        self.check_chain(file.chain_id)?;
        let pair: Evidence = types::decode("evidence", &file.evidence.0, MAX_EVIDENCE_BYTES)?;
        self.check_chain(pair.address.chain_id)?;
        let trust = self.after(&file.steps)?;
        let height = pair.address.height;
        if height < trust.height {
            return Err(VerifyError::BeforeTrust { height, trusted: trust.height });
        }
        let accused = pair.validator;
        let validator = trust.set.by_id(&accused).cloned();
        let validator = validator.ok_or(VerifyError::Stranger { accused, height })?;
        evidence::verify(&pair, &validator)?;
        let hidden_point =
            evidence::hidden_point(&pair).ok_or(EvidenceError::Share { field: "share_b" })?;
        let (chain_id, key) = (&self.chain_id, &validator.consensus_key);
        let of = RecordOf { chain_id, key, commitment: &validator.commitment };
        let opening = hidden::examine(&file.sealed.0, &hidden_point, &of, &accused);
        let id = id::evidence_id(&accused, &pair.address);
        Ok(VerifiedEvidence { id, evidence: pair, validator, hidden_point, opening })
    }

    fn check_chain(&self, found: ChainId) -> Result<(), VerifyError> {
        let expected = self.chain_id;
        if found == expected { Ok(()) } else { Err(VerifyError::OtherChain { found, expected }) }
    }
}

fn check_version(found: u32) -> Result<(), VerifyError> {
    if found == PROOF_VERSION { Ok(()) } else { Err(VerifyError::Version { found }) }
}

/// Read a validator set and see that it keeps its rules.
///
/// # Errors
/// [`VerifyError::Decode`] or [`VerifyError::Set`].
pub fn decode_set(bytes: &[u8]) -> Result<ValidatorSet, VerifyError> {
    let set: ValidatorSet = types::decode("validator set", bytes, MAX_SET_BYTES)?;
    set.check()?;
    Ok(set)
}

fn check_set(height: Height, set: &ValidatorSet, expected: Hash) -> Result<(), VerifyError> {
    let found = id::validators_hash(set);
    if found == expected { Ok(()) } else { Err(VerifyError::OtherSet { height, found, expected }) }
}

/// The siblings of a Merkle path; `None` if the bytes are no whole number of at most 32 hashes.
fn siblings(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let fits = rest.is_empty() && hashes.len() <= merkle::MAX_PROOF_HASHES;
    fits.then(|| hashes.iter().copied().map(Hash).collect())
}

#[cfg(test)]
mod tests;
