//! Small nets of real replicas, driven by hand: one clock, no chance, every action written down.

mod chain;

pub(crate) use chain::{Chain, GENESIS_MS};

use crate::finality::Roots;
use crate::own::Probation;
use crate::replica::{Config, Signing, Start};
use crate::work::{self, CommitJob, Frontier, PrepareError, Synced, Work, WorkDone};
use crate::{Action, Event, Now, Replica, Timer};
use consensus::JournalRecord;
use consensus::safety::{self, Guard, GuardedSigner, Observer, StartFacts};
use executor::block::Parent;
use state::{MapReader, Tree};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};
use types::wire::{BlockMessage, SyncAnswer, SyncedBlock};
use types::{BlockId, CommitCertificate, FinalityCertificate, Hash, Height, PublicKey, Seal};

/// What runs contracts, for all nodes of all tests.
static MACHINE: LazyLock<vm::Machine> =
    LazyLock::new(|| vm::Machine::new(vm::Settings::default()).expect("the engine starts"));

/// Heights that the nodes' watchers look back at.
pub(crate) const WINDOW: u64 = 64;
const WATCH_BYTES: usize = 8 << 20;
const TREE_BYTES: usize = 1 << 20;
/// Events and timers after which a net that was to come to an end has not.
const MAX_STEPS: usize = 200_000;
const MS: u64 = 1_000_000;

/// Everything of a node that outlives its replica.
pub(crate) struct Disk {
    pub(crate) state: MapReader,
    pub(crate) blocks: BTreeMap<Height, Stored>,
    pub(crate) votes: BTreeMap<Height, Vec<u8>>,
    pub(crate) seals: Vec<Seal>,
    pub(crate) finality: Option<FinalityCertificate>,
    pub(crate) journal: Vec<JournalRecord>,
    pub(crate) instance: Option<Hash>,
    genesis: Arc<Parent>,
}

/// A durable block.
pub(crate) struct Stored {
    message: Arc<BlockMessage>,
    certificate: CommitCertificate,
    parent: Arc<Parent>,
}

/// A node of a net.
pub(crate) struct Node {
    pub(crate) peer: PublicKey,
    pub(crate) replica: Replica,
    pub(crate) disk: Disk,
    /// What it did since this was last taken, in order; jobs only while they are held.
    pub(crate) done: Vec<Action>,
    /// Whether its jobs wait in `done` instead of being carried out.
    pub(crate) holds_work: bool,
    tree: Tree,
    timers: BTreeMap<Timer, u64>,
}

enum Step {
    Event(usize, Event),
    Work(usize, Box<Work>),
}

/// A chain's validators, connected to each other.
pub(crate) struct Net {
    pub(crate) chain: Chain,
    pub(crate) nodes: Vec<Node>,
    /// Nodes that neither hear nor are heard.
    pub(crate) silent: BTreeSet<usize>,
    now_ns: u64,
    queue: VecDeque<Step>,
}

impl Disk {
    fn new(chain: &Chain) -> Self {
        let header = crypto::id::genesis_header(&chain.genesis).unwrap();
        let changes = executor::genesis::changes(&chain.genesis).unwrap();
        let mut state = MapReader::new();
        let state_root = Tree::new(TREE_BYTES).apply(&state, Height::ZERO, &changes).unwrap();
        state.apply(&changes);
        let block_id = crypto::id::block_id(&header);
        let genesis = Arc::new(Parent { header, block_id, state_root, receipts_root: Hash::ZERO });
        let (blocks, votes) = (BTreeMap::new(), BTreeMap::new());
        let (seals, finality, journal) = (Vec::new(), None, Vec::new());
        let instance = None;
        Self { state, blocks, votes, seals, finality, journal, instance, genesis }
    }

    pub(crate) fn parent(&self) -> &Arc<Parent> {
        self.blocks.last_key_value().map_or(&self.genesis, |(_, block)| &block.parent)
    }

    /// A durable block with the roots after it.
    pub(crate) fn blocks_at(&self, height: Height) -> &Parent {
        &self.blocks[&height].parent
    }

    /// The newest block.
    pub(crate) fn newest_block(&self) -> (Arc<BlockMessage>, BlockId) {
        let (_, last) = self.blocks.last_key_value().unwrap();
        (last.message.clone(), last.parent.block_id)
    }

