//! The members govern: one member one vote, more than two thirds of them decide (docs/protocol.md
//! 11.1).
//!
//! Votes are counted in the block of each vote, against the members that there are then. A motion
//! that passed and cannot be carried out changes nothing, and its proposal says why.

use super::registry::House;
use super::{Stop, validators};
use crate::modules;
use crate::native::{bank, credit, debit};
use state::{key, read};
use types::governance::{
    MAX_KEPT_PROPOSALS, MAX_MEMBER_KEYS, MAX_MEMBER_TEXT_BYTES, MAX_MEMBERS, MAX_OPEN_PROPOSALS,
    Motion, ProposalOutcome, ProposalRecord,
};
use types::hash::AddressKind;
use types::receipt::NativeEvent;
use types::record::{MemberRecord, Pause, ValidatorStatus};
use types::{
    Address, Amount, Code, Height, Member, Params, PublicKey, RoleRecord, TimestampMs, ValidatorId,
    Version, VotingPower,
};

/// Most registrars.
const MAX_REGISTRARS: usize = 16;

/// Why a motion that passed does nothing.
enum Obstacle {
    /// For a reason that the proposal keeps.
    Reason(String),
    /// State cannot be read.
    Read(state::ReadError),
}

impl From<state::ReadError> for Obstacle {
    fn from(error: state::ReadError) -> Self {
        Self::Read(error)
    }
}

fn cannot<T>(reason: impl Into<String>) -> Result<T, Obstacle> {
    Err(Obstacle::Reason(reason.into()))
}

/// How many of `members` decide: floor(2n / 3) + 1.
pub(crate) fn threshold(members: usize) -> usize {
    members.saturating_mul(2).checked_div(3).unwrap_or(0).saturating_add(1)
}

impl House<'_, '_> {
    /// Propose a motion, and vote for it.
    pub(super) fn propose(&mut self, motion: &Motion) -> Result<(), Stop> {
        let member = self.member()?;
        let all = read::proposals(self.overlay)?;
        let now = self.position.time_ms;
        let open = all.iter().filter(|(_, held)| is_open(held, now)).count();
        if open >= MAX_OPEN_PROPOSALS {
            return Err(Stop::Failed(Code::ProposalsFull));
        }
        // State keeps the newest; blocks and receipts tell of the others.
        if all.len() >= MAX_KEPT_PROPOSALS
            && let Some((oldest, _)) = all.iter().find(|(_, held)| !is_open(held, now))
        {
            self.overlay.remove(&key::proposal(*oldest));
        }
        let proposal = all.last().map_or(1, |(number, _)| number.saturating_add(1));
        let expires_ms = TimestampMs(now.0.saturating_add(self.params.governance_expiry_ms));
        let record = ProposalRecord {
            version: Version,
            motion: motion.clone(),
            proposer: member.clone(),
            expires_ms,
            votes: Vec::new(),
            outcome: ProposalOutcome::Open,
        };
        let motion = motion.name().to_owned();
        self.events.push(NativeEvent::Proposed { proposal, member: member.clone(), motion });
        self.count(proposal, record, member, true)
    }

    /// Vote on a proposal.
    pub(super) fn vote(&mut self, proposal: u64, approve: bool) -> Result<(), Stop> {
        let member = self.member()?;
        let raw = key::proposal(proposal);
        let record: Option<ProposalRecord> = read::record(self.overlay, "proposal record", &raw)?;
        let record = record.ok_or(Stop::Failed(Code::ProposalUnknown))?;
        if !is_open(&record, self.position.time_ms) {
            return Err(Stop::Failed(Code::ProposalClosed));
        }
        if record.votes.iter().any(|(voter, _)| *voter == member) {
            return Err(Stop::Failed(Code::VotedAlready));
        }
        self.count(proposal, record, member, approve)
    }

