//! Ballots: what a validator signs at an address, with its reveal share (docs/reveal.md 4 to 6).
//!
//! The signature covers the share, so that nobody can pair a good signature with a garbage share,
//! and a bad share is its signer's own act. A ballot counts only if both verify.

use crate::reveal::{self, AddressPoint, RevealSecret, ShareCheck};
use crate::sign::{self, Check, SecretKey};
use crate::vrf::VrfSecret;
use crate::{domain, hash, id};
use std::collections::BTreeMap;
use types::{
    ChainId, Hash, Height, Proposal, PublicKey, RevealPoint, Round, Seal, Share, Signature,
    SignedAddress, Step, Validator, Value, Vote, VrfProof,
};

/// Everything a validator signs with, erased when dropped.
pub struct ConsensusSecret {
    key: SecretKey,
    reveal: RevealSecret,
    randomness: VrfSecret,
}

impl ConsensusSecret {
    /// From the consensus key and the seed of the reveal and randomness secrets.
    #[must_use]
    pub fn new(key: SecretKey, reveal_seed: [u8; 32], chain_id: ChainId) -> Self {
        let public = key.public();
        Self {
            reveal: RevealSecret::derive(reveal_seed, &chain_id, &public),
            randomness: VrfSecret::derive(reveal_seed, &chain_id, &public),
            key,
        }
    }

    /// V.
    #[must_use]
    pub fn consensus_key(&self) -> PublicKey {
        self.key.public()
    }

    /// C.
    #[must_use]
    pub fn commitment(&self) -> RevealPoint {
        self.reveal.commitment()
    }

    /// Y.
    #[must_use]
    pub fn randomness_key(&self) -> RevealPoint {
        self.randomness.public()
    }

    /// The reveal secret, for registration.
    #[must_use]
    pub fn reveal(&self) -> &RevealSecret {
        &self.reveal
    }

    /// The randomness secret, for registration.
    #[must_use]
    pub fn vrf(&self) -> &VrfSecret {
        &self.randomness
    }

    /// Sign a value at an address. **Twice at one address over two values opens the sealed
    /// identity**: only a guard may call this. `fresh` is 32 bytes from the operating system.
    ///
    /// # Panics
    /// If the machine computes wrongly: the share just made is verified before it is returned.
    #[must_use]
    pub fn sign(
        &self,
        address: &SignedAddress,
        value: &Value,
        fresh: [u8; 32],
    ) -> (Signature, Share) {
        let share = self.reveal.share(address, value, &fresh);
        let message = signed_bytes(&self.key.public(), address, value, &share);
        (self.key.sign(&message.0), share)
    }

    /// The proof of a height's randomness, and the randomness.
    #[must_use]
    pub fn randomness(
        &self,
        chain_id: &ChainId,
        height: Height,
        previous: &Hash,
    ) -> (VrfProof, Hash) {
        self.randomness.prove(chain_id, height, previous)
    }

    /// Sign a hash that is not a ballot: `ready` and the join of a genesis.
    #[must_use]
    pub fn sign_hash(&self, message: &Hash) -> Signature {
        self.key.sign(&message.0)
    }
}

/// A signature and share to be verified, with what they are over.
#[derive(Clone, Copy, Debug)]
pub struct Ballot<'a> {
    /// Whose, with the keys valid at the address's height.
    pub validator: &'a Validator,
    /// Where.
    pub address: SignedAddress,
    /// Over what.
    pub value: Value,
    /// The signature.
    pub signature: Signature,
    /// The share.
    pub share: Share,
}

/// What ed25519 signs: `H("vote", {V, address, value, share})`.
#[must_use]
pub fn signed_bytes(
    key: &PublicKey,
    address: &SignedAddress,
    value: &Value,
    share: &Share,
) -> Hash {
    hash::derive_value(domain::VOTE, &(key, address, value, share))
}

/// The key under which a verdict is remembered: `H("sig-cache", V ‖ C ‖ signed bytes ‖ signature)`.
#[must_use]
pub fn cache_key(ballot: &Ballot<'_>) -> Hash {
    Signed::new(*ballot).cache_key()
}

/// Whether signature and share of one ballot verify, and its value is one its step may have.
#[must_use]
pub fn verify(ballot: &Ballot<'_>) -> bool {
    is_possible(&ballot.address, &ballot.value)
        && verify_signature(ballot)
        && reveal::verify(&share_check(ballot, &AddressPoint::new(&ballot.address)))
}

/// Whether the signature of one ballot verifies, whatever its share and value are worth.
pub(crate) fn verify_signature(ballot: &Ballot<'_>) -> bool {
    let Check { key, message, signature } = Signed::new(*ballot).signature_check();
    sign::verify(&key, &message, &signature)
}

