//! From a home on disk to a node that can run: open everything, recover, judge the guard.

use crate::exit::{Exit, Meaning, Outcome};
use crate::home::{Home, ValidatorSecrets};
use crate::keystore::Passphrase;
use crate::run::ports::{GuardFile, JournalFile};
use crate::run::serve::WATCH_HEIGHTS;
use crate::run::{MakeSigner, RunOptions};
use crate::signer::{Away, RemoteSigner};
use anyhow::{Context, anyhow};
use consensus::Signer;
use consensus::journal::{self, JournalRecord};
use consensus::safety::NeverSigner;
use consensus::safety::{self, Guard, GuardedSigner, Observer, Start, StartFacts};
use crypto::ballot::ConsensusSecret;
use crypto::sign::SecretKey;
use executor::block::Parent;
use replica::Replica;
use replica::finality::Roots;
use replica::own::{Probation, Resume};
use replica::replica::{Signing, Start as ReplicaStart};
use replica::work::Frontier;
use state::{ChangeSet, Tree};
use std::cmp::Ordering;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use store::{GenesisBatch, Options, Store, Tip};
use tokio::sync::watch;
use tracing::{info, warn};
use types::{ChainId, Genesis, Header, Height, Seal, SignedAddress, Step, ValidatorId};
use vm::{Machine, Settings};

/// How long a start waits for the signer process.
const SIGNER_PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of kept votes that a start reads at a time.
const VOTES_AT_ONCE: usize = 4 << 20;

/// The chain that a home belongs to.
pub struct Chain {
    /// The document it was read from.
    pub document: chainspec::Document,
    /// Its genesis.
    pub genesis: Genesis,
    /// Header 0.
    pub header: Header,
    /// Its id.
    pub chain_id: ChainId,
    /// The block id of header 0.
    pub genesis_hash: types::BlockId,
}

impl Chain {
    /// Read and check the chain spec of a home.
    ///
    /// # Errors
    /// If it is missing, no chain spec, or breaks rules of genesis: all of them are named.
    pub fn read(home: &Home) -> Outcome<Self> {
        let path = home.chain();
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("chain spec {}", path.display()))
            .or_exit(Exit::Config)?;
        Self::parse(&text, &path).or_exit(Exit::Config)
    }

    /// The chain of a document that was read from a path.
    ///
    /// # Errors
    /// If it breaks rules of genesis.
    pub(crate) fn parse(text: &str, path: &Path) -> anyhow::Result<Self> {
        let at = || format!("chain spec {}", path.display());
        let document = chainspec::Document::parse(text).with_context(at)?;
        let genesis = document.to_genesis();
        let problems = chainspec::validate_document(&document);
        if !problems.is_empty() {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(anyhow!("{}:\n  {}", at(), lines.join("\n  ")));
        }
        let header = crypto::id::genesis_header(&genesis).with_context(at)?;
        let chain_id = header.chain_id;
        let genesis_hash = crypto::id::block_id(&header);
        Ok(Self { document, genesis, header, chain_id, genesis_hash })
    }
}

/// What names this machine; empty where nothing does.
#[must_use]
pub fn machine_id() -> Vec<u8> {
    std::fs::read("/etc/machine-id").unwrap_or_default()
}

/// 32 bytes from the operating system.
///
/// # Panics
/// If the operating system gives none: nothing safe can be done then.
#[must_use]
pub fn fresh() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Open the database, writing genesis into a new one, and bring the tree to its tip.
pub(crate) fn open_store(home: &Home, chain: &Chain, cache_mib: u32) -> Outcome<(Store, Tree)> {
    let mut options = Options::new(chain.chain_id, chain.genesis_hash);
    options.cache_bytes = (cache_mib as usize) << 20;
    let store = Store::open(&home.data(), &options).map_err(|error| {
        let damaged = matches!(
            error,
            store::StoreError::Corrupt { .. }
                | store::StoreError::Headless { .. }
                | store::StoreError::MissingTables { .. }
        );
        let exit = if damaged { Exit::Corrupt } else { Exit::Config };
        crate::exit::Failure { exit, error: error.into() }
    })?;
    let cache_bytes = usize::try_from(chain.genesis.params.tree_cache_bytes).unwrap_or(usize::MAX);
    let tree = if store.is_initialised() {
        recover_tree(&store, cache_bytes).or_exit(Exit::Corrupt)?
    } else {
        begin(&store, cache_bytes, chain).or_exit(Exit::Corrupt)?
    };
    Ok((store, tree))
}

