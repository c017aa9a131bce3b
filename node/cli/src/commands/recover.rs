//! `syndic recover`: continue a chain that lost more than a third of its power for good.
//!
//! `export` writes the state of a stopped node at its last height, whole, and the draft of a new
//! chain whose salt follows from that state's root. New validators join the draft as they join any
//! (`syndic genesis join`, `assemble`); the members sign the genesis that comes of it, and a node
//! starts from it only if file, root, books and signatures hold. The old chain's spec, certificates
//! and evidence files stay what they were: they are about the old chain id.

use super::files;
use super::output::Output;
use super::render;
use super::secret::KeystoreArguments;
use super::tx::read_chain;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::genesis::wall_ms;
use crate::home::Home;
use crate::run::{Chain, begin_with, fresh, open_store};
use anyhow::{Context, anyhow, bail, ensure};
use chainspec::{Document, Origin};
use clap::{Args, Subcommand};
use client::dto::HexBytes;
use client::dto::text::hex32;
use executor::recovery;
use serde::{Deserialize, Serialize};
use state::changes::MAX_CHANGE_SET_BYTES;
use state::{ChangeSet, MapReader, NodeReader, Tree, key::Space, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store::{Options, Store};
use types::{BlockId, Genesis, Hash, Height, PublicKey, Signature, TimestampMs, Version};

/// Memory for the tree's cache while a state is checked. Unit: bytes.
const CACHE_BYTES: usize = 64 << 20;
/// The same for a database that is read once. Unit: MiB.
const CACHE_MIB: u32 = 96;
/// Keys that are read at once.
const KEYS_AT_ONCE: usize = 1_000;
/// Largest signature file. Unit: bytes.
const MAX_SIGNATURE_BYTES: u64 = 4_096;
/// Version of signature files.
const SIGNATURE_VERSION: u32 = 1;

/// Arguments of `syndic recover`.
#[derive(Args, Debug)]
pub(crate) struct RecoverArguments {
    #[command(subcommand)]
    command: RecoverCommand,
}

#[derive(Debug, Subcommand)]
enum RecoverCommand {
    /// Write a stopped node's whole state and the draft of the chain that goes on from it.
    Export(ExportArguments),
    /// Agree to a recovery; the key is that of a member's account.
    Sign(SignArguments),
    /// Check a recovery whole: state, root, books, signatures; print the hash that all compare.
    Check(RecoveryArguments),
    /// Check it, and begin the chain in a home that has no database yet.
    Start(StartArguments),
}

#[derive(Args, Debug)]
struct ExportArguments {
    /// The stopped node's folder.
    #[arg(long, env = "SYNDIC_HOME", value_name = "DIR")]
    home: PathBuf,
    /// The height, which must be the node's last.
    #[arg(long, value_name = "H")]
    height: u64,
    /// Where the state goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where the draft goes.
    #[arg(long, value_name = "FILE")]
    draft: PathBuf,
}

#[derive(Args, Debug)]
struct RecoveryArguments {
    /// The chain spec that was assembled of the draft and the joins.
    spec: PathBuf,
    /// The exported state.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// A member's signature; repeat for more.
    #[arg(long = "signature", value_name = "FILE")]
    signatures: Vec<PathBuf>,
    /// A stopped node of the old chain, whose own last block and root are compared.
    #[arg(long, value_name = "DIR")]
    old_home: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct SignArguments {
    /// The chain spec that was assembled of the draft and the joins.
    spec: PathBuf,
    /// The exported state.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Key of the member's account; a file, or a name in the keystore.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the signature goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    keystore: KeystoreArguments,
}

#[derive(Args, Debug)]
struct StartArguments {
    #[command(flatten)]
    recovery: RecoveryArguments,
    /// The new node's folder, with keys of the new chain if it is a validator.
    #[arg(long, env = "SYNDIC_HOME", value_name = "DIR")]
    home: PathBuf,
}

/// A member's word.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    version: u32,
    #[serde(with = "hex32")]
    genesis_hash: BlockId,
    #[serde(with = "hex32")]
    key: PublicKey,
    signature: HexBytes,
}

/// What was exported.
#[derive(Serialize)]
struct Exported {
    old_chain: String,
    height: String,
    block_id: String,
    state_root: String,
    entries: usize,
    bytes: usize,
    chain_id: String,
    draft: PathBuf,
}

/// A recovery, as all must see it.
#[derive(Serialize)]
struct Seen {
    genesis_hash: String,
    chain_id: String,
    old_chain: String,
    height: String,
    state_root: String,
    supply: String,
    accounts: usize,
    validators: usize,
    signed_by: Vec<String>,
    needed: usize,
}

/// A recovery whose state, root and books hold.
struct Recovery {
    chain: Chain,
    origin: Origin,
    old: MapReader,
    changes: ChangeSet,
}

pub(crate) fn execute(arguments: &RecoverArguments, output: Output) -> Outcome {
    match &arguments.command {
        RecoverCommand::Export(arguments) => export(arguments, output),
        RecoverCommand::Sign(arguments) => sign(arguments, output),
        RecoverCommand::Check(arguments) => {
            let (recovery, signed_by) = check(arguments)?;
            output.print(&recovery.seen(signed_by).or_exit(Exit::Corrupt)?, render::lines)?;
            Ok(())
        }
        RecoverCommand::Start(arguments) => start(arguments, output),
    }
}

fn export(arguments: &ExportArguments, output: Output) -> Outcome {
    let home = Home::new(&arguments.home);
    let chain = Chain::read(&home)?;
    let (store, _) = open_store(&home, &chain, CACHE_MIB)?;
    let tip = store.tip().or_exit(Exit::Corrupt)?;
    if tip.height != Height(arguments.height) {
        let error = anyhow!(
            "--height is {}, the last height here is {}: a node keeps the state of its last only",
            arguments.height,
            tip.height
        );
        return Err(Failure { exit: Exit::Usage, error });
    }
    let state = whole_state(&store).or_exit(Exit::Corrupt)?;
    let (entries, bytes) = (state.len(), state.encode());
    // What is written is what the chain agreed on, or nothing is.
    let (old, root) = rooted(&state).or_exit(Exit::Corrupt)?;
    if root != tip.state_root {
        let error = anyhow!("the state here has root {root}, the tip's is {}", tip.state_root);
        return Err(Failure { exit: Exit::Corrupt, error });
    }
    let origin = Origin {
        chain_id: chain.chain_id,
        height: tip.height,
        block_id: tip.block_id,
        state_root: tip.state_root,
        fresh: fresh(),
    };
    let genesis = draft(&chain.genesis, &old, &origin, tip.time_ms).or_exit(Exit::Corrupt)?;
    let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
    let document = Document {
        address_prefix: chain.document.address_prefix.clone(),
        peers: Vec::new(),
        genesis,
        kinds: chain.document.kinds.clone(),
        recovery: Some(origin),
    };
    files::write(&arguments.out, &bytes)?;
    files::write(&arguments.draft, chainspec::render(&document).as_bytes())?;
    let exported = Exported {
        old_chain: chain.chain_id.to_string(),
        height: tip.height.to_string(),
        block_id: tip.block_id.to_string(),
        state_root: root.to_string(),
        entries,
        bytes: bytes.len(),
        chain_id: chain_id.to_string(),
        draft: arguments.draft.clone(),
    };
    output.print(&exported, render::lines)?;
    Ok(())
}

/// Every entry of a state, at most as many bytes as a change set may have.
fn whole_state(store: &Store) -> anyhow::Result<ChangeSet> {
    let (mut entries, mut bytes) = (Vec::new(), 0_usize);
    for space in Space::ALL {
        let prefix = [space.byte()];
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = store.scan(&prefix, after.as_deref(), KEYS_AT_ONCE)?;
            let is_last = page.len() < KEYS_AT_ONCE;
            after = page.last().map(|(raw, _)| raw.clone());
            for (raw, value) in page {
                bytes += raw.len() + value.len();
                ensure!(
                    bytes <= MAX_CHANGE_SET_BYTES,
                    "the state has more than {MAX_CHANGE_SET_BYTES} bytes, which is the limit"
                );
                entries.push((raw, Some(value)));
            }
            if is_last {
                break;
            }
        }
    }
    Ok(ChangeSet::from_sorted(entries)?)
}

