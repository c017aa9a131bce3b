//! The exchange: say what is held, and give others what they lack.

use super::ballots::{Details, Entry};
use super::index::{Pair, Record};
use super::{ROUND_LOOKAHEAD, Watcher, content_of};
use std::collections::BTreeSet;
use types::wire::{ConsensusContent, RoundStatus, StatusRequest};
use types::{Height, Round, Step};

/// Most rounds that a status tells of.
pub const MAX_STATUS_ROUNDS: usize = 16;

impl Watcher {
    /// What is held of a height from the round before `round` on, by rising round.
    #[must_use]
    pub fn status(&self, height: Height, round: Round) -> Vec<RoundStatus> {
        let Some(record) = self.index.record(height) else { return Vec::new() };
        let from = Round(round.0.saturating_sub(1));
        let mut rounds: BTreeSet<Round> = [from, round].into();
        let known = record.places().filter(|((_, step), _)| *step != Step::Seal);
        rounds.extend(known.map(|((round, _), _)| round).filter(|known| *known > round));
        let status = |round: Round| RoundStatus {
            round,
            proposal: record.proposal(height, round).is_some(),
            prevotes: record.bitmap(round, Step::Prevote),
            precommits: record.bitmap(round, Step::Precommit),
        };
        rounds.into_iter().take(MAX_STATUS_ROUNDS).map(status).collect()
    }

    /// What a peer that stands at `request` lacks and is known here, in at most `budget` bytes of
    /// encoded messages. `tip` and `finalized` are this node's.
    ///
    /// Of the height in progress: the votes that lead to a higher round, the newest polka,
    /// proposals and votes. Of a height already committed here: what decided it. Then the seals
    /// above what either side knows to be final.
    #[must_use]
    pub fn answer(
        &self,
        request: &StatusRequest,
        tip: Height,
        finalized: Height,
        budget: usize,
    ) -> Vec<ConsensusContent> {
        let mut answer = Answer { messages: Vec::new(), left: budget };
        if request.height == self.height {
            self.answer_height(request, &mut answer);
        } else if request.height < self.height {
            self.answer_decided(request.height, &mut answer);
        }
        self.answer_seals(request, tip, finalized, &mut answer);
        answer.messages
    }

    fn answer_height(&self, request: &StatusRequest, answer: &mut Answer) {
        let height = request.height;
        let Some(record) = self.index.record(height) else { return };
        if let Some(certificate) = self.round_certificate(height, request.round)
            && lacks_round(request, &certificate)
        {
            answer.push(ConsensusContent::Round(certificate));
        }
        let told = |round: Round| request.rounds.iter().find(|status| status.round == round);
        let rounds: BTreeSet<Round> = record.places().map(|((round, _), _)| round).collect();
        let polka = rounds.iter().rev().find_map(|round| self.polka(height, *round));
        // Who holds one of a contradiction's halves does not ask for the other, which may count.
        if let Some(polka) = polka
            && (told(polka.round).is_none() || record.is_contradicted(polka.round, Step::Prevote))
        {
            answer.push(ConsensusContent::Polka(polka));
        }
        let lowest = Round(request.round.0.saturating_sub(1));
        let highest = Round(request.round.0.saturating_add(ROUND_LOOKAHEAD));
        for round in rounds.range(lowest..=highest) {
            answer_round(record, height, *round, told(*round), answer);
        }
    }

    /// What decided a height: the certificate, and the proposal that names the block.
    fn answer_decided(&self, height: Height, answer: &mut Answer) {
        let Some(record) = self.index.record(height) else { return };
        let Some(certificate) = self.decided(height) else { return };
        for (index, pair) in record.at(certificate.round, Step::Proposal) {
            for entry in pair.entries() {
                let place = (height, certificate.round, Step::Proposal);
                match entry.details {
                    Details::Proposal { block_id, .. } if block_id == certificate.block_id => {
                        answer.extend(content_of(record.set(), place, index, entry));
                    }
                    Details::Vote
                    | Details::Proposal { .. }
                    | Details::Seal { .. }
                    | Details::Half => {}
                }
            }
        }
        answer.push(ConsensusContent::Commit(certificate));
    }