/// The machine that runs contracts, with what this home has compiled before.
pub(crate) fn open_machine(home: &Home) -> Outcome<Machine> {
    let settings = Settings { cache: Some(home.compiled()), ..Settings::default() };
    Machine::new(settings).or_exit(Exit::Config)
}

fn begin(store: &Store, cache_bytes: usize, chain: &Chain) -> anyhow::Result<Tree> {
    if let Some(origin) = &chain.document.recovery {
        return Err(anyhow!(
            "this chain continues chain {} from height {}: run syndic recover start first",
            origin.chain_id,
            origin.height
        ));
    }
    let changes = executor::genesis::changes(&chain.genesis)?;
    begin_with(store, cache_bytes, chain, &changes)
}

/// Write genesis with a first state that is given.
///
/// # Errors
/// If the state cannot be put into a tree or the database not be written.
pub(crate) fn begin_with(
    store: &Store,
    cache_bytes: usize,
    chain: &Chain,
    changes: &ChangeSet,
) -> anyhow::Result<Tree> {
    let mut tree = Tree::new(cache_bytes);
    let state_root = tree.apply(store, Height::ZERO, changes)?;
    store.initialise(&GenesisBatch {
        genesis: &chain.genesis,
        header: &chain.header,
        changes,
        state_root,
        instance: fresh(),
    })?;
    tree.durable(Height::ZERO);
    Ok(tree)
}

/// The nodes on disk are those of some height at or below the tip; what the blocks since did to
/// the state stands in their change sets, which are merged into one update.
fn recover_tree(store: &Store, cache_bytes: usize) -> anyhow::Result<Tree> {
    let tip = store.tip()?;
    let position = store.tree_position()?;
    let (mut tree, from) = match position {
        Some(position) => {
            let (height, root) = (position.height, position.root);
            (Tree::load(store, cache_bytes, height, root)?, height.next())
        }
        None => (Tree::new(cache_bytes), Height::ZERO),
    };
    let missing = store.change_sets(from, tip.height)?;
    if let Some(merged) = missing.into_iter().map(|(_, set)| set).reduce(ChangeSet::merge) {
        tree.catch_up(store, tip.height, &merged)?;
    }
    let root = tree.root();
    if root != tip.state_root {
        return Err(anyhow!(
            "the state tree of height {} has root {root}, its block says {}",
            tip.height,
            tip.state_root
        ));
    }
    Ok(tree)
}

/// A validator, and where its keys are.
pub(crate) struct Validator {
    pub(crate) id: ValidatorId,
    pub(crate) keys: Keys,
}

/// Where a validator's keys are.
pub(crate) enum Keys {
    /// In this process.
    Here {
        /// What signs now.
        secret: ConsensusSecret,
        /// What its keys are rotated to, while both may have to sign.
        next: Option<ConsensusSecret>,
    },
    /// In a signer process, with the guard.
    Apart(RemoteSigner),
}

