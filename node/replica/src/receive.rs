//! Consensus messages from peers: bounds first, then signatures, then the watcher, then the engine.

use crate::action::{Action, GossipVerdict, Log};
use crate::event::{GossipId, Peer};
use crate::replica::Replica;
use crate::work::Work;
use consensus::Input;
use consensus::watcher::{Ballots, Verdict};
use std::collections::{BTreeMap, VecDeque};
use types::certificate::{PolkaCertificate, RoundCertificate};
use types::wire::ConsensusContent;
use types::{
    BlockId, CertificateSignature, CommitCertificate, Evidence, Height, Round, Vote, VoteKind,
};

/// Most messages that wait for verification; more are ignored, and come again by the exchange.
const MAX_WAITING: usize = 4_096;
/// Most messages of one verification batch.
const MAX_BATCH: usize = 256;
/// Most batches being verified at a time.
const MAX_IN_FLIGHT: usize = 2;

struct Waiting {
    peer: Peer,
    gossip: Option<GossipId>,
    subject: Subject,
    ballots: Ballots,
}

enum Subject {
    Message(Box<ConsensusContent>),
    Evidence(Box<Evidence>),
}

/// Messages between arrival and verdict.
#[derive(Default)]
pub(crate) struct Verifying {
    waiting: VecDeque<Waiting>,
    in_flight: BTreeMap<u64, Vec<Waiting>>,
    next_batch: u64,
}

impl Replica {
    pub(crate) fn on_message(
        &mut self,
        peer: Peer,
        gossip: Option<GossipId>,
        content: Box<ConsensusContent>,
    ) {
        match self.watcher.admissible(&content, self.height(), self.round()) {
            Verdict::Verify(ballots) => {
                self.enqueue(Waiting { peer, gossip, subject: Subject::Message(content), ballots });
            }
            Verdict::Known => {
                self.validate(gossip, GossipVerdict::Ignore);
                if let ConsensusContent::Polka(polka) = &*content {
                    self.mend_polka(polka.height, polka.round);
                }
            }
            Verdict::TooOld | Verdict::TooHigh | Verdict::TooMany => {
                self.validate(gossip, GossipVerdict::Ignore);
            }
            Verdict::Stranger | Verdict::Malformed => {
                self.validate(gossip, GossipVerdict::Reject);
                self.act(Action::Blame(peer, "a consensus message that nobody could have signed"));
            }
        }
    }

    pub(crate) fn on_evidence(&mut self, peer: Peer, gossip: GossipId, evidence: Evidence) {
        match self.watcher.admissible_evidence(&evidence) {
            Verdict::Verify(ballots) => {
                let subject = Subject::Evidence(Box::new(evidence));
                self.enqueue(Waiting { peer, gossip: Some(gossip), subject, ballots });
            }
            Verdict::Stranger | Verdict::Malformed => {
                self.validate(Some(gossip), GossipVerdict::Reject);
            }
            Verdict::Known | Verdict::TooOld | Verdict::TooHigh | Verdict::TooMany => {
                self.validate(Some(gossip), GossipVerdict::Ignore);
            }
        }
    }

    fn enqueue(&mut self, waiting: Waiting) {
        if self.verifying.waiting.len() >= MAX_WAITING {
            return self.validate(waiting.gossip, GossipVerdict::Ignore);
        }
        self.verifying.waiting.push_back(waiting);
        self.verify_waiting();
    }

    fn verify_waiting(&mut self) {
        while self.verifying.in_flight.len() < MAX_IN_FLIGHT && !self.verifying.waiting.is_empty() {
            let count = self.verifying.waiting.len().min(MAX_BATCH);
            let entries: Vec<Waiting> = self.verifying.waiting.drain(..count).collect();
            let ballots = entries.iter().map(|entry| entry.ballots.clone()).collect();
            let batch = self.verifying.next_batch;
            self.verifying.next_batch = batch.wrapping_add(1);
            self.verifying.in_flight.insert(batch, entries);
            self.work(Work::Verify { batch, ballots });
        }
    }

    pub(crate) fn on_verified(&mut self, batch: u64, valid: &[bool]) {
        let entries = self.verifying.in_flight.remove(&batch).unwrap_or_default();
        for (entry, valid) in entries.into_iter().zip(valid) {
            if !valid {
                self.validate(entry.gossip, GossipVerdict::Reject);
                self.act(Action::Blame(entry.peer, "a signature or share that does not verify"));
                continue;
            }
            self.validate(entry.gossip, GossipVerdict::Accept);
            match entry.subject {
                Subject::Message(content) => self.on_verified_message(*content),
                Subject::Evidence(evidence) => self.on_verified_evidence(*evidence),
            }
        }
        self.verify_waiting();
        self.maybe_start();
    }

    fn on_verified_message(&mut self, content: ConsensusContent) {
        if self.watch_own_key(&content) {
            return;
        }
        let observed = self.watcher.observe(&content);
        if self.config.detectors.covers(&content) {
            observed.conflicts.into_iter().for_each(|pair| self.on_double_sign(pair));
        }
        if observed.new {
            self.apply(content);
        }
    }

    fn on_verified_evidence(&mut self, evidence: Evidence) {
        if self.watcher.observe_evidence(&evidence) && self.config.detectors.pairs {
            self.note_double_sign(evidence);
        }
    }

    /// A pair that shows that our own key runs elsewhere stops this node, once it is passed on.
    fn watch_own_pair(&mut self, pair: &Evidence) {
        if self.config.own == Some(pair.validator) {
            let said = [pair.value_a, pair.value_b].map(|value| (pair.address, value));
            self.judge_own_key(&said);
        }
    }

