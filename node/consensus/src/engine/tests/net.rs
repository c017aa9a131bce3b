//! A network of engines in one thread: messages in order of sending, timers by a counted clock.
//!
//! Each node holds what a crash would leave: the flushed journal and the guard's file. Every
//! message sent is held against them, so that each test also tests that nothing leaves too early.

use super::*;
use crate::journal::{self, Tail};
use crate::safety::{SLOT_BYTES, machine_of};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use types::wire::BlockMessage;
use types::{
    Block, Body, CommitCertificate, Hash, Header, Params, Step, ValidatorSet, Version, Vote,
    VoteKind, VrfProof,
};

/// Most inputs a test may need: beyond, it does not come to an end.
const MAX_STEPS: usize = 100_000;
/// Most timers that [`Net::finish`] lets run out.
const MAX_ROUNDS: usize = 400;

pub(super) struct Node {
    pub(super) engine: Engine,
    number: u8,
    id: ValidatorId,
    flushed: Vec<u8>,
    unflushed: Vec<u8>,
    guard_file: Vec<u8>,
    hiccup: Hiccup,
    /// When each timer runs out, in ms.
    timers: BTreeMap<Timeout, u64>,
    inbox: VecDeque<Input>,
    pub(super) online: bool,
    died: bool,
    pub(super) enabled: bool,
    /// All effects, in order.
    pub(super) effects: Vec<Effect>,
    pub(super) decided: Vec<CommitCertificate>,
    /// Effects it still performs before it dies.
    lifetime: Option<usize>,
}

pub(super) struct Net {
    pub(super) nodes: Vec<Node>,
    pub(super) set: Arc<ValidatorSet>,
    blocks: BTreeMap<BlockId, Arc<BlockMessage>>,
    /// What each node ever sent, by address.
    pub(super) sent: BTreeMap<(ValidatorId, SignedAddress), ConsensusContent>,
    now_ms: u64,
    /// Blocks first proposed before this round are invalid to all but their proposer.
    pub(super) valid_from: Round,
    /// Blocks made, so that no two are alike.
    made: u64,
}

impl Net {
    /// `count` validators of equal power, in the order of their set, at height 0.
    pub(super) fn new(count: u8) -> Self {
        let (set, numbers) = validators(count);
        let nodes = numbers.into_iter().map(Node::new).collect();
        let (blocks, sent) = (BTreeMap::new(), BTreeMap::new());
        Self { nodes, set, blocks, sent, now_ms: 0, valid_from: Round(0), made: 0 }
    }

    /// Start a height at every node that is online.
    pub(super) fn start(&mut self, height: u64) {
        for position in 0..self.nodes.len() {
            if self.nodes[position].online {
                self.start_node(position, height, Vec::new());
            }
        }
    }

    /// Start a height at one node, with what a journal held or with an empty one.
    pub(super) fn start_node(&mut self, position: usize, height: u64, journal: Vec<JournalRecord>) {
        let header = JournalRecord::Header { chain_id: CHAIN, height: Height(height) };
        let held = if journal.is_empty() { &[header][..] } else { &journal[..] };
        self.nodes[position].flushed = held.iter().flat_map(journal::frame).collect();
        self.nodes[position].unflushed.clear();
        let enabled = self.nodes[position].enabled;
        let input = self.start_input(height, enabled, journal);
        self.step(position, input);
    }

    pub(super) fn start_input(
        &self,
        height: u64,
        enabled: bool,
        journal: Vec<JournalRecord>,
    ) -> Input {
        Input::StartHeight {
            height: Height(height),
            set: Arc::clone(&self.set),
            eligible: Vec::new(),
            timing: Timing::from_params(&Params::default()),
            enabled,
            journal,
        }
    }

    /// Run until every node that is online has decided this height.
    pub(super) fn run_until_decided(&mut self, height: u64) {
        for _ in 0..MAX_STEPS {
            let open = |node: &Node| node.online && node.decided_at(height).is_none();
            if !self.nodes.iter().any(open) {
                return;
            }
            if !self.deliver_one() && !self.fire_next() {
                panic!("height {height} is stuck: no message, no timer");
            }
        }
        panic!("height {height} is not decided after {MAX_STEPS} inputs");
    }

