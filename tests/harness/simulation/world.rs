//! The world: one queue of everything that will happen, and the faults of a plan.

use super::byzantine::{Delivery, Ears, Gossip, Lies, ballot_of};
use super::links::{LinkPlan, Links};
use super::node::{Node, Shared};
use super::oracle::Oracle;
use super::random::Random;
use super::registry::{Crypto, Registry};
use crate::chain::{GENESIS_MS, TestChain};
use replica::finality::Roots;
use replica::work::WorkDone;
use replica::{Action, Detectors, Event, GossipVerdict, Now, Timer, Work};
use state::MapReader;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Instant;
use types::wire::{ConsensusContent, SyncAnswer, SyncRequest};
use types::{FinalityCertificate, Height, Params, Step, Version};

/// Events of one run at most; more means that it does not end.
const MAX_EVENTS: u64 = 3_000_000;
const MS: u64 = 1_000_000;
/// How long a node of the world rests before a height without transactions, in ms.
pub const IDLE_INTERVAL_MS: u64 = 200;

/// One run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Everything random comes from it.
    pub seed: u64,
    /// How many validators.
    pub validators: usize,
    /// Which signatures.
    pub crypto: Crypto,
    /// How links behave while faults last.
    pub links: LinkPlan,
    /// Thousandths of seconds in which some node crashes.
    pub crashes: u64,
    /// Thousandths of seconds in which a random cut between two halves begins.
    pub partitions: u64,
    /// How long faults last, in ms.
    pub faults_ms: u64,
    /// Heights that must be final everywhere after the faults.
    pub heights_after: u64,
    /// Transfers submitted during the run.
    pub transfers: u64,
    /// What some validators lie about; `None` if all are honest.
    pub lies: Option<Lies>,
    /// Whether nodes pass on what they find good, as gossip does.
    pub relay: bool,
    /// The ways in which nodes find double signs.
    pub detectors: Detectors,
    /// Whether what a node computes takes as long as it took this machine; runs differ then. Else
    /// events take no time, and jobs a drawn one.
    pub measured: bool,
}

impl Plan {
    /// A plan drawn from its seed: every kind of fault in every strength.
    #[must_use]
    pub fn from_seed(seed: u64, crypto: Crypto) -> Self {
        let mut random = Random::new(seed);
        Self {
            seed,
            validators: 4,
            crypto,
            links: LinkPlan {
                delay_us: 200 + random.below(20_000),
                jitter_us: random.below(80_000),
                loss: [0, 10, 50, 200][usize::try_from(random.below(4)).expect("below 4")],
            },
            crashes: [0, 100, 400][usize::try_from(random.below(3)).expect("below 3")],
            partitions: [0, 150][usize::try_from(random.below(2)).expect("below 2")],
            faults_ms: 2_000 + random.below(4_000),
            heights_after: 2,
            transfers: random.below(12),
            lies: None,
            relay: false,
            detectors: Detectors::ALL,
            measured: false,
        }
    }

    /// A plan without faults or lies whose nodes take the time that they take.
    #[must_use]
    pub fn measured(validators: usize, heights: u64, crypto: Crypto) -> Self {
        Self {
            validators,
            links: LinkPlan { delay_us: 500, jitter_us: 100, loss: 0 },
            crashes: 0,
            partitions: 0,
            faults_ms: 0,
            heights_after: heights,
            transfers: 0,
            measured: true,
            ..Self::from_seed(1, crypto)
        }
    }

