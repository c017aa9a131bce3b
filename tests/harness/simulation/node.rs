//! A simulated node: the real replica, and a disk that outlives it.

use super::disk::{Disk, StoredBlock};
use super::registry::{Crypto, IdealSigner, Registry, UnguardedSigner};
use crate::chain::{TestChain, seed};
use consensus::Signer;
use consensus::journal::own_messages;
use consensus::safety::{self, Guard, GuardedSigner, Observer, Standing, Start, StartFacts};
use crypto::sign::SecretKey;
use replica::own::Probation;
use replica::replica::{Config, Signing, Start as ReplicaStart};
use replica::work::{self, CommitJob, Committed, Frontier, PrepareError, Synced, Work, WorkDone};
use replica::{Detectors, Replica};
use state::Tree;
use std::collections::BTreeMap;
use std::sync::Arc;
use types::{
    FinalityCertificate, Height, Share, Signature, SignedAddress, Validator, ValidatorId, Value,
};
use vm::Machine;

/// Heights of votes that are kept.
const WATCH_HEIGHTS: u64 = 1_000;
/// Bytes of votes that are kept.
const WATCH_BYTES: usize = 8 << 20;
const DATA_PATH: &str = "/data";

/// A node of the world.
pub(super) struct Node {
    pub(super) id: ValidatorId,
    /// Whose keys it has, by number.
    validator: usize,
    /// Whether it signs without a guard.
    pub(super) liar: bool,
    pub(super) peer: types::PublicKey,
    /// Every finality certificate that it took.
    pub(super) finals: BTreeMap<Height, FinalityCertificate>,
    pub(super) disk: Disk,
    /// `None` while it is down.
    pub(super) process: Option<Process>,
    /// Counts starts: what was meant for an earlier process does not reach a later one.
    pub(super) life: u64,
}

/// What a crash destroys.
pub(super) struct Process {
    pub(super) replica: Replica,
    pub(super) tree: Tree,
}

/// What every node is made with.
pub(super) struct Shared {
    pub(super) chain: TestChain,
    pub(super) crypto: Crypto,
    pub(super) registry: Registry,
    pub(super) machine: Machine,
    pub(super) detectors: Detectors,
}

impl Shared {
    /// Sign anything with the real key of validator `i`.
    pub(super) fn sign_for(
        &self,
        i: usize,
        validator: &Validator,
        address: &SignedAddress,
        value: &Value,
    ) -> (Signature, Share) {
        let secret = self.chain.validators[i].secret(self.chain.chain_id);
        let signed = secret.sign(address, value, [0; 32]);
        self.registry.note(validator, address, value, signed);
        signed
    }
}

impl Node {
    pub(super) fn new(shared: &Shared, i: usize, liar: bool) -> Self {
        let validator = &shared.chain.validators[i];
        let guard =
            Guard::made(shared.chain.chain_id, validator.id, safety::machine_of(b"machine"));
        Self {
            id: validator.id,
            validator: i,
            liar,
            peer: validator.network_key,
            finals: BTreeMap::new(),
            disk: Disk::new(&shared.chain.genesis, Some(guard)),
            process: None,
            life: 0,
        }
    }

    /// A second process with a liar's keys, under another network key.
    pub(super) fn twin(shared: &Shared, i: usize) -> Self {
        let peer = SecretKey::from_seed(seed(b't', i)).public();
        Self { peer, ..Self::new(shared, i, true) }
    }

    /// Start the process from what is on disk, as the program does.
    pub(super) fn start(&mut self, shared: &Shared) {
        let chain_id = shared.chain.chain_id;
        let tip = self.disk.tip().header.height;
        let journal = self.disk.journal(chain_id, tip.next());
        let (signing, guard) = self.judge(shared, tip, &journal);
        let finality = self.disk.finality.clone();
        let from = finality.as_ref().map_or(Height(1), |newest| newest.height);
        let frontier = Frontier::read(&self.disk.state, self.disk.tip().clone());
        let frontier = Arc::new(frontier.expect("memory can be read"));
        let set_of = |height| state::read::validator_set_at(&self.disk.state, height);
        let first = set_of(Height(1)).expect("memory can be read");
        let validator = first.by_id(&self.id).expect("every node was a validator").clone();
        let roots = self.disk.roots(from);
        let set_at = |height| Arc::new(set_of(height).expect("memory can be read"));
        let sets = roots.iter().map(|(height, _)| (*height, set_at(*height))).collect();
        let seals = self.disk.seals.range((from, ValidatorId::ZERO)..);
        let start = ReplicaStart {
            frontier,
            certificate: self.disk.certificate(),
            finality,
            roots,
            sets,
            seals: seals.map(|(_, seal)| seal.clone()).collect(),
            journal,
            signing,
            sealed: guard.seals().height(),
            signer: signer(shared, self, validator, guard),
            courier: None,
        };
        let config = Config {
            chain_id,
            own: Some(self.id),
            protocol_max: 1,
            watch_heights: WATCH_HEIGHTS,
            watch_bytes: WATCH_BYTES,
            detectors: shared.detectors,
        };
        let tree = self.disk.tree();
        self.life += 1;
        let mut replica = Replica::new(config, start);
        for (height, votes) in &self.disk.votes {
            let restored = replica.restore_votes(votes, &set_at(*height));
            restored.expect("what was kept can be taken back");
        }
        self.process = Some(Process { replica, tree });
    }

    /// Where the node stands, for whoever looks for the cause of a stall.
    pub(super) fn standing(&self) -> String {
        let Some(process) = &self.process else { return "down".to_owned() };
        let status = process.replica.status();
        let (prevotes, precommits) = (status.prevote_power, status.precommit_power);
        format!(
            "height {} round {} step {:?}, prevotes {prevotes} and precommits {precommits} of {}, \
             observer {:?}, {} abstentions",
            status.height,
            status.round,
            status.step,
            status.power_total,
            status.observer,
            status.abstentions
        )
    }

