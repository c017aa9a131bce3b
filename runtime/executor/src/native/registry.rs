//! Validators come and go: registration with a bond and attested identity, readiness, leaving
//! (docs/protocol.md 3.5, docs/reveal.md 9).

use super::{Calls, Stop, credit, debit, validators};
use crate::modules;
use crate::transaction::Position;
use crypto::attest::{self, Statement};
use crypto::hidden::OVERHEAD_BYTES;
use crypto::{hash, id, reveal, sign, vrf};
use state::{Overlay, key, read};
use types::governance::{
    KeySet, MembershipCall, Readiness, Registration, Rotation, SealedIdentity,
};
use types::hash::AddressKind;
use types::receipt::NativeEvent;
use types::record::{KeyRecord, PresenceRecord, ValidatorStatus};
use types::{
    Address, Amount, ChainId, Code, Params, PublicKey, Signature, Validator, ValidatorId,
    ValidatorRecord, ValidatorSet, Version, VotingPower,
};

/// What a call about members and validators works on.
pub(super) struct House<'a, 'r> {
    pub(super) overlay: &'a mut Overlay<'r>,
    pub(super) chain_id: ChainId,
    pub(super) position: Position,
    pub(super) params: &'a Params,
    pub(super) sender: Address,
    pub(super) events: Vec<NativeEvent>,
}

impl Calls<'_, '_> {
    /// Carry out a call about members and validators.
    pub(super) fn membership(&mut self, call: &MembershipCall) -> Result<(), Stop> {
        let mut house = House {
            overlay: self.overlay,
            chain_id: self.setting.chain_id,
            position: self.setting.position,
            params: self.setting.params,
            sender: self.sender,
            events: Vec::new(),
        };
        match call {
            MembershipCall::Propose { motion } => house.propose(motion)?,
            MembershipCall::Vote { proposal, approve } => house.vote(*proposal, *approve)?,
            MembershipCall::Register { registration } => house.register(registration)?,
            MembershipCall::Leave { validator } => house.leave(validator)?,
            MembershipCall::Ready { readiness, signature } => house.ready(readiness, signature)?,
            MembershipCall::Rotate { rotation } => house.rotate(rotation)?,
        }
        let events = house.events;
        events.iter().try_for_each(|event| self.emit(event))
    }
}

impl House<'_, '_> {
    fn register(&mut self, registration: &Registration) -> Result<(), Stop> {
        let Registration { keys, network_key, identity, .. } = registration;
        let validator = id::validator_id(&keys.consensus_key);
        self.check_keys(keys, network_key)?;
        let held = read::validators(self.overlay)?;
        if held.iter().any(|(_, held)| held.network_key == *network_key) {
            return Err(Stop::Failed(Code::KeyUsed));
        }
        self.check_identity(&validator, keys, identity, 0)?;
        if read::member(self.overlay, &registration.member)?.is_none() {
            return Err(Stop::Failed(Code::MemberUnknown));
        }
        if registration.bond < Amount(self.params.min_bond) {
            return Err(Stop::Failed(Code::BondTooSmall));
        }
        if registration.bond > Amount::ZERO {
            let bond = registration.bond;
            debit(self.overlay, &self.sender, bond, Code::InsufficientBalance)?;
            credit(self.overlay, &modules::BONDS, bond, AddressKind::Module)?;
        }
        self.store(validator, registration);
        let status = ValidatorStatus::Candidate;
        self.events.push(NativeEvent::StatusChanged { validator, status });
        Ok(())
    }

    fn store(&mut self, validator: ValidatorId, registration: &Registration) {
        let Registration { keys, identity, .. } = registration;
        self.keep_keys(validator, keys, identity);
        let record = ValidatorRecord {
            version: Version,
            consensus_key: keys.consensus_key,
            commitment: keys.commitment,
            randomness_key: keys.randomness_key,
            commitment_proof: keys.commitment_proof,
            randomness_proof: keys.randomness_proof,
            network_key: registration.network_key,
            member: registration.member.clone(),
            operator: self.sender,
            power: VotingPower::ZERO,
            bond: registration.bond,
            attestations: identity.attestations.clone(),
            status: ValidatorStatus::Candidate,
            last_height: None,
        };
        self.overlay.set(&key::validator(&validator), types::encode(&record));
    }

    /// Nobody may ever register these keys again, and what they seal lies under V for good.
    fn keep_keys(&mut self, validator: ValidatorId, keys: &KeySet, identity: &SealedIdentity) {
        let used = types::encode(&KeyRecord { version: Version, validator });
        for key in [&keys.consensus_key.0, &keys.commitment.0, &keys.randomness_key.0] {
            self.overlay.set(&key::used_key(key), used.clone());
        }
        let sealed = key::hidden_information(&keys.consensus_key);
        self.overlay.set(&sealed, identity.hidden_information.clone());
    }