    fn tree(&self) -> Tree {
        let values = self.state.values().iter();
        let entries = values.map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        let whole = state::ChangeSet::from_sorted(entries).unwrap();
        let mut tree = Tree::new(TREE_BYTES);
        tree.catch_up(&MapReader::new(), self.parent().header.height, &whole).unwrap();
        tree
    }

    fn roots(&self) -> Vec<(Height, Roots)> {
        let from = self.finality.as_ref().map_or(Height(1), |newest| newest.height);
        let roots = |parent: &Parent| Roots {
            block_id: parent.block_id,
            state_root: parent.state_root,
            receipts_root: parent.receipts_root,
        };
        self.blocks.range(from..).map(|(height, block)| (*height, roots(&block.parent))).collect()
    }

    /// What a start finds here.
    pub(crate) fn start(&self, signing: Signing, guard: Guard, chain: &Chain, i: usize) -> Start {
        let frontier = Frontier::read(&self.state, self.parent().clone()).unwrap();
        let roots = self.roots();
        let sets = roots.iter().map(|(height, _)| (*height, frontier.set.clone())).collect();
        Start {
            certificate: self.blocks.last_key_value().map(|(_, last)| last.certificate.clone()),
            frontier: Arc::new(frontier),
            finality: self.finality.clone(),
            roots,
            sets,
            seals: self.seals.clone(),
            journal: self.journal.clone(),
            signing,
            sealed: guard.seals().height(),
            signer: Box::new(GuardedSigner::new(chain.secret(i), guard, Box::new(|| [0; 32]))),
            courier: Some(chain.network_key(i)),
        }
    }

    fn judge(&self, chain: &Chain, i: usize, guard: Guard) -> (Signing, Guard) {
        let own = chain.id(i);
        let key_seen = state::read::presence(&self.state, &own).unwrap().unwrap().signed;
        let journal = consensus::journal::own_messages(&self.journal, chain.chain_id, &own);
        let facts = StartFacts {
            chain_id: chain.chain_id,
            genesis_hash: self.genesis.block_id,
            validator: own,
            machine: b"machine",
            data_path: "/data",
            fresh: [9; 32],
            database_instance: self.instance,
            tip: self.parent().header.height,
            journal: &journal,
            newest_seal: None,
            key_seen,
            import_wait: chain.genesis.params.import_wait_heights,
            went_back: false,
        };
        match safety::start(Some(guard.clone()), &facts).unwrap() {
            safety::Start::Armed(guard) => (Signing::Armed, guard),
            safety::Start::Observer { reason, write } => {
                let guard = write.unwrap_or(guard);
                let probation = Probation {
                    guard: guard.clone(),
                    genesis_hash: facts.genesis_hash,
                    machine: facts.machine.to_vec(),
                    data_path: facts.data_path.to_owned(),
                    fresh: facts.fresh,
                    database_instance: facts.database_instance,
                    key_seen,
                    import_wait: facts.import_wait,
                    went_back: matches!(reason, Observer::StorageWentBack { .. }),
                    resume: None,
                };
                let probation = Probation::is_for(&reason).then(|| Box::new(probation));
                (Signing::Observer { reason: reason.to_string(), probation }, guard)
            }
        }
    }

    pub(crate) fn synced(&self, from: Height, count: u32) -> Vec<SyncedBlock> {
        let blocks = self.blocks.range(from..).take(count as usize).map(|(_, stored)| stored);
        let synced = |stored: &Stored| SyncedBlock {
            block: stored.message.block.clone(),
            certificate: stored.certificate.clone(),
        };
        blocks.map(synced).collect()
    }
}

impl Node {
    fn new(chain: &Chain, i: usize) -> Self {
        let disk = Disk::new(chain);
        let guard = chain.guard(i);
        let start = disk.start(Signing::Armed, guard, chain, i);
        Self {
            peer: chain.peer(i),
            replica: Replica::new(chain.config(i), start),
            tree: disk.tree(),
            disk,
            done: Vec::new(),
            holds_work: false,
            timers: BTreeMap::new(),
        }
    }

    /// The newest height its replica stands on.
    pub(crate) fn tip(&self) -> Height {
        self.replica.frontier.tip()
    }