    /// Take a vote, and carry out what is decided by it.
    fn count(
        &mut self,
        proposal: u64,
        mut record: ProposalRecord,
        member: String,
        approve: bool,
    ) -> Result<(), Stop> {
        record.votes.push((member.clone(), approve));
        record.votes.sort();
        self.events.push(NativeEvent::Voted { proposal, member, approve });
        // Whoever is no member any more has no voice in the count.
        let members = read::members(self.overlay)?;
        let is_member = |id: &String| members.iter().any(|held| held.member.id == *id);
        let votes = |wanted: bool| {
            record.votes.iter().filter(|(id, approve)| *approve == wanted && is_member(id)).count()
        };
        let (needed, height) = (threshold(members.len()), self.position.height);
        if votes(true) >= needed {
            let motion = record.motion.clone();
            record.outcome = self.decide(proposal, &motion)?;
        } else if votes(false) > members.len().saturating_sub(needed) {
            record.outcome = ProposalOutcome::Rejected { height };
            let reason = String::new();
            self.events.push(NativeEvent::Decided { proposal, passed: false, reason });
        }
        self.overlay.set(&key::proposal(proposal), types::encode(&record));
        Ok(())
    }

    /// Carry a motion out, or nothing of it.
    fn decide(&mut self, proposal: u64, motion: &Motion) -> Result<ProposalOutcome, Stop> {
        let height = self.position.height;
        let events = self.events.len();
        self.overlay.checkpoint();
        match self.carry_motion_out(motion) {
            Ok(()) => {
                self.overlay.commit();
                let (passed, reason) = (true, String::new());
                self.events.push(NativeEvent::Decided { proposal, passed, reason });
                Ok(ProposalOutcome::Passed { height })
            }
            Err(Obstacle::Reason(reason)) => {
                self.overlay.rollback();
                self.events.truncate(events);
                let told = reason.clone();
                self.events.push(NativeEvent::Decided { proposal, passed: false, reason: told });
                Ok(ProposalOutcome::Failed { height, reason })
            }
            Err(Obstacle::Read(error)) => Err(Stop::Read(error)),
        }
    }

    fn carry_motion_out(&mut self, motion: &Motion) -> Result<(), Obstacle> {
        match motion {
            Motion::PutMember(member) => self.put_member(member),
            Motion::RemoveMember { id } => self.remove_member(id),
            Motion::AdmitValidator { validator, power } => self.admit(validator, *power),
            Motion::RemoveValidator { validator } => self.remove_validator(validator),
            Motion::ReplaceValidator { lost, replacement } => {
                let Some(record) = read::validator(self.overlay, lost)? else {
                    return cannot(format!("no validator {lost} is registered"));
                };
                self.admit(replacement, record.power)?;
                self.remove_validator(lost)
            }
            Motion::SetPower { validator, power } => self.set_power(validator, *power),
            Motion::SetParameter { name, value } => self.set_parameter(name, *value),
            Motion::GrantRole { account, role, expires_ms } => {
                let (granted, expires_ms) = (self.position.height, *expires_ms);
                let record = RoleRecord { version: Version, granted, expires_ms };
                self.overlay.set(&key::role(account, *role), types::encode(&record));
                Ok(())
            }
            Motion::RevokeRole { account, role } => {
                self.overlay.remove(&key::role(account, *role));
                Ok(())
            }
            Motion::PayTreasury { to, amount } => self.pay(to, *amount),
            Motion::Mint { to, amount } => self.mint(to, *amount),
            Motion::SetProtocol { version, from } => self.set_protocol(*version, *from),
            Motion::SetRegistrars { threshold, keys } => self.set_registrars(*threshold, keys),
            Motion::PauseContract { contract, paused } => self.pause(contract, *paused),
        }
    }

    fn put_member(&mut self, member: &Member) -> Result<(), Obstacle> {
        let texts = [("id", &member.id), ("name", &member.name)];
        for (field, text) in texts {
            if text.is_empty() || text.len() > MAX_MEMBER_TEXT_BYTES {
                let bytes = text.len();
                return cannot(format!(
                    "{field} has {bytes} bytes, 1 to {MAX_MEMBER_TEXT_BYTES} are allowed"
                ));
            }
        }
        if member.network_keys.len() > MAX_MEMBER_KEYS {
            let count = member.network_keys.len();
            return cannot(format!("{count} network keys, the limit is {MAX_MEMBER_KEYS}"));
        }
        let members = read::members(self.overlay)?;
        let others = || members.iter().filter(|held| held.member.id != member.id);
        if let Some(held) = others().find(|held| held.member.account == member.account) {
            return cannot(format!("the account is that of member {}", held.member.id));
        }
        if others().count() >= MAX_MEMBERS {
            return cannot(format!("there are {MAX_MEMBERS} members, which is the limit"));
        }
        let record = MemberRecord { version: Version, member: member.clone() };
        self.overlay.set(&key::member(&member.id), types::encode(&record));
        Ok(())
    }