/// The validator of a home, if it has one. The chain need not know it yet: until it is in the set
/// the node follows with its keys at hand.
pub(crate) fn open_validator(
    options: &RunOptions,
    chain: &Chain,
    store: &Store,
) -> Outcome<Option<Validator>> {
    let home = &options.home;
    let signer = options.config.validator.signer.as_ref().map(|socket| home.root().join(socket));
    let (id, keys) = match (signer, home.validator_key().exists()) {
        (None, false) => return Ok(None),
        (Some(_), true) => {
            let error = anyhow!(
                "`validator.signer` is set, and {} exists: move keys and guard to the signer's \
                 home, so that one process alone can sign",
                home.validator_key().display()
            );
            return Err(error).or_exit(Exit::Config);
        }
        (Some(socket), false) => {
            let ids = (chain.chain_id, chain.genesis_hash);
            let signer = RemoteSigner::start(&socket, ids, SIGNER_PATIENCE).or_exit(Exit::Key)?;
            (signer.validator(), Keys::Apart(signer))
        }
        (None, true) => match open_keys(options, chain, store)? {
            Some(found) => found,
            None => return Ok(None),
        },
    };
    match state::read::validator(store, &id).or_exit(Exit::Corrupt)? {
        Some(record) => {
            info!(target: "syndic", validator = %id, status = record.status.name(), "validator");
        }
        None => info!(
            target: "syndic",
            validator = %id,
            "the chain does not know this validator as far as this node has followed it"
        ),
    }
    Ok(Some(Validator { id, keys }))
}

/// The keys of a home, and whose they are.
fn open_keys(
    options: &RunOptions,
    chain: &Chain,
    store: &Store,
) -> Outcome<Option<(ValidatorId, Keys)>> {
    let home = &options.home;
    let file = options.passphrase_file.clone().unwrap_or_else(|| home.passphrase_file());
    let passphrase = Passphrase::from_file(&file).or_exit(Exit::Key)?;
    let Some(secrets) = home.read_validator(&passphrase).or_exit(Exit::Key)? else {
        return Ok(None);
    };
    let id = secrets.validator_id().or_exit(Exit::Key)?;
    let mut secret = open_secret(&secrets, chain)?;
    let mut next = match home.read_next_validator(&passphrase).or_exit(Exit::Key)? {
        Some(next) if next.validator_id().or_exit(Exit::Key)? == id => {
            Some(open_secret(&next, chain)?)
        }
        Some(_) => {
            let path = home.next_validator_key();
            return Err(anyhow!("key file {}: of another validator", path.display()))
                .or_exit(Exit::Key);
        }
        None => None,
    };
    if let Some(rotated) = next.take() {
        if has_taken_over(store, &id, &rotated).or_exit(Exit::Corrupt)? {
            retire(home, &secret.consensus_key()).or_exit(Exit::Key)?;
            secret = rotated;
        } else {
            next = Some(rotated);
        }
    }
    Ok(Some((id, Keys::Here { secret, next })))
}

fn open_secret(secrets: &ValidatorSecrets, chain: &Chain) -> Outcome<ConsensusSecret> {
    let (consensus_seed, reveal_seed) = secrets.seeds().or_exit(Exit::Key)?;
    let key = SecretKey::from_seed(consensus_seed);
    Ok(ConsensusSecret::new(key, reveal_seed, chain.chain_id))
}

/// Whether rotated keys sign every height that this validator may still have to sign: those above
/// the newest final one.
fn has_taken_over(store: &Store, id: &ValidatorId, next: &ConsensusSecret) -> anyhow::Result<bool> {
    let finality = store.newest_finality()?;
    let last = store.tip()?.height.next().next();
    // A certificate may be ahead of the blocks: at least the newest set is looked at.
    let sealed = finality.map_or(Height(1), |certificate| certificate.height.next());
    let mut height = sealed.min(last);
    let key = next.consensus_key();
    while height <= last {
        let set = state::read::validator_set_at(store, height)?;
        if set.by_id(id).is_none_or(|held| held.consensus_key != key) {
            return Ok(false);
        }
        height = height.next();
    }
    Ok(true)
}

/// Put the old keys' file aside and the new one in its place, which is one step on disk: a crash
/// leaves the one or the other in force.
fn retire(home: &Home, old: &types::PublicKey) -> anyhow::Result<()> {
    let aside = home.retired_validator_key(old);
    let at = || format!("key file {}", aside.display());
    match std::fs::hard_link(home.validator_key(), &aside) {
        Ok(()) => {}
        // A start before this one came as far as here.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(at),
    }
    std::fs::rename(home.next_validator_key(), home.validator_key()).with_context(at)?;
    info!(target: "syndic", file = %aside.display(), "rotated keys have taken over");
    Ok(())
}