    /// The process ends, and begins anew with what is on disk.
    pub(crate) fn restart(&mut self, start: Start, config: Config) {
        self.tree = self.disk.tree();
        self.timers.clear();
        self.done.clear();
        self.replica = Replica::new(config, start);
        for (height, votes) in &self.disk.votes {
            let set = state::read::validator_set_at(&self.disk.state, *height).unwrap();
            self.replica.restore_votes(votes, &Arc::new(set)).unwrap();
        }
    }

    fn perform(&mut self, job: Work) -> WorkDone {
        let tip = self.disk.parent().header.height;
        match job {
            Work::Verify { batch, ballots } => {
                WorkDone::Verified { batch, valid: work::verify(&ballots) }
            }
            Work::Check { parent, .. } if parent.header.height != tip => WorkDone::Stale,
            Work::Check { block, block_id, parent, known } => {
                let known = |key: &Hash| known.contains(key);
                let reader = &self.disk.state;
                work::check(&MACHINE, reader, &parent, &block, block_id, &known, &|_| None)
            }
            Work::Build(job) if job.parent.header.height != tip => WorkDone::Stale,
            Work::Build(job) => work::build(&self.disk.state, *job, &|_| None),
            Work::Admit { batch, txs, frontier } => {
                work::admit(&self.disk.state, batch, txs, &frontier, &|_| {}, &|_| {})
            }
            Work::Commit(job) => self.commit(&job, Synced::No),
            Work::Sync(job) => self.commit(&job, Synced::Yes),
        }
    }

    fn commit(&mut self, job: &CommitJob, synced: Synced) -> WorkDone {
        let height = job.block.block.header.height;
        let known = |key: &Hash| job.known.contains(key);
        let (state, tree) = (&self.disk.state, &mut self.tree);
        let prepared = match work::prepare(&MACHINE, state, tree, job, synced, &known, &|_| None) {
            Ok(prepared) => prepared,
            Err(PrepareError::Refused(reason)) => return WorkDone::SyncRefused { height, reason },
            Err(PrepareError::Read(error)) => return WorkDone::Failed(error.to_string()),
        };
        self.disk.state.apply(&prepared.executed.changes);
        self.tree.durable(height);
        let stored = Stored {
            message: job.block.clone(),
            certificate: job.certificate.clone(),
            parent: prepared.parent.clone(),
        };
        self.disk.blocks.insert(height, stored);
        self.disk.seals.extend(job.own_seal.clone());
        let committed = work::committed(&self.disk.state, prepared, job.certificate.clone());
        WorkDone::Committed(Box::new(committed.unwrap()))
    }
}

impl Net {
    /// A net of `validators` nodes that have not started.
    pub(crate) fn new(validators: usize) -> Self {
        let chain = Chain::new(validators);
        let nodes = (0..validators).map(|i| Node::new(&chain, i)).collect();
        Self { chain, nodes, silent: BTreeSet::new(), now_ns: 0, queue: VecDeque::new() }
    }

    /// A net whose nodes have started and know each other.
    pub(crate) fn started(validators: usize) -> Self {
        let mut net = Self::new(validators);
        (0..validators).for_each(|i| net.start(i));
        net.settle();
        net
    }

    /// Start a node and connect it with the others.
    pub(crate) fn start(&mut self, i: usize) {
        self.give(i, Event::Started);
        for other in (0..self.nodes.len()).filter(|other| *other != i) {
            for (a, b) in [(i, other), (other, i)] {
                let tip = self.nodes[b].disk.parent().header.height;
                self.give(a, Event::PeerConnected { peer: self.nodes[b].peer, tip });
            }
        }
    }

    /// End a node's process and start another on its disk, whose guard lets it sign or not.
    pub(crate) fn restart(&mut self, i: usize, signing: Signing) {
        let guard = self.chain.guard(i);
        let signer = self.nodes[i].replica.engine.signer_mut();
        let guard = signer.guard().cloned().unwrap_or(guard);
        let start = self.nodes[i].disk.start(signing, guard, &self.chain, i);
        let config = self.chain.config(i);
        self.nodes[i].restart(start, config);
        self.start(i);
    }