/// A state to read from, and its root.
fn rooted(state: &ChangeSet) -> anyhow::Result<(MapReader, Hash)> {
    let mut reader = MapReader::new();
    let root = Tree::new(CACHE_BYTES).apply(&reader, Height::ZERO, state)?;
    reader.apply(state);
    Ok((reader, root))
}

/// What goes on as it was, without validators.
fn draft(
    was: &Genesis,
    old: &MapReader,
    origin: &Origin,
    time_ms: TimestampMs,
) -> anyhow::Result<Genesis> {
    let chain = read::chain(old)?;
    let mut members: Vec<_> = read::members(old)?.into_iter().map(|held| held.member).collect();
    // Whoever joins brings its keys; those of lost nodes permit nothing any more.
    members.iter_mut().for_each(|member| member.network_keys.clear());
    Ok(Genesis {
        version: Version,
        name: was.name.clone(),
        salt: origin.salt(),
        // Contracts never see time go back.
        time_ms: TimestampMs(wall_ms().max(time_ms.0.saturating_add(1))),
        protocol: chain.protocol,
        params: read::params(old)?,
        members,
        registrars: chain.registrars,
        validators: Vec::new(),
        balances: Vec::new(),
        roles: Vec::new(),
    })
}

impl Recovery {
    /// Read spec and state, and check everything that needs no signature.
    fn read(spec: &Path, state: &Path) -> Outcome<Self> {
        let document = read_chain(spec)?;
        let origin = document
            .recovery
            .clone()
            .ok_or_else(|| {
                anyhow!("{}: no [recovery], this chain goes on from none", spec.display())
            })
            .or_exit(Exit::Config)?;
        let text = chainspec::render(&document);
        let chain = Chain::parse(&text, spec).or_exit(Exit::Config)?;
        let bytes = files::read(state, MAX_CHANGE_SET_BYTES as u64).or_exit(Exit::Config)?;
        let (old, changes) = Self::states(&bytes, &origin, &chain.genesis)
            .with_context(|| format!("state {}", state.display()))
            .or_exit(Exit::Config)?;
        Ok(Self { chain, origin, old, changes })
    }