    /// A plan drawn from its seed in which validator 0 lies, in every way of one that does.
    #[must_use]
    pub fn with_a_liar(seed: u64, crypto: Crypto) -> Self {
        let mut random = Random::new(seed ^ 0x11a5);
        let mut below = |limit: u64| usize::try_from(random.below(limit)).expect("small");
        let all = [Step::Proposal, Step::Prevote, Step::Precommit, Step::Seal];
        let steps = if below(3) == 0 { all.to_vec() } else { vec![all[below(4)]] };
        let delivery = [Delivery::Both, Delivery::Split, Delivery::Late][below(3)];
        let often = [100, 400, 1_000][below(3)];
        Self {
            lies: Some(Lies::Equivocate { steps, delivery, often }),
            relay: true,
            // Each honest validator has its turn while the network is whole.
            heights_after: 8,
            ..Self::from_seed(seed, crypto)
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The oracle with all it saw.
    pub oracle: Oracle,
    /// Events handled.
    pub events: u64,
    /// Crashes that happened.
    pub crashes: u64,
    /// Contradictions that some honest node could have found by itself.
    pub contradictions: u64,
    /// Double signs that the consensus cores of honest nodes noticed by themselves, each node's
    /// counted.
    pub core_evidence: u64,
    /// Double signs that honest nodes' watchers found or took from others, each node's counted.
    pub evidence_seen: u64,
    /// Validators that were named by the chain.
    pub named: u64,
    /// When each height was first committed, in ns of the world's clock.
    pub committed_ns: BTreeMap<Height, u64>,
    /// What all nodes together computed for, in ns of processor time, if the plan is measured.
    pub cpu_ns: u64,
    /// For each node: its state at the end.
    pub states: Vec<MapReader>,
    /// For each node: every finality certificate that it took, by height.
    pub finals: Vec<BTreeMap<Height, FinalityCertificate>>,
    /// Nodes that stopped by themselves, and why.
    pub stops: Vec<(usize, String)>,
}

enum Happening {
    /// For the replica of a node, in one life of it.
    Event { node: usize, life: u64, event: Box<Event> },
    /// A job is done.
    Work { node: usize, life: u64, work: Box<Work> },
    /// A timer runs out, if it was not moved since.
    Timer { node: usize, life: u64, timer: Timer, version: u64 },
    /// A node starts.
    Start { node: usize },
    /// A fault may happen, once a second.
    Fault,
    /// A partition ends.
    Heal,
    /// A transfer is submitted.
    Transfer { number: u64 },
    /// A message reaches one node after all.
    Whisper { node: usize, from: usize, gossip: Box<Gossip> },
}

/// Everything there is.
pub struct World {
    pub(super) plan: Plan,
    pub(super) shared: Shared,
    pub(super) nodes: Vec<Node>,
    pub(super) links: Links,
    pub(super) random: Random,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    next_id: u64,
    now_ns: u64,
    timers: BTreeMap<(usize, u64, Timer), u64>,
    gossip_seen: BTreeSet<(usize, u64, types::Hash)>,
    /// What was delivered and waits for the receiver's verdict.
    in_doubt: BTreeMap<(usize, u64), Gossip>,
    pub(super) ears: Ears,
    core_evidence: u64,
    evidence_seen: u64,
    pub(super) named: u64,
    committed_ns: BTreeMap<Height, u64>,
    cpu_ns: u64,
    /// What the event being handled took: whatever follows from it happens so much later.
    lag_ns: u64,
    stops: Vec<(usize, String)>,
    pub(super) oracle: Oracle,
    events: u64,
    crashes: u64,
    pub(super) faults_over: bool,
}

impl World {
    /// A world before its first event.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        // Intervals of a devnet, so that a run covers many heights.
        let params = Params { idle_interval_ms: IDLE_INTERVAL_MS, ..Params::default() };
        let chain = TestChain::new(plan.validators, 4, params);
        let machine = vm::Machine::new(vm::Settings::default()).expect("the engine starts");
        let (crypto, detectors) = (plan.crypto, plan.detectors);
        let registry = Registry::default();
        let shared = Shared { chain, crypto, registry, machine, detectors };
        let nodes: Vec<Node> = nodes(&shared, &plan);
        let mut world = Self {
            links: Links::new(plan.links, nodes.len()),
            random: Random::new(plan.seed ^ 0x5eed),
            shared,
            nodes,
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next_id: 0,
            now_ns: 0,
            timers: BTreeMap::new(),
            gossip_seen: BTreeSet::new(),
            in_doubt: BTreeMap::new(),
            ears: Ears::default(),
            core_evidence: 0,
            evidence_seen: 0,
            named: 0,
            committed_ns: BTreeMap::new(),
            cpu_ns: 0,
            lag_ns: 0,
            stops: Vec::new(),
            oracle: Oracle::default(),
            events: 0,
            crashes: 0,
            faults_over: false,
            plan,
        };
        world.part_twins();
        for node in 0..world.nodes.len() {
            let at = world.random.below(300) * MS;
            world.schedule(at, Happening::Start { node });
        }
        world.schedule(1_000 * MS, Happening::Fault);
        for number in 0..world.plan.transfers {
            let at = 400 * MS + world.random.below(world.plan.faults_ms) * MS;
            world.schedule(at, Happening::Transfer { number });
        }
        world
    }

    /// Run until the heights after the faults are final everywhere, and judge.
    #[must_use]
    pub fn run(mut self) -> Report {
        let deadline = (self.plan.faults_ms + 120_000) * MS;
        let mut target = None;
        while let Some((at, happening)) = self.pop() {
            self.now_ns = at;
            self.events += 1;
            if !self.faults_over && at >= self.plan.faults_ms * MS {
                self.end_faults();
                target = Some(Height(self.oracle.tip().0 + self.plan.heights_after));
            }
            self.happen(happening);
            let done = target.is_some_and(|target| self.all_final(target));
            if done || self.now_ns > deadline || self.events > MAX_EVENTS {
                break;
            }
            if !self.oracle.breaches().is_empty() {
                break;
            }
        }
        self.judge(target);
        (0..self.nodes.len()).for_each(|node| self.count_evidence(node));
        Report {
            states: self.nodes.iter().map(|node| node.disk.state.clone()).collect(),
            finals: self.nodes.into_iter().map(|node| node.finals).collect(),
            oracle: self.oracle,
            events: self.events,
            crashes: self.crashes,
            contradictions: self.ears.contradictions,
            core_evidence: self.core_evidence,
            evidence_seen: self.evidence_seen,
            named: self.named,
            committed_ns: self.committed_ns,
            cpu_ns: self.cpu_ns,
            stops: self.stops,
        }
    }

    fn judge(&mut self, target: Option<Height>) {
        let live = target.is_some_and(|target| self.all_final(target));
        let (tip, events, ms) = (self.oracle.tip(), self.events, self.now_ns / MS);
        let standing: Vec<String> = self.nodes.iter().map(Node::standing).collect();
        self.oracle.expect(live || !self.oracle.breaches().is_empty(), || {
            let nodes = standing.join("; ");
            format!("no progress after the faults: tip {tip}, {events} events, {ms} ms: {nodes}")
        });
        self.judge_names();
        for i in 0..self.nodes.len() {
            if self.nodes[i].liar {
                continue;
            }
            let chain = self.nodes[i].disk.roots(Height(1)).into_iter().collect();
            self.oracle.on_chain(i, &chain);
            self.oracle.on_state(i, &self.nodes[i].disk.state);
        }
    }

    fn all_final(&self, target: Height) -> bool {
        let mut honest = self.nodes.iter().filter(|node| !node.liar);
        honest.all(|node| node.disk.finality.as_ref().is_some_and(|newest| newest.height >= target))
    }

    fn end_faults(&mut self) {
        self.faults_over = true;
        self.links.heal();
        for node in 0..self.nodes.len() {
            if self.nodes[node].process.is_none() {
                self.schedule(self.now_ns + 10 * MS, Happening::Start { node });
            }
        }
    }

    fn schedule(&mut self, at_ns: u64, happening: Happening) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.queue.push(Reverse((at_ns, id)));
        self.happenings.insert(id, happening);
        id
    }