    /// End a node's process and start another with this guard, judged as the program judges it.
    pub(crate) fn restart_judged(&mut self, i: usize, guard: Guard) {
        let (signing, guard) = self.nodes[i].disk.judge(&self.chain, i, guard);
        let start = self.nodes[i].disk.start(signing, guard, &self.chain, i);
        let config = self.chain.config(i);
        self.nodes[i].restart(start, config);
        self.start(i);
    }

    /// Everything of a node is lost.
    pub(crate) fn lose_disk(&mut self, i: usize) {
        self.nodes[i].disk = Disk::new(&self.chain);
    }

    pub(crate) fn now(&self) -> Now {
        Now { mono_ns: self.now_ns, wall_ms: GENESIS_MS + 1 + self.now_ns / MS }
    }

    /// Give a node one event. What follows from it happens when the net settles.
    pub(crate) fn give(&mut self, i: usize, event: Event) {
        let now = self.now();
        let actions = self.nodes[i].replica.handle(now, event);
        for action in actions {
            self.take(i, action);
        }
    }

    /// Let everything happen that needs no time.
    pub(crate) fn settle(&mut self) {
        for _ in 0..MAX_STEPS {
            if !self.step() {
                return;
            }
        }
        panic!("the net does not settle");
    }

    /// Let one thing happen that needs no time, if there is any. What is on its way to or from a
    /// node that has fallen silent meanwhile is lost.
    fn step(&mut self) -> bool {
        match self.queue.pop_front() {
            Some(Step::Event(i, event)) => {
                let speaker = event.speaker();
                let of = |j: &usize| Some(self.nodes[*j].peer) == speaker;
                let is_lost = self.silent.contains(&i) || self.silent.iter().any(of);
                if speaker.is_none() || !is_lost {
                    self.give(i, event);
                }
            }
            Some(Step::Work(i, work)) => {
                let done = self.nodes[i].perform(*work);
                self.give(i, Event::Done(Box::new(done)));
            }
            None => return false,
        }
        true
    }