    /// Evidence from a wallet or file, which was judged by the state.
    pub(crate) fn on_evidence_submitted(&mut self, evidence: Evidence) {
        self.watcher.observe_evidence(&evidence);
        if self.keep_evidence(evidence.clone()) {
            self.act(Action::GossipEvidence(Box::new(evidence.clone())));
            self.watch_own_pair(&evidence);
            self.maybe_start();
        }
    }

    /// Double signs of which a certificate holds a half, if such are looked for.
    pub(crate) fn on_carried_pairs(&mut self, detects: bool, pairs: Vec<Evidence>) {
        let found = pairs.into_iter().filter(|_| detects);
        found.for_each(|pair| self.on_double_sign(pair));
    }

    /// A double sign that this node found itself: others need not have both halves.
    pub(crate) fn on_double_sign(&mut self, evidence: Evidence) {
        self.act(Action::GossipEvidence(Box::new(evidence.clone())));
        self.note_double_sign(evidence);
    }

    fn note_double_sign(&mut self, evidence: Evidence) {
        self.evidence_seen = self.evidence_seen.saturating_add(1);
        self.keep_evidence(evidence.clone());
        self.log(Log::DoubleSign(Box::new(evidence.clone())));
        self.watch_own_pair(&evidence);
    }

    /// Let verified evidence wait for a block, and keep it on disk before the next crash.
    fn keep_evidence(&mut self, evidence: Evidence) -> bool {
        let about = evidence.address.height;
        let waits = self.let_wait(evidence);
        if waits {
            self.save_votes_of(about);
        }
        waits
    }

    /// Let verified evidence wait for a block, unless its validator was punished.
    pub(crate) fn let_wait(&mut self, evidence: Evidence) -> bool {
        let punished = self.frontier.revealed.binary_search(&evidence.validator).is_ok();
        let height = self.height();
        !punished && self.evidences.put(evidence, height)
    }

    /// Act on a verified message: the engine for votes of the height in progress, finality for
    /// seals.
    pub(crate) fn apply(&mut self, content: ConsensusContent) {
        let height = self.height();
        let running = self.phase.is_running();
        match content {
            ConsensusContent::Proposal(proposal) if proposal.height == height && running => {
                self.on_proposal(proposal);
            }
            ConsensusContent::Vote(vote) if vote.height == height && running => {
                self.release_needed_blocks(vote.round, vote.kind, vote.block_id);
                let (round, kind) = (vote.round, vote.kind);
                self.drive(Input::Vote(vote));
                if kind == VoteKind::Prevote {
                    self.mend_polka(height, round);
                }
            }
            ConsensusContent::Polka(polka) if polka.height == height && running => {
                self.release_block(&polka.block_id);
                self.apply_votes(votes_of_polka(&polka));
                self.drive(Input::Polka(polka));
            }
            ConsensusContent::Round(round) if round.height == height && running => {
                let votes = votes_of_round(&round);
                self.drive(Input::Round(round));
                self.apply_votes(votes);
            }
            ConsensusContent::Seal(seal) => self.on_seal(seal),
            ConsensusContent::Finality(certificate) => self.on_finality(certificate),
            ConsensusContent::Commit(certificate) if certificate.height == height && running => {
                self.apply_precommits(&certificate);
            }
            // Other heights' messages stand in the index, which is where they are used from.
            ConsensusContent::Commit(_)
            | ConsensusContent::Proposal(_)
            | ConsensusContent::Vote(_)
            | ConsensusContent::Polka(_)
            | ConsensusContent::Round(_) => {}
        }
    }

    /// The engine counts one vote a validator, the first; if somebody cast two, a polka may rest on
    /// the second, and whoever is locked by it waits for us to see it.
    fn mend_polka(&mut self, height: Height, round: Round) {
        if height == self.height()
            && self.watcher.is_contradicted(height, round, VoteKind::Prevote)
            && let Some(polka) = self.watcher.polka(height, round)
        {
            self.release_block(&polka.block_id);
            self.drive(Input::Polka(polka));
        }
    }

    /// The precommits of a certificate, one by one: the engine decides by them like by any others.
    fn apply_precommits(&mut self, certificate: &CommitCertificate) {
        self.release_block(&certificate.block_id);
        let place = (certificate.height, certificate.round);
        let cast = (VoteKind::Precommit, Some(certificate.block_id));
        self.apply_votes(
            certificate.precommits.iter().map(|part| (place, cast, part.clone())).collect(),
        );
    }

    /// The votes that stand in a certificate, one by one. The engine takes from a certificate its
    /// conclusion alone, and nothing if it has drawn that already; but the index knows the votes
    /// now, so nobody sends them again.
    fn apply_votes(&mut self, votes: Vec<CertifiedVote>) {
        let set = self.frontier.set.clone();
        for ((height, round), (kind, block_id), part) in votes {
            let Some(validator) = set.get(usize::from(part.index)) else { continue };
            let (signature, share) = (part.signature, part.share);
            let validator = validator.id;
            let vote = Vote { kind, height, round, block_id, validator, signature, share };
            self.drive(Input::Vote(vote));
        }
    }
}

/// Where a vote of a certificate was cast, which one, and whose it is.
type CertifiedVote = ((Height, Round), (VoteKind, Option<BlockId>), CertificateSignature);

fn votes_of_polka(polka: &PolkaCertificate) -> Vec<CertifiedVote> {
    let (place, cast) = ((polka.height, polka.round), (VoteKind::Prevote, Some(polka.block_id)));
    polka.prevotes.iter().map(|part| (place, cast, part.clone())).collect()
}

fn votes_of_round(round: &RoundCertificate) -> Vec<CertifiedVote> {
    let place = (round.height, round.round);
    round
        .votes
        .iter()
        .map(|vote| (place, (vote.kind, vote.block_id), vote.signature.clone()))
        .collect()
}