/// The files that guard a validator's signatures, and what they let it do.
pub(crate) struct Safety {
    pub(crate) journal: JournalFile,
    pub(crate) guard: Option<GuardFile>,
    pub(crate) records: Vec<JournalRecord>,
    pub(crate) signing: Signing,
    pub(crate) signer: Box<dyn Signer>,
    pub(crate) sealed: Height,
    /// Whether the signer process is away; `None` if the keys are here.
    pub(crate) signer_away: Option<watch::Receiver<Option<Away>>>,
}

/// Who keeps the guard, beside the keys.
enum Keeper {
    /// This process, in its home.
    Here { secret: ConsensusSecret, next: Option<ConsensusSecret>, file: GuardFile },
    /// A signer process.
    Apart(RemoteSigner),
}

impl Keeper {
    /// Open what keeps the guard of these keys, and the guard as it is.
    fn open(home: &Home, own: ValidatorId, keys: Keys) -> Outcome<(Self, Option<Guard>)> {
        match keys {
            Keys::Here { secret, next } => {
                let (file, guard) = GuardFile::open(&home.guard()).or_exit(Exit::Guard)?;
                Ok((Self::Here { secret, next, file }, guard))
            }
            Keys::Apart(signer) => {
                assert_eq!(signer.validator(), own, "it told whose keys it has");
                let guard = signer.guard().cloned();
                Ok((Self::Apart(signer), guard))
            }
        }
    }

    /// What names the machine that the guard is on.
    fn machine(&self) -> Vec<u8> {
        match self {
            Self::Here { .. } => machine_id(),
            Self::Apart(signer) => signer.machine().to_vec(),
        }
    }

    /// Have a guard on disk.
    fn keep(&mut self, mut guard: Guard) -> Outcome<Guard> {
        match self {
            Self::Here { file, .. } => {
                file.write(&guard.next_slot()).or_exit(Exit::Guard)?;
                Ok(guard)
            }
            Self::Apart(signer) => {
                signer.hand_over(guard).or_exit(Exit::Guard)?;
                Ok(signer.guard().cloned().expect("a signer tells its guard"))
            }
        }
    }

    /// First the database names the guard's instance, then the guard is on disk: a crash between
    /// the two leaves a guard that is judged anew.
    fn arm(&mut self, store: &Store, guard: Guard) -> Outcome<Guard> {
        if let safety::Standing::Armed { instance, .. } = guard.standing() {
            store.set_instance(instance.0).or_exit(Exit::Corrupt)?;
        }
        self.keep(guard)
    }

    /// What signs with this guard, and the guard's file if it is here.
    fn into_signer(self, guard: Option<Guard>) -> (Box<dyn Signer>, Option<GuardFile>) {
        match (self, guard) {
            (Self::Here { secret, next, file }, Some(guard)) => {
                let signer = GuardedSigner::new(secret, guard, Box::new(fresh)).with_other(next);
                (Box::new(signer), Some(file))
            }
            // Nothing here may touch the file: a guard that was made up for a key whose past is not
            // known would be taken for one made together with it, at the next start.
            (Self::Here { file, .. }, None) => (Box::new(NeverSigner), Some(file)),
            (Self::Apart(signer), Some(_)) => (Box::new(signer), None),
            (Self::Apart(_), None) => (Box::new(NeverSigner), None),
        }
    }
}