/// The verdict of [`verify`] on each ballot, in their order: signatures in one batch, then the
/// shares of those that remain, with one hash to the group for each address.
#[must_use]
pub fn verify_batch(ballots: &[Ballot<'_>]) -> Vec<bool> {
    verify_signed(&ballots.iter().copied().map(Signed::new).collect::<Vec<_>>())
}

/// Whether an honest validator can sign this value there: nil is for votes only, and a seal has
/// round 0.
#[must_use]
pub fn is_possible(address: &SignedAddress, value: &Value) -> bool {
    match address.step {
        Step::Proposal => value.is_some(),
        Step::Prevote | Step::Precommit => true,
        Step::Seal => value.is_some() && address.round == Round::ZERO,
    }
}

/// A ballot with the 32 bytes that its signature is over, hashed once.
pub(crate) struct Signed<'a> {
    ballot: Ballot<'a>,
    message: Hash,
}

impl<'a> Signed<'a> {
    pub(crate) fn new(ballot: Ballot<'a>) -> Self {
        let Ballot { validator, address, value, share, .. } = &ballot;
        let message = signed_bytes(&validator.consensus_key, address, value, share);
        Self { ballot, message }
    }

    /// [`cache_key`].
    pub(crate) fn cache_key(&self) -> Hash {
        let Validator { consensus_key, commitment, .. } = self.ballot.validator;
        let parts = (consensus_key, commitment, self.message, self.ballot.signature);
        hash::derive_value(domain::SIG_CACHE, &parts)
    }

    fn signature_check(&self) -> Check {
        Check {
            key: self.ballot.validator.consensus_key,
            message: self.message.0,
            signature: self.ballot.signature,
        }
    }
}

/// [`verify_batch`] of ballots whose signed bytes are known.
pub(crate) fn verify_signed(signed: &[Signed<'_>]) -> Vec<bool> {
    let mut verdicts = vec![false; signed.len()];
    // Each stage keeps the places that are still in question.
    let mut places: Vec<usize> = (0..signed.len())
        .filter(|place| is_possible(&signed[*place].ballot.address, &signed[*place].ballot.value))
        .collect();
    let checks: Vec<Check> = places.iter().map(|place| signed[*place].signature_check()).collect();
    let mut valid = sign::verify_batch(&checks).into_iter();
    places.retain(|_| valid.next() == Some(true));

    let ballots = || places.iter().map(|place| &signed[*place].ballot);
    let mut points: BTreeMap<SignedAddress, AddressPoint> = BTreeMap::new();
    for Ballot { address, .. } in ballots() {
        points.entry(*address).or_insert_with(|| AddressPoint::new(address));
    }
    let shares: Vec<ShareCheck<'_>> =
        ballots().map(|ballot| share_check(ballot, &points[&ballot.address])).collect();
    for (place, valid) in places.iter().zip(reveal::verify_batch(&shares)) {
        verdicts[*place] = valid;
    }
    verdicts
}

fn share_check<'a>(ballot: &'a Ballot<'_>, at: &'a AddressPoint) -> ShareCheck<'a> {
    ShareCheck {
        commitment: &ballot.validator.commitment,
        key: &ballot.validator.consensus_key,
        at,
        value: &ballot.value,
        share: &ballot.share,
    }
}

/// A proposal's ballot.
#[must_use]
pub fn of_proposal<'a>(
    chain_id: &ChainId,
    proposal: &'a Proposal,
    validator: &'a Validator,
) -> Ballot<'a> {
    let Proposal { height, round, .. } = *proposal;
    Ballot {
        validator,
        address: SignedAddress { chain_id: *chain_id, height, round, step: Step::Proposal },
        value: Some(id::proposal_value(&proposal.block_id, proposal.pol_round)),
        signature: proposal.signature,
        share: proposal.share,
    }
}

/// A vote's ballot.
#[must_use]
pub fn of_vote<'a>(chain_id: &ChainId, vote: &'a Vote, validator: &'a Validator) -> Ballot<'a> {
    let Vote { height, round, .. } = *vote;
    Ballot {
        validator,
        address: SignedAddress { chain_id: *chain_id, height, round, step: vote.kind.step() },
        value: vote.block_id.map(|block_id| Hash(block_id.0)),
        signature: vote.signature,
        share: vote.share,
    }
}

/// A seal's ballot.
#[must_use]
pub fn of_seal<'a>(chain_id: &ChainId, seal: &'a Seal, validator: &'a Validator) -> Ballot<'a> {
    let height = seal.height;
    let round = Round::ZERO;
    Ballot {
        validator,
        address: SignedAddress { chain_id: *chain_id, height, round, step: Step::Seal },
        value: Some(id::seal_value(&seal.block_id, &seal.state_root, &seal.receipts_root)),
        signature: seal.signature,
        share: seal.share,
    }
}

#[cfg(test)]
mod tests;