    /// Run until no message is under way.
    pub(super) fn run_until_quiet(&mut self) {
        for _ in 0..MAX_STEPS {
            if !self.deliver_one() {
                return;
            }
        }
        panic!("messages without end");
    }

    fn deliver_one(&mut self) -> bool {
        for position in 0..self.nodes.len() {
            if let Some(input) = self.nodes[position].inbox.pop_front() {
                self.step(position, input);
                return true;
            }
        }
        false
    }

    /// Let the timer that runs out first run out.
    pub(super) fn fire_next(&mut self) -> bool {
        let timers = self.nodes.iter().enumerate().filter(|(_, node)| node.online);
        let next = timers
            .flat_map(|(position, node)| {
                node.timers.iter().map(move |(timeout, due)| (*due, position, *timeout))
            })
            .min();
        let Some((due, position, timeout)) = next else {
            return false;
        };
        self.now_ms = self.now_ms.max(due);
        self.nodes[position].timers.remove(&timeout);
        self.step(position, Input::Timeout(timeout));
        true
    }

    pub(super) fn step(&mut self, position: usize, input: Input) {
        if !self.nodes[position].online {
            return;
        }
        let effects = self.nodes[position].engine.handle(input).expect("the engine runs");
        for effect in effects {
            if !self.nodes[position].lives_on() {
                return;
            }
            self.perform(position, effect);
        }
    }

    fn perform(&mut self, position: usize, effect: Effect) {
        let now_ms = self.now_ms;
        self.nodes[position].effects.push(effect.clone());
        let node = &mut self.nodes[position];
        match effect {
            Effect::AppendBlock(block_id) => {
                let block = JournalRecord::Block(Arc::clone(&self.blocks[&block_id]));
                node.unflushed.extend(journal::frame(&block));
            }
            Effect::Append(record) => node.unflushed.extend(journal::frame(&record)),
            Effect::Flush => node.flushed.append(&mut node.unflushed),
            Effect::SetGuard(slot) => {
                let at = slot.position * SLOT_BYTES;
                node.guard_file[at..at + SLOT_BYTES].copy_from_slice(&slot.bytes);
            }
            Effect::Send(content) => self.send(position, &content),
            Effect::Schedule { timeout, after_ms } => {
                node.timers.insert(timeout, now_ms + after_ms);
            }
            Effect::Cancel(timeout) => {
                node.timers.remove(&timeout);
            }
            Effect::CancelAll => node.timers.clear(),
            Effect::GetValue { height, round } => {
                let block_id = self.make_block(height, round, position);
                self.nodes[position].inbox.push_front(Input::Propose { round, block_id });
            }
            Effect::Decide(certificate) => {
                if let Some(precommit) = own_precommit(&certificate, &self.set, node.id) {
                    node.assert_durable(&precommit);
                }
                node.decided.push(certificate);
            }
            Effect::Restream { .. } | Effect::EnteredRound { .. } | Effect::Abstained { .. } => {}
        }
    }

    pub(super) fn make_block(&mut self, height: Height, round: Round, position: usize) -> BlockId {
        self.made += 1;
        let header = Header {
            version: types::codec::WideVersion,
            protocol: 1,
            chain_id: CHAIN,
            height,
            round,
            time_ms: types::TimestampMs(self.made),
            parent: BlockId::ZERO,
            proposer: self.nodes[position].id,
            validators_hash: Hash::ZERO,
            next_validators_hash: Hash::ZERO,
            params_hash: Hash::ZERO,
            prev_state_root: Hash::ZERO,
            prev_receipts_root: Hash::ZERO,
            txs_root: Hash::ZERO,
            evidence_root: Hash::ZERO,
            last_commit_hash: Hash::ZERO,
            finality_hash: Hash::ZERO,
            randomness: Hash::ZERO,
            vrf_proof: VrfProof::ZERO,
            body_bytes: 0,
        };
        let block_id = crypto::id::block_id(&header);
        let block = Block { header, body: Body::default() };
        self.blocks.insert(block_id, Arc::new(BlockMessage { version: Version, block }));
        block_id
    }

