//! Validators with real keys, and signers that misbehave.

use super::*;
use crate::Signer;
use crypto::ballot::ConsensusSecret;
use crypto::sign::SecretKey;
use std::sync::{Arc, Mutex};
use types::{
    BlockId, Hash, Share, Signature, Step, Validator, ValidatorSet, VotingPower, VrfProof,
};

pub(super) const CHAIN: ChainId = ChainId([7; 32]);

pub(super) fn secret(number: u8) -> ConsensusSecret {
    ConsensusSecret::new(SecretKey::from_seed([number; 32]), [number + 100; 32], CHAIN)
}

/// `count` validators of equal power, and which number is at which position of the set.
pub(super) fn validators(count: u8) -> (Arc<ValidatorSet>, Vec<u8>) {
    let mut numbers: Vec<u8> = (1..=count).collect();
    numbers.sort_by_key(|number| validator(*number).id);
    let members = numbers.iter().map(|number| validator(*number)).collect();
    (Arc::new(ValidatorSet::new(members).unwrap()), numbers)
}

pub(super) fn guarded(number: u8, guard: Guard) -> GuardedSigner {
    let mut count = 0_u64;
    let fresh = move || {
        count += 1;
        let mut bytes = [number; 32];
        bytes[..8].copy_from_slice(&count.to_le_bytes());
        bytes
    };
    GuardedSigner::new(secret(number), guard, Box::new(fresh))
}

/// Which signatures of a signer do not come.
pub(super) type Hiccup = Arc<Mutex<Vec<(u64, u32, Step)>>>;

/// A signer that fails at the addresses named, once each.
pub(super) struct Faulty {
    pub(super) inner: GuardedSigner,
    pub(super) hiccup: Hiccup,
}

impl Signer for Faulty {
    fn sign(
        &mut self,
        address: &SignedAddress,
        value: &Value,
        settled: &Option<SignedAddress>,
    ) -> Result<(Signature, Share), SignError> {
        let place = (address.height.0, address.round.0, address.step);
        let mut hiccup = self.hiccup.lock().unwrap();
        if let Some(position) = hiccup.iter().position(|named| *named == place) {
            hiccup.remove(position);
            return Err(SignError::Unavailable { waited_ms: 500 });
        }
        self.inner.sign(address, value, settled)
    }

    fn randomness(
        &mut self,
        height: Height,
        previous: &Hash,
    ) -> Result<(VrfProof, Hash), SignError> {
        self.inner.randomness(height, previous)
    }

    fn ready(
        &mut self,
        height: Height,
        block_id: &BlockId,
        state_root: &Hash,
    ) -> Result<Signature, SignError> {
        self.inner.ready(height, block_id, state_root)
    }

    fn guard_slot(&mut self) -> Option<Box<GuardSlot>> {
        self.inner.guard_slot()
    }

    fn guard(&self) -> Option<&Guard> {
        self.inner.guard()
    }
}

pub(super) fn validator(number: u8) -> Validator {
    let secret = secret(number);
    Validator {
        id: crypto::id::validator_id(&secret.consensus_key()),
        consensus_key: secret.consensus_key(),
        commitment: secret.commitment(),
        randomness_key: secret.randomness_key(),
        power: VotingPower(1),
    }
}