    /// The old state, once its root is the one of the spec, and the new one.
    fn states(
        bytes: &[u8],
        origin: &Origin,
        genesis: &Genesis,
    ) -> anyhow::Result<(MapReader, ChangeSet)> {
        let old = ChangeSet::decode(bytes)?;
        let (reader, root) = rooted(&old)?;
        if root != origin.state_root {
            bail!("its root is {root}, the spec says {}", origin.state_root);
        }
        let changes = recovery::changes(genesis, &old)?;
        Ok((reader, changes))
    }

    /// What a member signs: the off-chain message `recover` of the module `genesis`.
    fn signing_hash(&self) -> Hash {
        let module = crypto::id::module_address("genesis");
        let (chain_id, body) = (&self.chain.chain_id, self.chain.genesis_hash.0);
        crypto::id::message_hash(chain_id, &module, "recover", &body, TimestampMs(u64::MAX))
    }

    /// The member of the old chain with this key.
    fn member(&self, key: &PublicKey) -> anyhow::Result<String> {
        let account = crypto::id::account_address(key);
        let members = read::members(&self.old)?;
        let found = members.into_iter().find(|held| held.member.account == account);
        let found = found.with_context(|| format!("{} is no member's key", hex::encode(key.0)))?;
        Ok(found.member.id)
    }

    /// Whose word a signature file is.
    fn signed_by(&self, path: &Path) -> anyhow::Result<String> {
        let file: SignatureFile = serde_json::from_slice(&files::read(path, MAX_SIGNATURE_BYTES)?)?;
        let (found, expected) = (file.genesis_hash, self.chain.genesis_hash);
        ensure!(file.version == SIGNATURE_VERSION, "version is {}", file.version);
        ensure!(found == expected, "genesis_hash is {found}, the spec's is {expected}");
        let bytes = file.signature.0.as_slice().try_into();
        let signature = Signature(bytes.map_err(|_| anyhow!("signature is not 64 bytes"))?);
        let valid = crypto::sign::verify(&file.key, &self.signing_hash().0, &signature);
        ensure!(valid, "signature does not verify");
        self.member(&file.key)
    }