/// Open journal and guard and judge them (see `consensus::safety::start`).
pub(crate) fn open_safety(
    home: &Home,
    chain: &Chain,
    store: &Store,
    validator: Option<Validator>,
    replace: Option<MakeSigner>,
) -> Outcome<Safety> {
    let (mut journal, found) = JournalFile::open(&home.journal()).or_exit(Exit::Corrupt)?;
    let tip = store.tip().or_exit(Exit::Corrupt)?.height;
    let of = height_of(&found.records, chain.chain_id);
    let (mut records, ahead) = match of.cmp(&tip.next()) {
        Ordering::Equal => (found.records, Vec::new()),
        Ordering::Greater => (Vec::new(), found.records),
        // Of a height that is durable by now, of another chain, or new.
        Ordering::Less => (Vec::new(), Vec::new()),
    };
    let begin = |journal: &mut JournalFile, records: &[JournalRecord]| {
        let fresh = records.is_empty();
        if fresh { journal.reset(chain.chain_id, tip.next()) } else { Ok(()) }
    };
    let Some(validator) = validator else {
        begin(&mut journal, &records).or_exit(Exit::Corrupt)?;
        return Ok(Safety {
            journal,
            guard: None,
            records,
            signing: Signing::Observer {
                reason: "no validator key here".to_owned(),
                probation: None,
            },
            signer: Box::new(NeverSigner),
            sealed: Height::ZERO,
            signer_away: None,
        });
    };
    if let Some(make) = replace {
        let Keys::Here { secret, .. } = validator.keys else {
            return Err(anyhow!("a signer process has the keys")).or_exit(Exit::Config);
        };
        begin(&mut journal, &records).or_exit(Exit::Corrupt)?;
        return Ok(Safety {
            journal,
            guard: None,
            records,
            signing: Signing::Armed,
            signer: make(chain.chain_id, secret),
            sealed: Height::ZERO,
            signer_away: None,
        });
    }
    let (mut keeper, guard) = Keeper::open(home, validator.id, validator.keys)?;
    let beside = Beside::read(home, chain, store, tip, validator.id, keeper.machine())?;
    let judged = beside.judge(chain, tip, &records, validator.id, guard.clone())?;
    let (signing, guard) = match judged {
        Start::Armed(guard) => (Signing::Armed, Some(keeper.arm(store, guard)?)),
        Start::Observer { reason, write } => {
            let guard = match write {
                Some(changed) => Some(keeper.keep(changed)?),
                None => guard,
            };
            let guard = guard.filter(|_| Probation::is_for(&reason));
            let mut probation = None;
            if let Some(guard) = &guard {
                let resume = beside.resume(chain, of, &ahead, validator.id, guard, &reason)?;
                if resume.is_some() {
                    journal.keep_for(of);
                    records = ahead;
                }
                probation = Some(Box::new(beside.probation(chain, guard, &reason, resume)));
            }
            (Signing::Observer { reason: reason.to_string(), probation }, guard)
        }
    };
    begin(&mut journal, &records).or_exit(Exit::Corrupt)?;
    let sealed = guard.as_ref().map_or(Height::ZERO, |guard| guard.seals().height());
    let signer_away = match (&keeper, &guard) {
        (Keeper::Apart(signer), Some(_)) => Some(signer.away()),
        // Who never signs lets the signer go.
        (Keeper::Apart(_), None) | (Keeper::Here { .. }, _) => None,
    };
    let (signer, file) = keeper.into_signer(guard);
    Ok(Safety { journal, guard: file, records, signing, sealed, signer, signer_away })
}

/// The height of a journal; 0 if it is empty or of another chain.
fn height_of(records: &[JournalRecord], chain: ChainId) -> Height {
    match records.first() {
        Some(JournalRecord::Header { chain_id, height }) if *chain_id == chain => *height,
        _ => Height::ZERO,
    }
}

/// What is found beside a guard.
struct Beside {
    machine: Vec<u8>,
    data_path: String,
    fresh: [u8; 32],
    database_instance: types::Hash,
    /// Highest height of which the chain carries a precommit by this validator.
    key_seen: Height,
    newest_seal: Option<(SignedAddress, safety::Signed)>,
}

impl Beside {
    fn read(
        home: &Home,
        chain: &Chain,
        store: &Store,
        tip: Height,
        own: ValidatorId,
        machine: Vec<u8>,
    ) -> Outcome<Self> {
        let data_path = home.data().canonicalize().or_exit(Exit::Config)?;
        let presence = state::read::presence(store, &own).or_exit(Exit::Corrupt)?;
        Ok(Self {
            machine,
            data_path: data_path.to_string_lossy().into_owned(),
            fresh: fresh(),
            database_instance: types::Hash(store.instance().or_exit(Exit::Corrupt)?),
            key_seen: presence.map_or(Height::ZERO, |presence| presence.signed),
            newest_seal: newest_own_seal(chain.chain_id, store, tip, &own)
                .or_exit(Exit::Corrupt)?,
        })
    }