    /// Let time pass until something holds.
    pub(crate) fn run_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..MAX_STEPS {
            self.settle();
            if holds(self) {
                return;
            }
            self.expect_all_run(what);
            self.fire_next(u64::MAX);
        }
        panic!("waited in vain for {what}");
    }

    /// As [`Self::run_until`], but stop at the very moment, with everything else still on its way.
    pub(crate) fn run_to_moment(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..MAX_STEPS {
            if holds(self) {
                return;
            }
            if !self.step() {
                self.expect_all_run(what);
                self.fire_next(u64::MAX);
            }
        }
        panic!("waited in vain for {what}");
    }

    fn expect_all_run(&self, what: &str) {
        for (i, node) in self.nodes.iter().enumerate() {
            if let Some(Action::Stop(reason)) = node.done.last() {
                panic!("node {i} stopped before {what}: {reason}");
            }
        }
    }

    /// Let so much time pass.
    pub(crate) fn advance(&mut self, ms: u64) {
        let until = self.now_ns + ms * MS;
        self.settle();
        while self.fire_next(until) {
            self.settle();
        }
        self.now_ns = until;
    }

    /// Every node has committed that height.
    pub(crate) fn run_to(&mut self, height: u64) {
        self.run_until("a height", |net| {
            let heard = |i: &usize| !net.silent.contains(i);
            let tips = (0..net.nodes.len()).filter(heard).map(|i| net.nodes[i].tip());
            tips.min() >= Some(Height(height))
        });
    }

    fn fire_next(&mut self, until_ns: u64) -> bool {
        let timers = self.nodes.iter().enumerate().flat_map(|(i, node)| {
            node.timers.iter().map(move |(timer, at)| (*at, i, timer.clone()))
        });
        let Some((at, i, timer)) = timers.min().filter(|(at, ..)| *at <= until_ns) else {
            return false;
        };
        self.now_ns = self.now_ns.max(at);
        self.nodes[i].timers.remove(&timer);
        self.give(i, Event::Timer(timer));
        true
    }

    /// Carry out an action as the program does, and write it down.
    pub(crate) fn take(&mut self, i: usize, action: Action) {
        let peer = self.nodes[i].peer;
        match &action {
            Action::Gossip(content) => {
                let content = Box::new((**content).clone());
                self.broadcast(i, Event::Message { peer, gossip: 0, content });
            }
            Action::GossipEvidence(evidence) => {
                let evidence = evidence.clone();
                self.broadcast(i, Event::EvidenceMessage { peer, gossip: 0, evidence });
            }
            Action::GossipTxs(txs) => {
                let txs = txs.iter().map(|tx| tx.to_vec()).collect();
                self.broadcast(i, Event::Transactions { peer, gossip: 0, txs });
            }
            Action::SendTxs(to, txs) => {
                let txs = txs.iter().map(|tx| tx.to_vec()).collect();
                self.send(i, to, Event::TransactionsPushed { peer, txs });
            }
            Action::PushBlock(block) => {
                let block = Box::new((**block).clone());
                self.broadcast(i, Event::Block { peer, block });
            }
            Action::RequestBlock(to, block_id) => {
                let (reply, block_id) = (i as u64, *block_id);
                self.send(i, to, Event::BlockRequested { peer, reply, block_id });
            }
            Action::AnswerBlock(reply, Some(block)) => {
                let block = Box::new((**block).clone());
                self.answer(i, *reply, Event::Block { peer, block });
            }
            Action::RequestStatus(to, request) => {
                let (reply, request) = (i as u64, request.clone());
                self.send(i, to, Event::StatusRequested { peer, reply, request });
            }
            Action::AnswerStatus(reply, answer) => {
                let answer = answer.clone();
                self.answer(i, *reply, Event::StatusAnswered { peer, answer });
            }
            Action::RequestSync(to, request) => self.serve_sync(i, to, request.from, request.count),
            Action::SetTimer(timer, at) => {
                self.nodes[i].timers.insert(timer.clone(), *at);
            }
            Action::CancelTimer(timer) => {
                self.nodes[i].timers.remove(timer);
            }
            _ => self.keep(i, &action),
        }
        match action {
            Action::Work(work) if !self.nodes[i].holds_work => {
                self.queue.push_back(Step::Work(i, work));
            }
            action => self.nodes[i].done.push(action),
        }
    }

    /// What goes to disk.
    fn keep(&mut self, i: usize, action: &Action) {
        let disk = &mut self.nodes[i].disk;
        match action {
            Action::Append(record) => disk.journal.push(record.clone()),
            Action::ResetJournal(_) => disk.journal.clear(),
            Action::StoreSeal(seal) => disk.seals.push((**seal).clone()),
            Action::StoreFinality(certificate) => disk.finality = Some((**certificate).clone()),
            Action::StoreVotes(height, votes) => {
                disk.votes.insert(*height, votes.clone());
            }
            Action::SetInstance(instance) => disk.instance = Some(*instance),
            Action::DropVotes(below) => disk.votes = disk.votes.split_off(below),
            _ => {}
        }
    }

    fn serve_sync(&mut self, asker: usize, server: &PublicKey, from: Height, count: u32) {
        let Some(i) = self.nodes.iter().position(|node| node.peer == *server) else { return };
        if self.silent.contains(&i) || self.silent.contains(&asker) {
            return self
                .queue
                .push_back(Step::Event(asker, Event::RequestFailed { peer: *server }));
        }
        let disk = &self.nodes[i].disk;
        let answer = SyncAnswer {
            version: types::Version,
            tip: disk.parent().header.height,
            oldest: Height(1),
            blocks: disk.synced(from, count),
            finality: disk.finality.clone(),
        };
        let answer = Box::new(answer);
        self.queue.push_back(Step::Event(asker, Event::SyncAnswered { peer: *server, answer }));
    }

    fn broadcast(&mut self, from: usize, event: Event) {
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            self.deliver(from, to, event.clone());
        }
    }

    fn send(&mut self, from: usize, to: &PublicKey, event: Event) {
        if let Some(to) = self.nodes.iter().position(|node| node.peer == *to) {
            self.deliver(from, to, event);
        }
    }

    fn answer(&mut self, from: usize, reply: u64, event: Event) {
        self.deliver(from, usize::try_from(reply).unwrap(), event);
    }

    fn deliver(&mut self, from: usize, to: usize, event: Event) {
        if !self.silent.contains(&from) && !self.silent.contains(&to) {
            self.queue.push_back(Step::Event(to, event));
        }
    }
}
