//! Put certificates together from single entries, and count power.

use super::ballots::{self, Details, Statement};
use super::index::{Pair, Record};
use super::{Watcher, ballots::Entry};
use crypto::ballot;
use std::collections::{BTreeMap, BTreeSet};
use types::certificate::{PolkaCertificate, RoundCertificate, RoundCertificateKind, RoundVote};
use types::{
    BlockId, CertificateSignature, CommitCertificate, FinalityCertificate, Hash, Height, Round,
    Step, ValidatorId, Value, Version, VoteKind, VotingPower,
};

impl Watcher {
    /// The precommits for a block in one round, every one that is known, if they are a quorum.
    #[must_use]
    pub fn commit_certificate(
        &self,
        height: Height,
        round: Round,
        block_id: &BlockId,
    ) -> Option<CommitCertificate> {
        let record = self.index.record(height)?;
        let value = ballots::vote_value(Some(*block_id));
        Some(CommitCertificate {
            version: Version,
            chain_id: self.chain_id,
            height,
            round,
            block_id: *block_id,
            precommits: record.quorum_for(round, Step::Precommit, &value)?,
        })
    }

    /// The precommits that decided a height, if a quorum of them is known.
    #[must_use]
    pub fn decided(&self, height: Height) -> Option<CommitCertificate> {
        let record = self.index.record(height)?;
        let round = record.commit_round?;
        let block_id = ballots::block_of(&record.quorum_value(round, Step::Precommit)?)?;
        self.commit_certificate(height, round, &block_id)
    }

    /// Whether somebody cast two votes of a kind in a round. An engine counts the first alone, so
    /// it may miss a quorum that there is.
    #[must_use]
    pub fn is_contradicted(&self, height: Height, round: Round, kind: VoteKind) -> bool {
        let record = self.index.record(height);
        record.is_some_and(|record| record.is_contradicted(round, kind.step()))
    }

    /// The prevotes of a round for one block, every one that is known, if they are a quorum.
    #[must_use]
    pub fn polka(&self, height: Height, round: Round) -> Option<PolkaCertificate> {
        let record = self.index.record(height)?;
        let value = record.quorum_value(round, Step::Prevote)?;
        Some(PolkaCertificate {
            version: Version,
            height,
            round,
            block_id: ballots::block_of(&value)?,
            prevotes: record.quorum_for(round, Step::Prevote, &value)?,
        })
    }

    /// The votes that lead highest above `above`, if any do: precommits of more than two thirds of
    /// a round end it, votes of more than one third let one skip to it.
    #[must_use]
    pub fn round_certificate(&self, height: Height, above: Round) -> Option<RoundCertificate> {
        let record = self.index.record(height)?;
        let rounds: BTreeSet<Round> = record
            .places()
            .filter(|((round, step), _)| *round >= above && *step != Step::Seal)
            .map(|((round, _), _)| round)
            .collect();
        rounds.into_iter().rev().find_map(|round| {
            let certificate =
                |kind, votes| RoundCertificate { version: Version, height, round, kind, votes };
            let ending = record.votes_of(round, &[Step::Precommit]);
            if record.set().is_quorum(VotingPower(record.power_of(&ending))) {
                return Some(certificate(RoundCertificateKind::Precommit, ending));
            }
            let skipping = record.votes_of(round, &[Step::Precommit, Step::Prevote]);
            let leads =
                round > above && ballots::is_third(record.set(), record.power_of(&skipping));
            leads.then(|| certificate(RoundCertificateKind::Skip, skipping))
        })
    }

    /// The seals of a height over one value, every one that is known, if they are a quorum.
    #[must_use]
    pub fn finality(&self, height: Height) -> Option<FinalityCertificate> {
        let record = self.index.record(height)?;
        let value = record.quorum_value(Round::ZERO, Step::Seal)?;
        let details = record.at(Round::ZERO, Step::Seal).find_map(|(_, pair)| {
            match pair.of_value(&value)?.details {
                Details::Seal { block_id, state_root, receipts_root } => {
                    Some((block_id, state_root, receipts_root))
                }
                Details::Vote | Details::Proposal { .. } | Details::Half => None,
            }
        });
        let (block_id, state_root, receipts_root) = details?;
        Some(FinalityCertificate {
            version: Version,
            chain_id: self.chain_id,
            height,
            block_id,
            state_root,
            receipts_root,
            seals: record.quorum_for(Round::ZERO, Step::Seal, &value)?,
        })
    }

    /// The power that sealed anything else than `value` at a height, and all power.
    #[must_use]
    pub fn power_sealing_otherwise(
        &self,
        height: Height,
        value: &Hash,
    ) -> Option<(VotingPower, VotingPower)> {
        let record = self.index.record(height)?;
        let otherwise =
            |pair: &Pair| pair.entries().any(|entry| entry.value.as_ref() != Some(value));
        let power = record.power_where(Round::ZERO, Step::Seal, otherwise);
        Some((VotingPower(power), record.set().total_power()))
    }

    /// Whether more than two thirds voted for a block in a round.
    #[must_use]
    pub fn has_quorum(
        &self,
        height: Height,
        round: Round,
        kind: VoteKind,
        block_id: &BlockId,
    ) -> bool {
        let value = ballots::vote_value(Some(*block_id));
        let record = self.index.record(height);
        record.is_some_and(|record| record.is_quorum_for(round, kind.step(), &value))
    }