    fn judge(
        &self,
        chain: &Chain,
        tip: Height,
        records: &[JournalRecord],
        own: ValidatorId,
        guard: Option<Guard>,
    ) -> Outcome<Start> {
        let journal = journal::own_messages(records, chain.chain_id, &own);
        let facts = StartFacts {
            chain_id: chain.chain_id,
            genesis_hash: chain.genesis_hash,
            validator: own,
            machine: &self.machine,
            data_path: &self.data_path,
            fresh: self.fresh,
            database_instance: Some(self.database_instance),
            tip,
            journal: &journal,
            newest_seal: self.newest_seal.clone(),
            key_seen: self.key_seen,
            import_wait: chain.genesis.params.import_wait_heights,
            went_back: false,
        };
        safety::start(guard, &facts).or_exit(Exit::Guard)
    }

    /// Where the node may sign again with the journal that it found, if it may.
    ///
    /// A database that was put back finds the journal of a height it has yet to reach: there the
    /// node stands where it stood before, with all it had signed (docs/protocol.md 4.4). Without
    /// this, two of four that were put back while they voted would wait for ever for a height that
    /// needs one of them.
    fn resume(
        &self,
        chain: &Chain,
        of: Height,
        ahead: &[JournalRecord],
        own: ValidatorId,
        guard: &Guard,
        reason: &Observer,
    ) -> Outcome<Option<Resume>> {
        if ahead.is_empty() || !matches!(reason, Observer::StorageWentBack { .. }) {
            return Ok(None);
        }
        let tip = of.previous();
        let armed = self.judge(chain, tip, ahead, own, Some(guard.clone()))?;
        let messages = || journal::own_messages(ahead, chain.chain_id, &own);
        Ok(matches!(armed, Start::Armed(_)).then(|| Resume { tip, messages: messages() }))
    }

    /// What the guard is judged by again while the node runs.
    fn probation(
        self,
        chain: &Chain,
        guard: &Guard,
        reason: &Observer,
        resume: Option<Resume>,
    ) -> Probation {
        Probation {
            guard: guard.clone(),
            genesis_hash: chain.genesis_hash,
            machine: self.machine,
            data_path: self.data_path,
            fresh: self.fresh,
            database_instance: Some(self.database_instance),
            key_seen: self.key_seen,
            import_wait: chain.genesis.params.import_wait_heights,
            went_back: matches!(reason, Observer::StorageWentBack { .. }),
            resume,
        }
    }
}

fn newest_own_seal(
    chain_id: ChainId,
    store: &Store,
    tip: Height,
    own: &ValidatorId,
) -> Result<Option<(SignedAddress, safety::Signed)>, store::StoreError> {
    // The seal of the tip may be the newest; the one before went into the tip's batch.
    for height in [tip, tip.previous()] {
        let seals = store.seals(height)?;
        if let Some(seal) = seals.into_iter().find(|seal| seal.validator == *own) {
            return Ok(Some(signed_seal(chain_id, &seal)));
        }
    }
    Ok(None)
}

fn signed_seal(chain_id: ChainId, seal: &Seal) -> (SignedAddress, safety::Signed) {
    let address = SignedAddress {
        chain_id,
        height: seal.height,
        round: types::Round::ZERO,
        step: Step::Seal,
    };
    let value = crypto::id::seal_value(&seal.block_id, &seal.state_root, &seal.receipts_root);
    let signed =
        safety::Signed { value: Some(value), signature: seal.signature, share: seal.share };
    (address, signed)
}