    fn remove_member(&mut self, id: &str) -> Result<(), Obstacle> {
        let members = read::members(self.overlay)?;
        if !members.iter().any(|held| held.member.id == id) {
            return cannot(format!("no member has the id {id}"));
        }
        if members.len() == 1 {
            return cannot("the last member stays: nobody could decide anything any more");
        }
        self.overlay.remove(&key::member(id));
        Ok(())
    }

    fn admit(&mut self, validator: &ValidatorId, power: VotingPower) -> Result<(), Obstacle> {
        let Some(mut record) = read::validator(self.overlay, validator)? else {
            return cannot(format!("no validator {validator} is registered"));
        };
        if record.status != ValidatorStatus::Candidate {
            return cannot(format!("{validator} is {}, no candidate", record.status.name()));
        }
        if power == VotingPower::ZERO {
            return cannot("a validator has power 1 or more");
        }
        record.power = power;
        record.status = ValidatorStatus::Admitted;
        self.overlay.set(&key::validator(validator), types::encode(&record));
        let (validator, status) = (*validator, record.status);
        self.events.push(NativeEvent::StatusChanged { validator, status });
        Ok(())
    }

    fn remove_validator(&mut self, validator: &ValidatorId) -> Result<(), Obstacle> {
        let height = self.position.height;
        let set = validators::pending(self.overlay, height)?;
        let rest = set.validators().iter().filter(|held| held.id != *validator).cloned().collect();
        self.expect_safe(rest)?;
        if set.by_id(validator).is_none() {
            return cannot(format!("{validator} is not in the set"));
        }
        let (params, status) = (self.params, ValidatorStatus::Leaving);
        validators::remove(self.overlay, height, params, validator, status)?;
        self.events.push(NativeEvent::StatusChanged { validator: *validator, status });
        Ok(())
    }

    fn set_power(&mut self, validator: &ValidatorId, power: VotingPower) -> Result<(), Obstacle> {
        let height = self.position.height;
        let set = validators::pending(self.overlay, height)?;
        let mut validators: Vec<_> = set.validators().to_vec();
        let Some(held) = validators.iter_mut().find(|held| held.id == *validator) else {
            return cannot(format!("{validator} is not in the set"));
        };
        held.power = power;
        let set = self.expect_safe(validators)?;
        let mut record = validators::expect(self.overlay, validator)?;
        record.power = power;
        self.overlay.set(&key::validator(validator), types::encode(&record));
        validators::set_pending(self.overlay, height, set);
        Ok(())
    }

    /// The set, if it can commit: more than two thirds of its power was there of late.
    fn expect_safe(
        &self,
        validators: Vec<types::Validator>,
    ) -> Result<types::ValidatorSet, Obstacle> {
        let set = match types::ValidatorSet::new(validators) {
            Ok(set) => set,
            Err(error) => return cannot(format!("the set would be none: {error}")),
        };
        match validators::check_safe(self.overlay, self.position.height, &set)? {
            Ok(()) => Ok(set),
            Err(lack) => cannot(lack.to_string()),
        }
    }

    fn set_parameter(&mut self, name: &str, value: u128) -> Result<(), Obstacle> {
        let Some(parameter) = Params::TABLE.iter().find(|held| held.name == name) else {
            return cannot(format!("no parameter is called {name}"));
        };
        let (least, most) = (parameter.minimum, parameter.maximum);
        if value < least || value > most {
            return cannot(format!("{name} is {least} to {most}, not {value}"));
        }
        let mut params = read::params(self.overlay)?;
        (parameter.set)(&mut params, value);
        if name == "hidden_information_bytes" {
            return cannot("sealed identities have one size for the whole chain");
        }
        if params.finality_carry_after >= params.finality_carry_limit {
            return cannot("finality_carry_after must stay below finality_carry_limit");
        }
        if params.reporter_bp.saturating_add(params.burned_bp) > 10_000 {
            return cannot("reporter_bp and burned_bp together exceed 10,000");
        }
        self.overlay.set(&key::params(), types::encode(&params));
        Ok(())
    }