    fn send(&mut self, position: usize, content: &ConsensusContent) {
        let id = self.nodes[position].id;
        if let Some((address, _)) = journal::signed_by(content, CHAIN, &id) {
            self.nodes[position].assert_durable(content);
            // An address has one message for ever, to the byte: it is reused, not made anew.
            let first = self.sent.entry((id, address)).or_insert_with(|| content.clone());
            assert_eq!(first, content, "two messages at one address");
        }
        for other in 0..self.nodes.len() {
            if other != position && self.nodes[other].online {
                let mut input = as_input(content);
                if let Input::Proposal { proposal, valid } = &mut input {
                    *valid = proposal.round >= self.valid_from;
                }
                self.nodes[other].inbox.push_back(input);
            }
        }
    }

    /// The proposer of round 1 of height 1 before its precommit timer of round 0 runs out: it is
    /// locked on the block of round 0, which the others did not see prevoted by enough.
    pub(super) fn at_second_round_with_a_valid_block() -> (Self, usize) {
        let mut net = Self::new(4);
        let (first, second) = (net.proposer(1, 0), net.proposer(1, 1));
        let others: Vec<usize> = (0..4).filter(|position| *position != second).collect();
        let block_id = net.make_block(Height(1), Round(0), first);
        net.start_node(second, 1, Vec::new());
        let proposal = net.proposal(first, 1, (0, None), block_id);
        net.step(second, Input::Proposal { proposal, valid: true });
        for position in &others[..2] {
            let vote = net.vote(*position, VoteKind::Prevote, 1, 0, Some(block_id));
            net.step(second, Input::Vote(vote));
        }
        for position in &others[..2] {
            let vote = net.vote(*position, VoteKind::Precommit, 1, 0, None);
            net.step(second, Input::Vote(vote));
        }
        assert!(net.timer_runs(second, 0, TimeoutKind::Precommit));
        (net, second)
    }

    /// A vote that a node might cast, signed with its key behind its guard's back.
    pub(super) fn vote(
        &self,
        position: usize,
        kind: VoteKind,
        height: u64,
        round: u32,
        block_id: Option<BlockId>,
    ) -> Vote {
        let Node { number, id: validator, .. } = self.nodes[position];
        let (height, round) = (Height(height), Round(round));
        let address = SignedAddress { chain_id: CHAIN, height, round, step: kind.step() };
        let value = block_id.map(|block_id| Hash(block_id.0));
        let (signature, share) = secret(number).sign(&address, &value, [0; 32]);
        Vote { kind, height, round, block_id, validator, signature, share }
    }

    /// A proposal that a node might make, signed behind its guard's back.
    pub(super) fn proposal(
        &self,
        position: usize,
        height: u64,
        (round, pol_round): (u32, Option<u32>),
        block_id: BlockId,
    ) -> Proposal {
        let Node { number, id: validator, .. } = self.nodes[position];
        let (height, round) = (Height(height), Round(round));
        let pol_round = pol_round.map(Round);
        let address = SignedAddress { chain_id: CHAIN, height, round, step: Step::Proposal };
        let value = Some(crypto::id::proposal_value(&block_id, pol_round));
        let (signature, share) = secret(number).sign(&address, &value, [0; 32]);
        Proposal { height, round, pol_round, block_id, validator, signature, share }
    }

    pub(super) fn timer_runs(&self, position: usize, round: u32, kind: TimeoutKind) -> bool {
        let height = self.nodes[position].engine.height();
        self.nodes[position].timers.contains_key(&Timeout { height, round: Round(round), kind })
    }

    /// Let one timer of a node run out.
    pub(super) fn elapse(&mut self, position: usize, round: u32, kind: TimeoutKind) {
        assert!(self.timer_runs(position, round, kind), "{kind:?} of round {round} does not run");
        let height = self.nodes[position].engine.height();
        let timeout = Timeout { height, round: Round(round), kind };
        self.nodes[position].timers.remove(&timeout);
        self.step(position, Input::Timeout(timeout));
    }