    /// The newest certificate above what is final on both sides, and the seals above that.
    fn answer_seals(
        &self,
        request: &StatusRequest,
        tip: Height,
        finalized: Height,
        answer: &mut Answer,
    ) {
        let last = tip.min(request.tip);
        let mut first = request.finalized.max(finalized).next();
        let sealed = self.index.heights_down().filter(|(height, _)| *height <= last);
        let above = sealed.take_while(|(height, _)| *height >= first);
        let newest = above.map(|(height, _)| height).find_map(|height| self.finality(height));
        if let Some(certificate) = newest {
            first = certificate.height.next();
            answer.push(ConsensusContent::Finality(certificate));
        }
        let mut heights: Vec<(Height, &Record)> = self
            .index
            .heights_down()
            .filter(|(height, _)| *height <= last)
            .take_while(|(height, _)| *height >= first)
            .collect();
        heights.reverse();
        for (height, record) in heights {
            for (index, pair) in record.at(Round::ZERO, Step::Seal) {
                let place = (height, Round::ZERO, Step::Seal);
                for entry in pair.entries() {
                    answer.extend(content_of(record.set(), place, index, entry));
                }
            }
        }
    }
}

/// The proposal and votes of one round that the asker lacks.
fn answer_round(
    record: &Record,
    height: Height,
    round: Round,
    told: Option<&types::wire::RoundStatus>,
    answer: &mut Answer,
) {
    if told.is_none_or(|status| !status.proposal) {
        answer.extend(record.proposal(height, round));
    }
    let held = |step: Step| match step {
        Step::Prevote => told.map(|status| status.prevotes.as_slice()),
        Step::Precommit => told.map(|status| status.precommits.as_slice()),
        Step::Proposal | Step::Seal => None,
    };
    for step in [Step::Prevote, Step::Precommit] {
        let bitmap = held(step).unwrap_or_default();
        for (index, pair) in record.at(round, step).filter(|(index, _)| !is_set(bitmap, *index)) {
            for entry in pair.entries() {
                answer.extend(content_of(record.set(), (height, round, step), index, entry));
            }
        }
    }
}

/// Whether the asker lacks some vote of a round certificate.
fn lacks_round(
    request: &StatusRequest,
    certificate: &types::certificate::RoundCertificate,
) -> bool {
    let told = request.rounds.iter().find(|status| status.round == certificate.round);
    let Some(status) = told else { return true };
    certificate.votes.iter().any(|vote| {
        let bitmap = match vote.kind {
            types::VoteKind::Prevote => &status.prevotes,
            types::VoteKind::Precommit => &status.precommits,
        };
        !is_set(bitmap, vote.signature.index)
    })
}

/// Messages up to a number of bytes.
struct Answer {
    messages: Vec<ConsensusContent>,
    left: usize,
}

impl Answer {
    fn push(&mut self, content: ConsensusContent) {
        if let Some(left) = self.left.checked_sub(types::encode(&content).len()) {
            self.left = left;
            self.messages.push(content);
        }
    }

    fn extend(&mut self, content: Option<ConsensusContent>) {
        if let Some(content) = content {
            self.push(content);
        }
    }
}

impl Record {
    /// The proposal of a round that the engine would take: of whoever may make it, as far as that
    /// is known, and relying on an earlier round if on any.
    fn proposal(&self, height: Height, round: Round) -> Option<ConsensusContent> {
        let proposer = self.eligible.as_ref().and_then(|eligible| {
            self.set().index_of(&self.set().proposer(eligible, height, round).id)
        });
        let place = (height, round, Step::Proposal);
        self.at(round, Step::Proposal)
            .filter(|(index, _)| proposer.is_none_or(|proposer| proposer == usize::from(*index)))
            .find_map(|(index, pair)| {
                let usable = |entry: &&Entry| match entry.details {
                    Details::Proposal { pol_round, .. } => pol_round.is_none_or(|pol| pol < round),
                    Details::Vote | Details::Seal { .. } | Details::Half => false,
                };
                let entry = pair.entries().find(usable)?;
                content_of(self.set(), place, index, entry)
            })
    }

    /// Whose message of a step is held: bit i of byte i / 8, lowest first, is position i.
    fn bitmap(&self, round: Round, step: Step) -> Vec<u8> {
        let mut bitmap = vec![0_u8; self.set().len().div_ceil(8)];
        let whole = |pair: &Pair| pair.entries().any(|entry| entry.details != Details::Half);
        for (index, _) in self.at(round, step).filter(|(_, pair)| whole(pair)) {
            if let Some(byte) = bitmap.get_mut(usize::from(index / 8)) {
                *byte |= 1 << (index % 8);
            }
        }
        bitmap
    }
}

fn is_set(bitmap: &[u8], index: u16) -> bool {
    bitmap.get(usize::from(index / 8)).is_some_and(|byte| byte & (1 << (index % 8)) != 0)
}