    fn pay(&mut self, to: &Address, amount: Amount) -> Result<(), Obstacle> {
        if modules::is_module(to) {
            return cannot("modules take no payments");
        }
        match debit(self.overlay, &modules::TREASURY, amount, Code::InsufficientBalance) {
            Ok(()) => self.give(to, amount),
            Err(Stop::Failed(_)) => cannot(format!("the treasury holds less than {amount}")),
            Err(Stop::Read(error)) => Err(Obstacle::Read(error)),
        }
    }

    fn mint(&mut self, to: &Address, amount: Amount) -> Result<(), Obstacle> {
        if modules::is_module(to) && *to != modules::TREASURY {
            return cannot("modules but the treasury take no payments");
        }
        let mut chain = read::chain(self.overlay)?;
        let Some(supply) = chain.supply.checked_add(amount) else {
            return cannot(format!("the supply would exceed 2^128 - 1 by {amount}"));
        };
        chain.supply = supply;
        self.overlay.set(&key::chain(), types::encode(&chain));
        self.give(to, amount)
    }

    fn give(&mut self, to: &Address, amount: Amount) -> Result<(), Obstacle> {
        if bank::is_contract(self.overlay, to).map_err(Obstacle::Read)? {
            return cannot("contracts take money with their calls alone");
        }
        let module = modules::is_module(to);
        let kind = if module { AddressKind::Module } else { AddressKind::Account };
        match credit(self.overlay, to, amount, kind) {
            Ok(()) => Ok(()),
            Err(Stop::Failed(_)) => cannot("the account would hold more than there is"),
            Err(Stop::Read(error)) => Err(Obstacle::Read(error)),
        }
    }

    fn set_protocol(&mut self, version: u16, from: Height) -> Result<(), Obstacle> {
        let mut chain = read::chain(self.overlay)?;
        if version <= chain.protocol {
            return cannot(format!("protocol {} is in force", chain.protocol));
        }
        if from <= self.position.height.next() {
            return cannot(format!("height {from} is too soon: blocks of it may exist"));
        }
        chain.upgrade = Some((version, from));
        self.overlay.set(&key::chain(), types::encode(&chain));
        Ok(())
    }

    fn set_registrars(&mut self, threshold: u8, keys: &[PublicKey]) -> Result<(), Obstacle> {
        let count = keys.len();
        if count == 0 || count > MAX_REGISTRARS {
            return cannot(format!("{count} registrars, 1 to {MAX_REGISTRARS} are allowed"));
        }
        if threshold == 0 || usize::from(threshold) > count {
            return cannot(format!("{threshold} of {count} registrars cannot attest"));
        }
        if !keys.is_sorted_by(|a, b| a < b) || !keys.iter().all(crypto::sign::is_valid_key) {
            return cannot("the keys are valid and strictly ascending");
        }
        let mut chain = read::chain(self.overlay)?;
        chain.registrars.set_version = chain.registrars.set_version.saturating_add(1);
        chain.registrars.threshold = threshold;
        chain.registrars.keys = keys.to_vec();
        self.overlay.set(&key::chain(), types::encode(&chain));
        Ok(())
    }

    fn pause(&mut self, contract: &Address, paused: bool) -> Result<(), Obstacle> {
        let Some(mut record) = read::contract(self.overlay, contract)? else {
            return cannot("no contract has this address");
        };
        record.paused = if paused { Pause::Members } else { Pause::No };
        self.overlay.set(&key::contract(contract), types::encode(&record));
        let (contract, by) = (*contract, self.sender);
        self.events.push(NativeEvent::Paused { contract, paused, by });
        Ok(())
    }

    /// The member whose account the sender is.
    fn member(&self) -> Result<String, Stop> {
        let members = read::members(self.overlay)?;
        let held = members.into_iter().find(|held| held.member.account == self.sender);
        held.map(|held| held.member.id).ok_or(Stop::Failed(Code::NotMember))
    }
}

fn is_open(record: &ProposalRecord, now: TimestampMs) -> bool {
    record.outcome == ProposalOutcome::Open && now <= record.expires_ms
}