    /// A node that died and has not been revived.
    pub(super) fn dead(&self) -> Option<usize> {
        self.nodes.iter().position(|node| node.died)
    }

    /// Whether a node is dead or about to die.
    pub(super) fn mourns(&self) -> bool {
        self.nodes.iter().any(|node| node.died || node.lifetime.is_some())
    }

    /// Let nobody die any more.
    pub(super) fn spare_all(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.lifetime = None);
    }

    /// Take the message at some place of a node's inbox.
    pub(super) fn take_message(
        &mut self,
        position: usize,
        pick: impl FnOnce(usize) -> usize,
    ) -> Option<Input> {
        let count = self.nodes[position].inbox.len();
        if count == 0 {
            return None;
        }
        self.nodes[position].inbox.remove(pick(count))
    }

    /// Tell a node all that was ever sent, as peers' status answers would.
    pub(super) fn tell_all(&mut self, position: usize) {
        let Node { engine, inbox, online, .. } = &mut self.nodes[position];
        if *online {
            let height = engine.height();
            let of_height = self.sent.iter().filter(|((_, address), _)| address.height == height);
            inbox.extend(of_height.map(|(_, content)| as_input(content)));
        }
    }

    /// Let everybody who is online decide, told everything as often as it takes. Whoever cannot
    /// decide by votes any more, since others did and stopped voting, takes their certificate, as
    /// by sync.
    pub(super) fn finish(&mut self, height: u64) {
        for _ in 0..MAX_ROUNDS {
            for position in 0..self.nodes.len() {
                self.tell_all(position);
            }
            self.run_until_quiet();
            let open = |node: &Node| node.online && node.decided_at(height).is_none();
            if !self.nodes.iter().any(open) {
                return;
            }
            if !self.fire_next() {
                self.sync(height);
            }
        }
        panic!("height {height} is not decided");
    }

    fn sync(&mut self, height: u64) {
        let decided = self.nodes.iter().find_map(|node| node.decided_at(height).cloned());
        let certificate = decided.expect("no timer runs, and nobody has decided");
        for node in self.nodes.iter_mut().filter(|node| node.online) {
            if node.decided_at(height).is_none() {
                node.decided.push(certificate.clone());
            }
        }
    }

    /// Kill a node now: what it had not flushed is gone.
    pub(super) fn kill(&mut self, position: usize) {
        self.nodes[position].die();
    }

    /// Kill a node before its next but so many effects.
    pub(super) fn kill_after(&mut self, position: usize, effects: usize) {
        self.nodes[position].lifetime = Some(effects);
    }

    /// Start a dead node from its journal and guard, and tell it what the others sent meanwhile.
    pub(super) fn revive(&mut self, position: usize, height: u64) {
        let records = self.nodes[position].reopen(Height(height));
        self.start_node(position, height, records);
        let own = self.nodes[position].id;
        let others = self.sent.iter().filter(|((id, _), _)| *id != own);
        let messages: Vec<Input> = others.map(|(_, content)| as_input(content)).collect();
        self.nodes[position].inbox.extend(messages);
    }

    /// Who proposes, as a position.
    pub(super) fn proposer(&self, height: u64, round: u32) -> usize {
        let id = self.set.proposer(&[], Height(height), Round(round)).id;
        self.set.index_of(&id).unwrap()
    }

    /// The rounds in which these nodes decided; all decided the same block.
    pub(super) fn agreed_round(&self, height: u64) -> Round {
        let decisions: Vec<_> =
            self.nodes.iter().filter_map(|node| node.decided_at(height)).collect();
        let blocks: BTreeSet<_> =
            decisions.iter().map(|certificate| certificate.block_id).collect();
        assert_eq!(blocks.len(), 1, "two blocks at height {height}");
        decisions[0].round
    }
}

/// A message as a peer's replica hands it on: verified, and a proposal with its block judged.
pub(super) fn as_input(content: &ConsensusContent) -> Input {
    match content.clone() {
        ConsensusContent::Proposal(proposal) => Input::Proposal { proposal, valid: true },
        ConsensusContent::Vote(vote) => Input::Vote(vote),
        ConsensusContent::Polka(polka) => Input::Polka(polka),
        ConsensusContent::Round(round) => Input::Round(round),
        other => panic!("the engine never sends {other:?}"),
    }
}