    fn pop(&mut self) -> Option<(u64, Happening)> {
        let Reverse((at, id)) = self.queue.pop()?;
        let happening = self.happenings.remove(&id).expect("what is queued is known");
        Some((at, happening))
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Event { node, life, event } => self.give(node, life, *event),
            Happening::Work { node, life, work } => {
                if self.nodes[node].life == life && self.nodes[node].process.is_some() {
                    let begun = self.begin_time();
                    let done = self.nodes[node].perform(&self.shared, *work);
                    self.note_time(begun);
                    self.note_commit(node, &done);
                    self.give(node, life, Event::Done(Box::new(done)));
                }
            }
            Happening::Timer { node, life, timer, version } => {
                let key = (node, life, timer);
                if self.timers.get(&key) == Some(&version) {
                    self.timers.remove(&key);
                    let (_, _, timer) = key;
                    self.give(node, life, Event::Timer(timer));
                }
            }
            Happening::Start { node } => self.start(node),
            Happening::Fault => self.fault(),
            Happening::Heal => {
                let over = self.faults_over;
                let nodes = self.nodes.len();
                let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
                pairs.filter(|_| !over).for_each(|(from, to)| self.links.set_cut(from, to, false));
            }
            Happening::Transfer { number } => self.transfer(number),
            // What would come too late for its consequences to be seen is not sent.
            Happening::Whisper { .. } if self.faults_over => {}
            Happening::Whisper { node, from, gossip } => self.hand(from, node, *gossip),
        }
    }

    fn start(&mut self, node: usize) {
        if self.nodes[node].process.is_some() {
            return;
        }
        self.nodes[node].start(&self.shared);
        let life = self.nodes[node].life;
        self.give(node, life, Event::Started);
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            if self.nodes[other].process.is_some() {
                self.connect(node, other);
                self.connect(other, node);
            }
        }
    }

    /// `node` learns that `other` is connected.
    fn connect(&mut self, node: usize, other: usize) {
        let (peer, tip) = (self.nodes[other].peer, self.nodes[other].disk.tip().header.height);
        let life = self.nodes[node].life;
        let event = Box::new(Event::PeerConnected { peer, tip });
        self.schedule(self.now_ns + MS, Happening::Event { node, life, event });
    }

    fn fault(&mut self) {
        if self.faults_over {
            return;
        }
        self.schedule(self.now_ns + 1_000 * MS, Happening::Fault);
        if self.random.happens(self.plan.crashes) {
            let node = usize::try_from(self.random.below(self.nodes.len() as u64)).expect("small");
            self.crash(node);
        }
        if self.random.happens(self.plan.partitions) {
            let side = self.random.draw();
            for from in 0..self.nodes.len() {
                for to in 0..self.nodes.len() {
                    let cut = (side >> from) & 1 != (side >> to) & 1;
                    self.links.set_cut(from, to, cut);
                }
            }
            let after = 300 + self.random.below(2_000);
            self.schedule(self.now_ns + after * MS, Happening::Heal);
        }
    }

    /// What an honest node's process found is added up before it ends.
    fn count_evidence(&mut self, node: usize) {
        let subject = &self.nodes[node];
        let Some(process) = subject.process.as_ref().filter(|_| !subject.liar) else { return };
        self.core_evidence += process.replica.core_evidence_count();
        self.evidence_seen += process.replica.status().evidence_seen;
    }

    fn crash(&mut self, node: usize) {
        self.count_evidence(node);
        if self.nodes[node].process.take().is_none() {
            return;
        }
        self.crashes += 1;
        self.nodes[node].disk.crash(&mut self.random);
        let peer = self.nodes[node].peer;
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            let life = self.nodes[other].life;
            let event = Box::new(Event::PeerDisconnected { peer });
            self.schedule(self.now_ns + MS, Happening::Event { node: other, life, event });
        }
        let after = 50 + self.random.below(1_500);
        self.schedule(self.now_ns + after * MS, Happening::Start { node });
    }

    fn transfer(&mut self, number: u64) {
        let from = usize::try_from(number % 4).expect("below 4");
        let now_ms = GENESIS_MS + self.now_ns / MS;
        let nonce = number / 4;
        let tx =
            self.shared.chain.transfer(from, (from + 1) % 4, u128::from(number) + 1, nonce, now_ms);
        let node = usize::try_from(self.random.below(self.nodes.len() as u64)).expect("small");
        let life = self.nodes[node].life;
        self.give(node, life, Event::Submitted { request: number, txs: vec![tx] });
    }

    fn give(&mut self, node: usize, life: u64, event: Event) {
        let now = Now { mono_ns: self.now_ns, wall_ms: GENESIS_MS + 1 + self.now_ns / MS };
        let subject = &mut self.nodes[node];
        if subject.life != life {
            return;
        }
        let begun = self.plan.measured.then(|| (Instant::now(), processor_ns()));
        let Some(process) = subject.process.as_mut() else { return };
        let actions = process.replica.handle(now, event);
        self.lag_ns = self.note_time(begun);
        for action in actions {
            self.perform(node, action);
        }
    }

    fn note_commit(&mut self, node: usize, done: &WorkDone) {
        let WorkDone::Committed(committed) = done else { return };
        let parent = &committed.next.parent;
        let roots = Roots {
            block_id: parent.block_id,
            state_root: parent.state_root,
            receipts_root: parent.receipts_root,
        };
        if self.nodes[node].liar || self.is_forked() {
            return;
        }
        self.committed_ns.entry(parent.header.height).or_insert(self.now_ns);
        self.oracle.on_commit(node, parent.header.height, roots, &committed.hashes);
        self.oracle.on_state(node, &self.nodes[node].disk.state);
        self.hear_block(node, parent.header.height);
    }

    fn perform(&mut self, node: usize, action: Action) {
        let life = self.nodes[node].life;
        match action {
            Action::Append(record) => self.nodes[node].disk.append(&record),
            Action::Flush => self.nodes[node].disk.flush(),
            Action::SetInstance(instance) => self.nodes[node].disk.instance = instance,
            Action::SetGuard(slot) => self.nodes[node].disk.set_guard(&slot),
            Action::ResetJournal(height) => {
                let chain_id = self.shared.chain.chain_id;
                self.nodes[node].disk.reset_journal(chain_id, height);
            }
            Action::Gossip(content) => {
                self.note_signed(node, &content);
                self.publish(node, &content);
            }
            Action::GossipEvidence(evidence) => self.pass_on(node, &Gossip::Evidence(evidence)),
            Action::Validate(gossip, verdict) => {
                let content = self.in_doubt.remove(&(node, gossip));
                if let (Some(content), GossipVerdict::Accept) = (content, verdict) {
                    self.accepted(node, &content);
                }
            }
            Action::GossipTxs(txs) => {
                let txs: Vec<Vec<u8>> = txs.iter().map(|tx| tx.to_vec()).collect();
                let peer = self.nodes[node].peer;
                self.broadcast(node, |gossip| Event::Transactions {
                    peer,
                    gossip,
                    txs: txs.clone(),
                });
            }
            Action::SendTxs(to, txs) => {
                let txs = txs.iter().map(|tx| tx.to_vec()).collect();
                self.send(node, to, |peer| Event::TransactionsPushed { peer, txs });
            }
            Action::PushBlock(block) => {
                let peer = self.nodes[node].peer;
                self.broadcast(node, |_| Event::Block { peer, block: Box::new((*block).clone()) });
            }
            Action::RequestBlock(to, block_id) => {
                let reply = self.token(node);
                self.send(node, to, |peer| Event::BlockRequested { peer, reply, block_id });
            }
            Action::AnswerBlock(reply, Some(block)) => {
                let block = Box::new((*block).clone());
                self.answer(node, reply, |peer| Event::Block { peer, block });
            }
            Action::RequestStatus(to, request) => {
                let reply = self.token(node);
                self.send(node, to, |peer| Event::StatusRequested { peer, reply, request });
            }
            Action::AnswerStatus(reply, answer) => {
                self.answer(node, reply, |peer| Event::StatusAnswered { peer, answer });
            }
            Action::RequestSync(to, request) => self.sync(node, to, &request),
            Action::Work(work) => self.begin(node, life, work),
            Action::StoreSeal(seal) => {
                let key = (seal.height, seal.validator);
                self.nodes[node].disk.seals.insert(key, *seal);
            }
            Action::StoreFinality(certificate) => {
                let roots = Roots {
                    block_id: certificate.block_id,
                    state_root: certificate.state_root,
                    receipts_root: certificate.receipts_root,
                };
                if !self.nodes[node].liar && !self.is_forked() {
                    self.oracle.on_final(node, certificate.height, roots);
                }
                let held = &mut self.nodes[node];
                held.finals.insert(certificate.height, (*certificate).clone());
                held.disk.finality = Some((*certificate).clone());
            }
            Action::StoreVotes(height, votes) => {
                self.nodes[node].disk.votes.insert(height, votes);
            }
            Action::DropVotes(below) => {
                let votes = &mut self.nodes[node].disk.votes;
                *votes = votes.split_off(&below);
            }
            Action::SetTimer(timer, at_ns) => {
                let version = self.next_id;
                self.timers.insert((node, life, timer.clone()), version);
                let at = at_ns.max(self.now_ns);
                let id = self.schedule(at, Happening::Timer { node, life, timer, version });
                assert_eq!(id, version, "a timer's version is the id of its happening");
            }
            Action::CancelTimer(timer) => {
                self.timers.remove(&(node, life, timer));
            }
            Action::Stop(stop) => self.on_stop(node, &stop.to_string()),
            Action::AnswerBlock(_, None)
            | Action::Allow(_)
            | Action::SetTip(..)
            | Action::Blame(..)
            | Action::Publish(_)
            | Action::Reply(..)
            | Action::Log(_) => {}
        }
    }

    /// A job begins. What only computes is done at once where time is measured, and its result
    /// comes when that time has passed; what reads the state reads it when it ends.
    fn begin(&mut self, node: usize, life: u64, work: Box<Work>) {
        if !self.plan.measured {
            let took = 100_000 + self.random.below(3_000_000);
            self.schedule(self.now_ns + took, Happening::Work { node, life, work });
        } else if matches!(*work, Work::Verify { .. }) {
            let begun = self.begin_time();
            let done = self.nodes[node].perform(&self.shared, *work);
            let took = self.note_time(begun);
            let event = Box::new(Event::Done(Box::new(done)));
            let at = self.now_ns + self.lag_ns + took;
            self.schedule(at, Happening::Event { node, life, event });
        } else {
            let at = self.now_ns + self.lag_ns + MS;
            self.schedule(at, Happening::Work { node, life, work });
        }
    }

    /// Begin to measure, if the plan says so: the clock, and this thread's processor time in ns.
    fn begin_time(&self) -> Option<(Instant, u64)> {
        self.plan.measured.then(|| (Instant::now(), processor_ns()))
    }

    /// Adds up the processor time since `begun`. Returns how long that took by the clock, in ns; 0
    /// if it is not measured.
    fn note_time(&mut self, begun: Option<(Instant, u64)>) -> u64 {
        let Some((clock, processor)) = begun else { return 0 };
        let took = u64::try_from(clock.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.cpu_ns += processor_ns().saturating_sub(processor);
        took
    }

    /// A request's handle names who asked.
    fn token(&self, node: usize) -> u64 {
        node as u64
    }

    fn node_of(&self, peer: &types::PublicKey) -> Option<usize> {
        self.nodes.iter().position(|node| node.peer == *peer)
    }

    /// Send over a link; whether it arrives.
    fn deliver(&mut self, from: usize, to: usize, event: Event) -> bool {
        let after = self.links.send(from, to, &mut self.random);
        if let Some(after) = after {
            let life = self.nodes[to].life;
            let event = Box::new(event);
            let at = self.now_ns + self.lag_ns + after;
            self.schedule(at, Happening::Event { node: to, life, event });
        }
        after.is_some()
    }

    fn send(
        &mut self,
        from: usize,
        to: types::PublicKey,
        make: impl FnOnce(types::PublicKey) -> Event,
    ) {
        let Some(to) = self.node_of(&to) else { return };
        let event = make(self.nodes[from].peer);
        self.deliver(from, to, event);
    }

    fn answer(&mut self, from: usize, reply: u64, make: impl FnOnce(types::PublicKey) -> Event) {
        let to = usize::try_from(reply).expect("a token is a node");
        let event = make(self.nodes[from].peer);
        self.deliver(from, to, event);
    }

    fn broadcast(&mut self, from: usize, make: impl Fn(u64) -> Event) {
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            let gossip = self.next_id;
            self.deliver(from, to, make(gossip));
        }
    }

    /// A node stopped by itself: that is a breach, unless somebody forks the chain before its eyes.
    fn on_stop(&mut self, node: usize, reason: &str) {
        self.stops.push((node, reason.to_owned()));
        if !self.nodes[node].liar && !self.is_forked() {
            self.oracle.breach(format!("node {node} stopped: {reason}"));
        }
    }

    /// Whether as many lie as can fork the chain: then agreement cannot be promised.
    pub(super) fn is_forked(&self) -> bool {
        matches!(self.plan.lies, Some(Lies::Twins { liars, .. }) if liars > 1)
    }

    /// A node gossips a message of its own; a liar may contradict it at once.
    fn publish(&mut self, node: usize, content: &ConsensusContent) {
        let lie = if self.nodes[node].liar { self.contradict(content) } else { None };
        let (truth, Some(lie)) = (Gossip::Content(Box::new(content.clone())), lie) else {
            return self.pass_on(node, &Gossip::Content(Box::new(content.clone())));
        };
        let lie = Gossip::Content(Box::new(lie));
        match self.plan.lies {
            Some(Lies::Equivocate { delivery: Delivery::Split, .. }) => {
                let side = self.random.draw();
                for to in (0..self.nodes.len()).filter(|to| *to != node) {
                    let half = if (side >> to) & 1 == 0 { &truth } else { &lie };
                    self.hand(node, to, half.clone());
                }
            }
            Some(Lies::Equivocate { delivery: Delivery::Late, .. }) => {
                self.pass_on(node, &truth);
                let to = 1 + usize::try_from(self.random.below(3)).expect("small");
                let at = self.now_ns + (500 + self.random.below(2_500)) * MS;
                let gossip = Box::new(lie);
                self.schedule(at, Happening::Whisper { node: to, from: node, gossip });
            }
            Some(Lies::Equivocate { delivery: Delivery::Both, .. } | Lies::Twins { .. }) | None => {
                self.pass_on(node, &truth);
                self.pass_on(node, &lie);
            }
        }
    }

    /// A node found a message good.
    fn accepted(&mut self, node: usize, gossip: &Gossip) {
        if let Gossip::Content(content) = gossip {
            self.hear(node, content);
        }
        if self.plan.relay {
            self.pass_on(node, gossip);
        }
    }

    /// Gossip swallows what was published before, like the real one.
    fn pass_on(&mut self, from: usize, gossip: &Gossip) {
        let bytes = match gossip {
            Gossip::Content(content) => types::encode(content),
            Gossip::Evidence(pair) => types::encode(pair),
        };
        let life = self.nodes[from].life;
        if self.gossip_seen.insert((from, life, crypto::hash::blake3(&bytes))) {
            for to in (0..self.nodes.len()).filter(|to| *to != from) {
                self.hand(from, to, gossip.clone());
            }
        }
    }

    fn hand(&mut self, from: usize, to: usize, message: Gossip) {
        let (peer, gossip) = (self.nodes[from].peer, self.next_id);
        let event = match &message {
            Gossip::Content(content) => Event::Message { peer, gossip, content: content.clone() },
            Gossip::Evidence(evidence) => {
                Event::EvidenceMessage { peer, gossip, evidence: evidence.clone() }
            }
        };
        if self.deliver(from, to, event) {
            self.in_doubt.insert((to, gossip), message);
        }
    }

    fn sync(&mut self, node: usize, to: types::PublicKey, request: &SyncRequest) {
        let Some(server) = self.node_of(&to) else { return };
        if self.nodes[server].process.is_none() {
            let life = self.nodes[node].life;
            let event = Box::new(Event::RequestFailed { peer: to });
            self.schedule(self.now_ns + 5 * MS, Happening::Event { node, life, event });
            return;
        }
        let disk = &self.nodes[server].disk;
        let answer = SyncAnswer {
            version: Version,
            tip: disk.tip().header.height,
            oldest: Height(1),
            blocks: disk.synced_blocks(request.from, request.count),
            finality: disk.finality.clone(),
        };
        self.deliver(server, node, Event::SyncAnswered { peer: to, answer: Box::new(answer) });
    }

    fn note_signed(&mut self, node: usize, content: &ConsensusContent) {
        let id = self.nodes[node].id;
        let set = self.nodes[node].process.as_ref().map(|process| process.replica.validators());
        let validator = set.and_then(|set| set.by_id(&id)).filter(|_| !self.nodes[node].liar);
        let Some(validator) = validator.cloned() else { return };
        let Some(ballot) = ballot_of(&self.shared, content, &validator) else { return };
        self.oracle.on_signed(id, ballot.address, ballot.value);
    }
}

/// Processor time of this thread, in ns; the kernel counts it from tick to tick, so sums are right
/// and single intervals are not.
fn processor_ns() -> u64 {
    let figures = std::fs::read_to_string("/proc/thread-self/schedstat");
    let figures = figures.expect("measuring needs Linux with schedstat");
    let first = figures.split_whitespace().next().and_then(|figure| figure.parse().ok());
    first.expect("the first figure of schedstat is the time on a processor")
}

/// The processes of a plan: one a validator, and a second one of each twin.
fn nodes(shared: &Shared, plan: &Plan) -> Vec<Node> {
    let (liars, twins) = match plan.lies {
        None => (0, 0),
        Some(Lies::Equivocate { .. }) => (1, 0),
        Some(Lies::Twins { liars, .. }) => (liars, liars),
    };
    let mut nodes: Vec<Node> =
        (0..plan.validators).map(|i| Node::new(shared, i, i < liars)).collect();
    nodes.extend((0..twins).map(|i| Node::twin(shared, i)));
    nodes
}