    /// Check that a stopped node of the old chain ended where this goes on.
    fn compare(&self, home: &Path) -> Outcome {
        let home = Home::new(home);
        let old = Chain::read(&home)?;
        let (store, _) = open_store(&home, &old, CACHE_MIB)?;
        let tip = store.tip().or_exit(Exit::Corrupt)?;
        let Origin { chain_id, height, block_id, state_root, .. } = &self.origin;
        let here = (old.chain_id, tip.height, tip.block_id, tip.state_root);
        if here == (*chain_id, *height, *block_id, *state_root) {
            return Ok(());
        }
        let error = anyhow!(
            "{}: this node ended on chain {} at height {} with block {} and root {}; the recovery \
             goes on from chain {chain_id}, height {height}, block {block_id}, root {state_root}",
            home.root().display(),
            here.0,
            here.1,
            here.2,
            here.3
        );
        Err(Failure { exit: Exit::Rejected, error })
    }

    fn seen(&self, signed_by: BTreeSet<String>) -> anyhow::Result<Seen> {
        let mut reader = MapReader::new();
        reader.apply(&self.changes);
        let accounts = reader.scan(&[Space::Account.byte()], None, usize::MAX)?.len();
        Ok(Seen {
            genesis_hash: self.chain.genesis_hash.to_string(),
            chain_id: self.chain.chain_id.to_string(),
            old_chain: self.origin.chain_id.to_string(),
            height: self.origin.height.to_string(),
            state_root: self.origin.state_root.to_string(),
            supply: read::chain(&reader)?.supply.to_string(),
            accounts,
            validators: self.chain.genesis.validators.len(),
            signed_by: signed_by.into_iter().collect(),
            needed: recovery::needed(read::members(&self.old)?.len()),
        })
    }
}

/// A recovery, and who agreed to it.
fn check(arguments: &RecoveryArguments) -> Outcome<(Recovery, BTreeSet<String>)> {
    let recovery = Recovery::read(&arguments.spec, &arguments.state)?;
    if let Some(home) = &arguments.old_home {
        recovery.compare(home)?;
    }
    let mut signed_by = BTreeSet::new();
    for path in &arguments.signatures {
        let member = recovery
            .signed_by(path)
            .with_context(|| format!("signature {}", path.display()))
            .or_exit(Exit::Rejected)?;
        signed_by.insert(member);
    }
    Ok((recovery, signed_by))
}

fn sign(arguments: &SignArguments, output: Output) -> Outcome {
    let recovery = Recovery::read(&arguments.spec, &arguments.state)?;
    let key = arguments.keystore.open(&arguments.key)?;
    let member = recovery.member(&key.public()).or_exit(Exit::Key)?;
    let file = SignatureFile {
        version: SIGNATURE_VERSION,
        genesis_hash: recovery.chain.genesis_hash,
        key: key.public(),
        signature: HexBytes(key.sign(&recovery.signing_hash().0).0.to_vec()),
    };
    files::write(&arguments.out, &serde_json::to_vec_pretty(&file)?)?;
    let seen = recovery.seen(BTreeSet::from([member])).or_exit(Exit::Corrupt)?;
    output.print(&seen, render::lines)?;
    Ok(())
}

fn start(arguments: &StartArguments, output: Output) -> Outcome {
    let (recovery, signed_by) = check(&arguments.recovery)?;
    let seen = recovery.seen(signed_by).or_exit(Exit::Corrupt)?;
    if seen.signed_by.len() < seen.needed {
        let (count, needed) = (seen.signed_by.len(), seen.needed);
        let error = anyhow!("{count} members signed, {needed} are needed");
        return Err(Failure { exit: Exit::Rejected, error });
    }
    let home = Home::new(&arguments.home);
    if home.data().exists() {
        let error =
            anyhow!("{} exists: a recovery begins in a home of its own", home.data().display());
        return Err(Failure { exit: Exit::Config, error });
    }
    let Chain { chain_id, genesis_hash, .. } = recovery.chain;
    std::fs::create_dir_all(home.root())?;
    let options: Options = Options::new(chain_id, genesis_hash);
    let store = Store::open(&home.data(), &options).or_exit(Exit::Config)?;
    begin_with(&store, CACHE_BYTES, &recovery.chain, &recovery.changes).or_exit(Exit::Corrupt)?;
    let text = chainspec::render(&recovery.chain.document);
    files::write(&home.chain(), text.as_bytes())?;
    output.print(&seen, render::lines)?;
    Ok(())
}