    /// Who prevoted a block in any round: they have its body.
    #[must_use]
    pub fn prevoters(&self, height: Height, block_id: &BlockId) -> Vec<ValidatorId> {
        let value = ballots::vote_value(Some(*block_id));
        let Some(record) = self.index.record(height) else { return Vec::new() };
        let prevoted: BTreeSet<u16> = record
            .places()
            .filter(|((_, step), _)| *step == Step::Prevote)
            .flat_map(|(_, entries)| entries)
            .filter(|(_, pair)| pair.of_value(&value).is_some())
            .map(|(index, _)| *index)
            .collect();
        prevoted.into_iter().filter_map(|index| record.id(index)).collect()
    }

    /// Whose vote of a round is not known.
    #[must_use]
    pub fn missing(&self, height: Height, round: Round, kind: VoteKind) -> Vec<ValidatorId> {
        let Some(record) = self.index.record(height) else { return Vec::new() };
        let voted: BTreeSet<u16> = record.at(round, kind.step()).map(|(index, _)| index).collect();
        let validators = record.set().validators().iter().zip(0_u16..);
        validators.filter(|(_, index)| !voted.contains(index)).map(|(one, _)| one.id).collect()
    }

    /// The keys of the verdicts on a height's precommits and seals: what blocks carry of it need
    /// not be verified again.
    #[must_use]
    pub fn known_keys(&self, height: Height) -> BTreeSet<Hash> {
        let Some(record) = self.index.record(height) else { return BTreeSet::new() };
        let carried = |step: Step| matches!(step, Step::Precommit | Step::Seal);
        let places = record.places().filter(|((_, step), _)| carried(*step));
        let mut keys = BTreeSet::new();
        for ((round, step), entries) in places {
            for (index, pair) in entries {
                for entry in pair.entries() {
                    let statement = Statement { index: *index, round, step, entry: *entry };
                    let ballot = ballots::ballot(&self.chain_id, height, record.set(), &statement);
                    keys.insert(ballot::cache_key(&ballot));
                }
            }
        }
        keys
    }
}

impl Record {
    pub(super) fn id(&self, index: u16) -> Option<ValidatorId> {
        self.set().get(usize::from(index)).map(|validator| validator.id)
    }

    pub(super) fn is_contradicted(&self, round: Round, step: Step) -> bool {
        self.at(round, step).any(|(_, pair)| pair.is_full())
    }

    fn power(&self, index: u16) -> u64 {
        self.set().get(usize::from(index)).map_or(0, |validator| validator.power.0)
    }

    fn power_where(&self, round: Round, step: Step, counts: impl Fn(&Pair) -> bool) -> u64 {
        let counted = self.at(round, step).filter(|(_, pair)| counts(pair));
        counted.fold(0, |sum, (index, _)| sum.saturating_add(self.power(index)))
    }

    fn is_quorum_for(&self, round: Round, step: Step, value: &Value) -> bool {
        let power = self.power_where(round, step, |pair| pair.of_value(value).is_some());
        self.set().is_quorum(VotingPower(power))
    }

    /// Note that a precommit for `value` came: if there is a quorum now, this round decides.
    pub(super) fn note_commit(&mut self, round: Round, value: &Value) {
        if self.commit_round.is_none_or(|known| known < round)
            && self.is_quorum_for(round, Step::Precommit, value)
        {
            self.commit_round = Some(round);
        }
    }

    /// The value other than nil over which there is a quorum.
    fn quorum_value(&self, round: Round, step: Step) -> Option<Value> {
        let mut power: BTreeMap<Value, u64> = BTreeMap::new();
        for (index, pair) in self.at(round, step) {
            for entry in pair.entries().filter(|entry| entry.value.is_some()) {
                let sum = power.entry(entry.value).or_default();
                *sum = sum.saturating_add(self.power(index));
            }
        }
        let quorum = |sum: &u64| self.set().is_quorum(VotingPower(*sum));
        power.into_iter().find(|(_, sum)| quorum(sum)).map(|(value, _)| value)
    }

    /// Every signature over a value, if they are a quorum.
    fn quorum_for(
        &self,
        round: Round,
        step: Step,
        value: &Value,
    ) -> Option<Vec<CertificateSignature>> {
        let signed = |(index, pair): (u16, &Pair)| pair.of_value(value).map(|e| part(index, e));
        let signatures: Vec<_> = self.at(round, step).filter_map(signed).collect();
        self.is_quorum_for(round, step, value).then_some(signatures)
    }

    /// One vote of each validator that voted in a round, of the first step at which it did.
    fn votes_of(&self, round: Round, steps: &[Step]) -> Vec<RoundVote> {
        let mut votes: BTreeMap<u16, RoundVote> = BTreeMap::new();
        for step in steps {
            let kind = match step {
                Step::Prevote => VoteKind::Prevote,
                Step::Precommit => VoteKind::Precommit,
                Step::Proposal | Step::Seal => continue,
            };
            for (index, pair) in self.at(round, *step) {
                let Some(entry) = pair.entries().next() else { continue };
                let block_id = ballots::block_of(&entry.value);
                let vote = RoundVote { kind, block_id, signature: part(index, entry) };
                votes.entry(index).or_insert(vote);
            }
        }
        votes.into_values().collect()
    }

    fn power_of(&self, votes: &[RoundVote]) -> u64 {
        let powers = votes.iter().map(|vote| self.power(vote.signature.index));
        powers.fold(0, u64::saturating_add)
    }
}

const fn part(index: u16, entry: &Entry) -> CertificateSignature {
    CertificateSignature { index, signature: entry.signature, share: entry.share }
}