/// A node's own part of a certificate, as it stands in its journal.
fn own_precommit(
    certificate: &CommitCertificate,
    set: &ValidatorSet,
    validator: ValidatorId,
) -> Option<ConsensusContent> {
    let index = set.index_of(&validator)?;
    let mut entries = certificate.precommits.iter();
    let entry = entries.find(|entry| usize::from(entry.index) == index)?;
    let (kind, height, round) = (VoteKind::Precommit, certificate.height, certificate.round);
    let block_id = Some(certificate.block_id);
    let (signature, share) = (entry.signature, entry.share);
    let vote = Vote { kind, height, round, block_id, validator, signature, share };
    Some(ConsensusContent::Vote(vote))
}

impl Node {
    fn new(number: u8) -> Self {
        let id = validator(number).id;
        let mut guard = Guard::made(CHAIN, id, machine_of(b""));
        let mut guard_file = vec![0; 2 * SLOT_BYTES];
        let slot = guard.next_slot();
        let at = slot.position * SLOT_BYTES;
        guard_file[at..at + SLOT_BYTES].copy_from_slice(&slot.bytes);
        let hiccup = Hiccup::default();
        Self {
            engine: engine(number, guard, &hiccup),
            number,
            id,
            flushed: Vec::new(),
            unflushed: Vec::new(),
            guard_file,
            hiccup,
            timers: BTreeMap::new(),
            inbox: VecDeque::new(),
            online: true,
            died: false,
            enabled: true,
            effects: Vec::new(),
            decided: Vec::new(),
            lifetime: None,
        }
    }

    /// Let this node's signer fail once at each of these.
    pub(super) fn fail_at(&self, places: &[(u64, u32, types::Step)]) {
        self.hiccup.lock().unwrap().extend_from_slice(places);
    }

    pub(super) fn guard(&self) -> Guard {
        Guard::decode(&self.guard_file).unwrap()
    }

    pub(super) fn decided_at(&self, height: u64) -> Option<&CommitCertificate> {
        self.decided.iter().find(|certificate| certificate.height.0 == height)
    }

    pub(super) fn sends(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, Effect::Send(_))).count()
    }

    pub(super) fn records(&self) -> Vec<JournalRecord> {
        let (records, tail) = journal::read_all(&self.flushed).unwrap();
        assert_eq!(tail, Tail::Clean);
        records
    }

    /// What leaves is on disk: the journal holds the message, and the guard has its address.
    fn assert_durable(&self, content: &ConsensusContent) {
        let recorded = JournalRecord::Message(content.clone());
        assert!(self.records().contains(&recorded), "left before it was in the journal");
        let (address, _) = journal::signed_by(content, CHAIN, &self.id).expect("it is our own");
        assert!(self.guard().votes().top() >= Some(&address), "left before it was in the guard");
    }

    fn lives_on(&mut self) -> bool {
        match &mut self.lifetime {
            None => true,
            Some(0) => {
                self.die();
                false
            }
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn die(&mut self) {
        self.online = false;
        self.died = true;
        self.lifetime = None;
        self.timers.clear();
        self.inbox.clear();
        self.unflushed.clear();
    }

    /// Open journal and guard as a start does: the lanes are raised to the journal.
    fn reopen(&mut self, height: Height) -> Vec<JournalRecord> {
        let records = self.records();
        let mut guard = self.guard();
        for (address, signed) in journal::own_messages(&records, CHAIN, &self.id) {
            guard.raise(address, signed).expect("journal and guard agree");
        }
        assert_eq!(records[0], JournalRecord::Header { chain_id: CHAIN, height });
        self.engine = engine(self.number, guard, &self.hiccup);
        self.online = true;
        self.died = false;
        records
    }
}

fn engine(number: u8, guard: Guard, hiccup: &Hiccup) -> Engine {
    let inner = guarded(number, guard);
    let signer = Faulty { inner, hiccup: Arc::clone(hiccup) };
    Engine::new(CHAIN, Some(validator(number).id), Box::new(signer))
}