/// Everything the replica is told about what is on disk.
pub(crate) fn replica_start(
    home: &Home,
    store: &Store,
    safety: &mut Safety,
) -> Outcome<ReplicaStart> {
    let courier = SecretKey::from_seed(home.read_network_seed().or_exit(Exit::Key)?);
    let tip = store.tip().or_exit(Exit::Corrupt)?;
    let header = store
        .header(tip.height)
        .or_exit(Exit::Corrupt)?
        .ok_or_else(|| anyhow!("the header of the tip {} is missing", tip.height))
        .or_exit(Exit::Corrupt)?;
    let parent = Arc::new(Parent {
        header,
        block_id: tip.block_id,
        state_root: tip.state_root,
        receipts_root: tip.receipts_root,
    });
    let frontier = Frontier::read(store, parent).or_exit(Exit::Corrupt)?;
    let finality = store.newest_finality().or_exit(Exit::Corrupt)?;
    let from = finality.as_ref().map_or(Height(1), |certificate| certificate.height);
    let mut roots = Vec::new();
    let mut seals = Vec::new();
    let mut sets = Vec::new();
    let mut height = from.max(Height(1));
    while height <= tip.height {
        roots.push((height, roots_of(store, &tip, height).or_exit(Exit::Corrupt)?));
        seals.extend(store.seals(height).or_exit(Exit::Corrupt)?);
        let set = state::read::validator_set_at(store, height).or_exit(Exit::Corrupt)?;
        sets.push((height, Arc::new(set)));
        height = height.next();
    }
    let signer = std::mem::replace(&mut safety.signer, Box::new(NeverSigner));
    Ok(ReplicaStart {
        frontier: Arc::new(frontier),
        certificate: store.certificate(tip.height).or_exit(Exit::Corrupt)?,
        finality,
        roots,
        sets,
        seals,
        journal: std::mem::take(&mut safety.records),
        signing: safety.signing.clone(),
        sealed: safety.sealed,
        signer,
        courier: Some(courier),
    })
}

/// Give a replica that has not started the votes that an earlier run kept, a portion at a time.
pub(crate) fn restore_votes(store: &Store, replica: &mut Replica) -> Outcome {
    let tip = store.tip().or_exit(Exit::Corrupt)?.height;
    let mut from = Height(tip.0.saturating_sub(WATCH_HEIGHTS));
    let (mut heights, mut votes) = (0_usize, 0_usize);
    // Of height 0 there is no set: the first one is that of height 1.
    let next = state::read::validator_set_at(store, tip.next()).or_exit(Exit::Corrupt)?;
    let mut set = Arc::new(next);
    loop {
        let portion = store.votes(from, VOTES_AT_ONCE).or_exit(Exit::Corrupt)?;
        let Some((last, _)) = portion.last() else { break };
        from = last.next();
        for (height, bytes) in &portion {
            let found = state::read::validator_set_at(store, *height).or_exit(Exit::Corrupt)?;
            // Sets seldom change: thousands of heights share one.
            if *set != found {
                set = Arc::new(found);
            }
            match replica.restore_votes(bytes, &set) {
                Ok(known) => votes += known,
                // Others hold what is lost here; a node does not stay down for it.
                Err(problem) => warn!(target: "store", %height, %problem, "votes not restored"),
            }
            heights += 1;
        }
    }
    info!(target: "syndic", heights, votes, "votes of earlier heights restored");
    Ok(())
}

/// Block id and roots of a durable height: the roots stand in the next header, or are the tip's.
fn roots_of(store: &Store, tip: &Tip, height: Height) -> anyhow::Result<Roots> {
    if height == tip.height {
        let Tip { block_id, state_root, receipts_root, .. } = *tip;
        return Ok(Roots { block_id, state_root, receipts_root });
    }
    let next = store
        .header(height.next())?
        .with_context(|| format!("the header of height {} is missing", height.next()))?;
    Ok(Roots {
        block_id: next.parent,
        state_root: next.prev_state_root,
        receipts_root: next.prev_receipts_root,
    })
}

/// The tree, shared with whoever serves proofs.
pub(crate) type SharedTree = Arc<RwLock<Tree>>;