    fn judge(
        &mut self,
        shared: &Shared,
        tip: Height,
        journal: &[consensus::JournalRecord],
    ) -> (Signing, Guard) {
        let chain_id = shared.chain.chain_id;
        let own = own_messages(journal, chain_id, &self.id);
        let header = crypto::id::genesis_header(&shared.chain.genesis);
        let header = header.expect("a test genesis has a set");
        let facts = StartFacts {
            chain_id,
            genesis_hash: crypto::id::block_id(&header),
            validator: self.id,
            machine: b"machine",
            data_path: DATA_PATH,
            fresh: [9; 32],
            database_instance: Some(self.disk.instance),
            tip,
            journal: &own,
            newest_seal: None,
            key_seen: Height::ZERO,
            import_wait: 20,
            went_back: false,
        };
        let guard = self.disk.guard();
        match safety::start(guard.clone(), &facts).expect("honest storage does not contradict") {
            Start::Armed(mut guard) => {
                if let Standing::Armed { instance, .. } = guard.standing() {
                    self.disk.instance = instance;
                }
                self.disk.set_guard(&guard.next_slot());
                (Signing::Armed, guard)
            }
            Start::Observer { reason, write } => {
                if let Some(mut changed) = write {
                    self.disk.set_guard(&changed.next_slot());
                }
                let guard = self.disk.guard().expect("a simulated node has a guard");
                let probation = Probation {
                    guard: guard.clone(),
                    genesis_hash: facts.genesis_hash,
                    machine: facts.machine.to_vec(),
                    data_path: DATA_PATH.to_owned(),
                    fresh: facts.fresh,
                    database_instance: facts.database_instance,
                    key_seen: facts.key_seen,
                    import_wait: facts.import_wait,
                    went_back: matches!(reason, Observer::StorageWentBack { .. }),
                    resume: None,
                };
                let waits = Probation::is_for(&reason);
                let probation = waits.then(|| Box::new(probation));
                (Signing::Observer { reason: reason.to_string(), probation }, guard)
            }
        }
    }

    /// Do a job. The reader is the state as it is when the job is done.
    pub(super) fn perform(&mut self, shared: &Shared, job: Work) -> WorkDone {
        let tip = self.disk.tip().header.height;
        let registry = &shared.registry;
        match job {
            Work::Verify { batch, ballots } => {
                let valid = match shared.crypto {
                    Crypto::Ideal => registry.verify(&ballots),
                    Crypto::Bare => registry.verify_signatures(&ballots),
                    Crypto::Real => work::verify(&ballots),
                };
                WorkDone::Verified { batch, valid }
            }
            Work::Check { parent, .. } if parent.header.height != tip => WorkDone::Stale,
            Work::Check { block, block_id, parent, known } => {
                let known = |key: &types::Hash| known.contains(key) || registry.contains(key);
                work::check(
                    &shared.machine,
                    &self.disk.state,
                    &parent,
                    &block,
                    block_id,
                    &known,
                    &|_| None,
                )
            }
            Work::Build(job) if job.parent.header.height != tip => WorkDone::Stale,
            Work::Build(job) => work::build(&self.disk.state, *job, &|_| None),
            Work::Admit { batch, txs, frontier } => {
                work::admit(&self.disk.state, batch, txs, &frontier, &|_| {}, &|_| {})
            }
            Work::Commit(job) => self.commit(shared, &job, Synced::No),
            Work::Sync(job) => self.commit(shared, &job, Synced::Yes),
        }
    }

    fn commit(&mut self, shared: &Shared, job: &CommitJob, synced: Synced) -> WorkDone {
        let process = self.process.as_mut().expect("only a living node works");
        let height = job.block.block.header.height;
        let known = |key: &types::Hash| job.known.contains(key) || shared.registry.contains(key);
        let (machine, state, tree) = (&shared.machine, &self.disk.state, &mut process.tree);
        let prepared = match work::prepare(machine, state, tree, job, synced, &known, &|_| None) {
            Ok(prepared) => prepared,
            Err(PrepareError::Refused(reason)) => return WorkDone::SyncRefused { height, reason },
            Err(PrepareError::Read(error)) => return WorkDone::Failed(error.to_string()),
        };
        self.disk.state.apply(&prepared.executed.changes);
        process.tree.durable(height);
        let stored = StoredBlock {
            message: job.block.clone(),
            certificate: job.certificate.clone(),
            parent: prepared.parent.clone(),
        };
        self.disk.blocks.insert(height, stored);
        if let Some(seal) = &job.own_seal {
            self.disk.seals.insert((seal.height, seal.validator), seal.clone());
        }
        let committed: Result<Committed, _> =
            work::committed(&self.disk.state, prepared, job.certificate.clone());
        WorkDone::Committed(Box::new(committed.expect("memory can be read")))
    }
}

fn signer(shared: &Shared, node: &Node, validator: Validator, guard: Guard) -> Box<dyn Signer> {
    let chain_id = shared.chain.chain_id;
    let secret = shared.chain.validators[node.validator].secret(chain_id);
    let registry = shared.registry.clone();
    if node.liar {
        return Box::new(UnguardedSigner::new(secret, validator, chain_id, registry));
    }
    match shared.crypto {
        Crypto::Ideal | Crypto::Bare => {
            let signs = shared.crypto == Crypto::Bare;
            Box::new(IdealSigner::new(secret, validator, guard, registry, signs))
        }
        Crypto::Real => Box::new(GuardedSigner::new(secret, guard, Box::new(|| [0; 32]))),
    }
}