    /// Other keys for a validator. Sets of heights that are fixed keep the old ones, and so does
    /// what they sealed: evidence about those heights opens it as before.
    fn rotate(&mut self, rotation: &Rotation) -> Result<(), Stop> {
        let Rotation { validator, keys, identity, .. } = rotation;
        let record = read::validator(self.overlay, validator)?;
        let mut record = record.ok_or(Stop::Failed(Code::ValidatorUnknown))?;
        if record.operator != self.sender {
            return Err(Stop::Failed(Code::NotPermitted));
        }
        match record.status {
            ValidatorStatus::Candidate | ValidatorStatus::Admitted | ValidatorStatus::Active => {}
            ValidatorStatus::Leaving | ValidatorStatus::Revealed | ValidatorStatus::Left => {
                return Err(Stop::Failed(Code::ValidatorState));
            }
        }
        self.check_keys(keys, &record.network_key)?;
        let last = record.attestations.first().map_or(0, |held| held.version);
        self.check_identity(validator, keys, identity, last)?;
        self.keep_keys(*validator, keys, identity);
        record.consensus_key = keys.consensus_key;
        record.commitment = keys.commitment;
        record.randomness_key = keys.randomness_key;
        record.commitment_proof = keys.commitment_proof;
        record.randomness_proof = keys.randomness_proof;
        record.attestations = identity.attestations.clone();
        self.overlay.set(&key::validator(validator), types::encode(&record));
        let height = self.position.height;
        if record.status == ValidatorStatus::Active {
            let mut list = validators::pending(self.overlay, height)?.validators().to_vec();
            for held in list.iter_mut().filter(|held| held.id == *validator) {
                held.consensus_key = keys.consensus_key;
                held.commitment = keys.commitment;
                held.randomness_key = keys.randomness_key;
            }
            let set = ValidatorSet::new(list).expect("the ids and powers are those of a set");
            validators::set_pending(self.overlay, height, set);
        }
        let (consensus_key, from) = (keys.consensus_key, validators::first(height));
        self.events.push(NativeEvent::KeysRotated { validator: *validator, consensus_key, from });
        Ok(())
    }

    /// No key or point that was ever registered, and proof that the secrets are known.
    fn check_keys(&self, keys: &KeySet, network_key: &PublicKey) -> Result<(), Stop> {
        let KeySet { consensus_key, commitment, randomness_key, .. } = keys;
        for key in [&consensus_key.0, &commitment.0, &randomness_key.0] {
            let used: Option<KeyRecord> =
                read::record(self.overlay, "key record", &key::used_key(key))?;
            if let Some(KeyRecord { validator, .. }) = used {
                let is_barred = read::reveal(self.overlay, &validator)?.is_some();
                let code = if is_barred { Code::KeyBarred } else { Code::KeyUsed };
                return Err(Stop::Failed(code));
            }
        }
        if network_key == consensus_key || !sign::is_valid_key(consensus_key) {
            return Err(Stop::Failed(Code::KeyUsed));
        }
        let (chain, key) = (&self.chain_id, consensus_key);
        let known = reveal::verify_possession(commitment, chain, key, &keys.commitment_proof)
            && vrf::verify_possession(randomness_key, chain, key, &keys.randomness_proof);
        if known { Ok(()) } else { Err(Stop::Failed(Code::BadPossession)) }
    }

    /// The sealed identity has the chain's one size and enough registrars stand for it, with a
    /// version above `last`: an identity that was replaced does not come back.
    fn check_identity(
        &self,
        validator: &ValidatorId,
        keys: &KeySet,
        identity: &SealedIdentity,
        last: u64,
    ) -> Result<(), Stop> {
        let plain = usize::try_from(self.params.hidden_information_bytes).unwrap_or(usize::MAX);
        if identity.hidden_information.len() != plain.saturating_add(OVERHEAD_BYTES) {
            return Err(Stop::Failed(Code::RecordSize));
        }
        let registrars = read::chain(self.overlay)?.registrars;
        let given = &identity.attestations;
        if given.len() < usize::from(registrars.threshold) {
            return Err(Stop::Failed(Code::AttestationsMissing));
        }
        let ascending = given.is_sorted_by(|a, b| a.registrar < b.registrar);
        let one_version =
            given.iter().all(|one| Some(one.version) == given.first().map(|f| f.version));
        if !ascending || !one_version {
            return Err(Stop::Failed(Code::BadAttestation));
        }
        let record = hash::blake3(&identity.hidden_information);
        for one in given {
            if one.expiry < self.position.height {
                return Err(Stop::Failed(Code::AttestationExpired));
            }
            let statement = Statement {
                chain_id: self.chain_id,
                set_version: one.set_version,
                validator: *validator,
                consensus_key: keys.consensus_key,
                commitment: keys.commitment,
                record,
                version: one.version,
                expiry: one.expiry,
            };
            let key = registrars.keys.get(usize::from(one.registrar));
            let in_force = one.set_version == registrars.set_version;
            let good =
                in_force && key.is_some_and(|key| attest::verify(&statement, key, &one.signature));
            if !good {
                return Err(Stop::Failed(Code::BadAttestation));
            }
            if one.version <= last {
                return Err(Stop::Failed(Code::AttestationOld));
            }
        }
        Ok(())
    }

