//! Attestations: a registrar says that it opened a sealed identity and checked it.

use crate::{domain, hash, sign};
use borsh::BorshSerialize;
use types::{ChainId, Hash, Height, PublicKey, RevealPoint, Signature, ValidatorId};

/// What a registrar attests.
#[derive(Clone, Copy, Debug, BorshSerialize)]
pub struct Statement {
    /// The chain.
    pub chain_id: ChainId,
    /// The registrar set it is made under.
    pub set_version: u32,
    /// The validator.
    pub validator: ValidatorId,
    /// V.
    pub consensus_key: PublicKey,
    /// C.
    pub commitment: RevealPoint,
    /// `blake3(HI record)`.
    pub record: Hash,
    /// Rises with every record of a validator.
    pub version: u64,
    /// Last height at which it may be registered.
    pub expiry: Height,
}

/// What is signed: `H("attest", statement)`.
#[must_use]
pub fn attestation_hash(statement: &Statement) -> Hash {
    hash::derive_value(domain::ATTEST, statement)
}

/// Whether a registrar's key signed a statement.
#[must_use]
pub fn verify(statement: &Statement, registrar: &PublicKey, signature: &Signature) -> bool {
    sign::verify(registrar, &attestation_hash(statement).0, signature)
}

#[cfg(test)]
mod tests;
