//! Signatures in bulk seeds: an ideal scheme of the real sizes.
//!
//! Real shares cost a quarter of a millisecond each. Here a ballot is valid if and only if its
//! signer registered it, which is what the real scheme promises; seeds with real cryptography run
//! beside these.

use consensus::safety::{Admission, Guard, GuardSlot, Signed};
use consensus::watcher::Ballots;
use consensus::{SignError, Signer};
use crypto::ballot::{self, Ballot, ConsensusSecret};
use crypto::sign::Check;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use types::{
    BlockId, ChainId, Hash, Height, Share, Signature, SignedAddress, Validator, Value, VrfProof,
};

/// Which signatures a run uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crypto {
    /// The ideal scheme.
    Ideal,
    /// The real one.
    Real,
    /// Real signatures beside ideal shares: what a chain without shares would cost.
    Bare,
}

/// Every ballot that was signed.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry(Arc<Mutex<BTreeSet<Hash>>>);

impl Registry {
    fn add(&self, key: Hash) {
        self.0.lock().expect("one thread").insert(key);
    }

    /// Remember a ballot.
    pub(super) fn note(
        &self,
        validator: &Validator,
        address: &SignedAddress,
        value: &Value,
        (signature, share): (Signature, Share),
    ) {
        let (address, value) = (*address, *value);
        self.add(ballot::cache_key(&Ballot { validator, address, value, signature, share }));
    }

    pub(super) fn contains(&self, key: &Hash) -> bool {
        self.0.lock().expect("one thread").contains(key)
    }

    pub(super) fn verify(&self, entries: &[Ballots]) -> Vec<bool> {
        let valid = |ballot: Ballot<'_>| self.contains(&ballot::cache_key(&ballot));
        entries.iter().map(|entry| entry.as_ballots().all(valid)).collect()
    }

    /// As [`Self::verify`], and every signature is verified in one batch.
    pub(super) fn verify_signatures(&self, entries: &[Ballots]) -> Vec<bool> {
        let check = |ballot: Ballot<'_>| {
            let Ballot { validator, address, value, signature, share } = ballot;
            let key = validator.consensus_key;
            let message = ballot::signed_bytes(&key, &address, &value, &share).0;
            Check { key, message, signature }
        };
        let checks: Vec<Check> =
            entries.iter().flat_map(|entry| entry.as_ballots().map(check)).collect();
        let mut valid = crypto::sign::verify_batch(&checks).into_iter();
        let known = self.verify(entries);
        let all_signed = |entry: &Ballots| {
            let own: Vec<bool> = valid.by_ref().take(entry.len()).collect();
            own.len() == entry.len() && own.iter().all(|valid| *valid)
        };
        let signed: Vec<bool> = entries.iter().map(all_signed).collect();
        known.into_iter().zip(signed).map(|(known, signed)| known && signed).collect()
    }
}

/// A signer behind the real guard, whose shares are hashes, and whose signatures are unless they
/// are to be real.
pub(super) struct IdealSigner {
    secret: ConsensusSecret,
    validator: Validator,
    chain_id: ChainId,
    guard: Guard,
    unsaved: bool,
    registry: Registry,
    signs: bool,
    scratch: RefCell<Vec<u8>>,
}

impl IdealSigner {
    pub(super) fn new(
        secret: ConsensusSecret,
        validator: Validator,
        guard: Guard,
        registry: Registry,
        signs: bool,
    ) -> Self {
        let chain_id = guard.chain_id();
        let scratch = RefCell::new(Vec::new());
        Self { secret, validator, chain_id, guard, unsaved: true, registry, signs, scratch }
    }

    fn make(&self, address: &SignedAddress, value: &Value) -> (Signature, Share) {
        let mut input = self.scratch.borrow_mut();
        input.clear();
        input.extend(types::encode(&(self.validator.id, address, value)));
        let mut share = [0; 128];
        let mut signature = [0; 64];
        for (at, chunk) in share.chunks_mut(32).chain(signature.chunks_mut(32)).enumerate() {
            input.push(u8::try_from(at).expect("six chunks"));
            chunk.copy_from_slice(&crypto::hash::blake3(&input).0);
        }
        let mut signed = (Signature(signature), Share(share));
        if self.signs {
            let key = self.validator.consensus_key;
            let message = ballot::signed_bytes(&key, address, value, &signed.1);
            signed.0 = self.secret.sign_hash(&message);
        }
        self.registry.note(&self.validator, address, value, signed);
        signed
    }
}

impl Signer for IdealSigner {
    fn sign(
        &mut self,
        address: &SignedAddress,
        value: &Value,
        settled: &Option<SignedAddress>,
    ) -> Result<(Signature, Share), SignError> {
        if let Admission::Again(signed) = self.guard.admit(address, value)? {
            return Ok((signed.signature, signed.share));
        }
        let (signature, share) = self.make(address, value);
        self.guard.record(*address, Signed { value: *value, signature, share }, *settled);
        self.unsaved = true;
        Ok((signature, share))
    }

    fn randomness(
        &mut self,
        height: Height,
        previous: &Hash,
    ) -> Result<(VrfProof, Hash), SignError> {
        Ok(self.secret.randomness(&self.chain_id, height, previous))
    }

    fn ready(
        &mut self,
        height: Height,
        block_id: &BlockId,
        state_root: &Hash,
    ) -> Result<Signature, SignError> {
        let message = crypto::id::ready_hash(&self.chain_id, height, block_id, state_root);
        Ok(self.secret.sign_hash(&message))
    }

    fn adopt(&mut self, guard: Guard) {
        self.guard = guard;
        self.unsaved = true;
    }

    fn guard_slot(&mut self) -> Option<Box<GuardSlot>> {
        std::mem::take(&mut self.unsaved).then(|| self.guard.next_slot())
    }

    fn guard(&self) -> Option<&Guard> {
        Some(&self.guard)
    }
}

/// A liar's signer: no guard, and real shares, so that two of them open its identity.
pub(super) struct UnguardedSigner {
    secret: ConsensusSecret,
    validator: Validator,
    chain_id: ChainId,
    registry: Registry,
}

impl UnguardedSigner {
    pub(super) fn new(
        secret: ConsensusSecret,
        validator: Validator,
        chain_id: ChainId,
        registry: Registry,
    ) -> Self {
        Self { secret, validator, chain_id, registry }
    }
}

impl Signer for UnguardedSigner {
    fn sign(
        &mut self,
        address: &SignedAddress,
        value: &Value,
        _settled: &Option<SignedAddress>,
    ) -> Result<(Signature, Share), SignError> {
        let signed = self.secret.sign(address, value, [0; 32]);
        self.registry.note(&self.validator, address, value, signed);
        Ok(signed)
    }

    fn randomness(
        &mut self,
        height: Height,
        previous: &Hash,
    ) -> Result<(VrfProof, Hash), SignError> {
        Ok(self.secret.randomness(&self.chain_id, height, previous))
    }

    fn ready(
        &mut self,
        height: Height,
        block_id: &BlockId,
        state_root: &Hash,
    ) -> Result<Signature, SignError> {
        let message = crypto::id::ready_hash(&self.chain_id, height, block_id, state_root);
        Ok(self.secret.sign_hash(&message))
    }
}