    fn leave(&mut self, validator: &ValidatorId) -> Result<(), Stop> {
        let record = read::validator(self.overlay, validator)?;
        let mut record = record.ok_or(Stop::Failed(Code::ValidatorUnknown))?;
        if record.operator != self.sender {
            return Err(Stop::Failed(Code::NotPermitted));
        }
        match record.status {
            // It never signed: nothing can come about it.
            ValidatorStatus::Candidate | ValidatorStatus::Admitted => {
                let bond = std::mem::take(&mut record.bond);
                record.status = ValidatorStatus::Left;
                self.overlay.set(&key::validator(validator), types::encode(&record));
                if bond > Amount::ZERO {
                    debit(self.overlay, &modules::BONDS, bond, Code::InsufficientBalance)?;
                    credit(self.overlay, &self.sender, bond, AddressKind::Account)?;
                }
            }
            ValidatorStatus::Active => {
                let height = self.position.height;
                let set = validators::pending(self.overlay, height)?;
                let rest = set.validators().iter().filter(|held| held.id != *validator);
                let rest = ValidatorSet::new(rest.cloned().collect());
                let rest = rest.map_err(|_| Stop::Failed(Code::SetUnsafe))?;
                if validators::check_safe(self.overlay, height, &rest)?.is_err() {
                    return Err(Stop::Failed(Code::SetUnsafe));
                }
                record.status = ValidatorStatus::Leaving;
                let (params, status) = (self.params, record.status);
                validators::remove(self.overlay, height, params, validator, status)?;
            }
            ValidatorStatus::Leaving | ValidatorStatus::Revealed | ValidatorStatus::Left => {
                return Err(Stop::Failed(Code::ValidatorState));
            }
        }
        let (validator, status) = (*validator, record.status);
        self.events.push(NativeEvent::StatusChanged { validator, status });
        Ok(())
    }

    /// An admitted validator enters V(h + 2) once it has shown a block of late.
    fn ready(&mut self, readiness: &Readiness, signature: &Signature) -> Result<(), Stop> {
        if readiness.chain_id != self.chain_id {
            return Err(Stop::Failed(Code::WrongChain));
        }
        let validator = readiness.validator;
        let record = read::validator(self.overlay, &validator)?;
        let mut record = record.ok_or(Stop::Failed(Code::ValidatorUnknown))?;
        if record.status != ValidatorStatus::Admitted {
            return Err(Stop::Failed(Code::ValidatorState));
        }
        let Readiness { chain_id, height, block_id, state_root, .. } = readiness;
        let message = id::ready_hash(chain_id, *height, block_id, state_root);
        if !sign::verify(&record.consensus_key, &message.0, signature) {
            return Err(Stop::Failed(Code::BadSignature));
        }
        let now = self.position.height;
        let age = now.0.checked_sub(height.0).unwrap_or(u64::MAX);
        let recent = read::recent(self.overlay, *height)?;
        let is_so =
            recent.is_some_and(|held| held.block_id == *block_id && held.state_root == *state_root);
        if age > self.params.ready_age_heights || !is_so {
            return Err(Stop::Failed(Code::NotCaughtUp));
        }
        let mut list = validators::pending(self.overlay, now)?.validators().to_vec();
        list.push(Validator {
            id: validator,
            consensus_key: record.consensus_key,
            commitment: record.commitment,
            randomness_key: record.randomness_key,
            power: record.power,
        });
        let set = ValidatorSet::new(list).map_err(|_| Stop::Failed(Code::SetUnsafe))?;
        let joined = validators::first(now);
        let presence = PresenceRecord { version: Version, joined, signed: types::Height::ZERO };
        self.overlay.set(&key::presence(&validator), types::encode(&presence));
        if validators::check_safe(self.overlay, now, &set)?.is_err() {
            return Err(Stop::Failed(Code::SetUnsafe));
        }
        validators::set_pending(self.overlay, now, set);
        record.status = ValidatorStatus::Active;
        self.overlay.set(&key::validator(&validator), types::encode(&record));
        let status = record.status;
        self.events.push(NativeEvent::StatusChanged { validator, status });
        Ok(())
    }
}
