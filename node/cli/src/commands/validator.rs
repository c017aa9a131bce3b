//! `syndic validator`: what the guard holds, and arming it on the operator's word.

use super::node::{ClientMeaning, NodeArguments};
use super::output::Output;
use super::registration;
use super::render;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::home::Home;
use crate::keystore::Passphrase;
use crate::run::{Chain, GuardFile, fresh, machine_id};
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use client::client::Client;
use consensus::safety::{self, Arming, Guard, SLOT_BYTES, Standing};
use serde::Serialize;
use std::path::{Path, PathBuf};
use store::{Options, Store};
use types::{Height, SignedAddress, ValidatorId};

/// Arguments of `syndic validator`.
#[derive(Args, Debug)]
pub(crate) struct ValidatorArguments {
    #[command(subcommand)]
    command: ValidatorCommand,
}

#[derive(Debug, Subcommand)]
enum ValidatorCommand {
    /// Let this home's key sign, on your word that it runs nowhere else.
    Arm(ArmArguments),
    /// Draw a new validator's keys into a home, seal its identity, and write the request that its
    /// registrars look at.
    Prepare(Box<super::registration::PrepareArguments>),
    /// The registrar's side: open a request, check its proofs, show the identity, and sign.
    Attest(super::registration::AttestArguments),
    /// Register an attested validator with its bond; the sender is its operator.
    Register(Box<super::registration::RegisterArguments>),
    /// Give a validator the keys that `prepare --rotate` drew; the sender is its operator. They
    /// sign two heights later, without a restart if the node was started with them.
    Rotate(Box<super::registration::RotateArguments>),
    /// Show the chain that an admitted validator has caught up: it signs two heights later.
    Ready(Box<super::registration::ReadyArguments>),
    /// Every validator that was ever registered, and where it is.
    List {
        #[command(flatten)]
        node: NodeArguments,
    },
    /// What the guard of a home holds; works while the node runs.
    Status {
        /// The node's folder.
        #[arg(long, env = "SYNDIC_HOME", value_name = "DIR")]
        home: PathBuf,
    },
}

#[derive(Args, Debug)]
struct ArmArguments {
    /// The node's folder; the node must be stopped.
    #[arg(long, env = "SYNDIC_HOME", value_name = "DIR")]
    home: PathBuf,
    /// The folder of `syndic signer run`, if keys and guard are there; the signer must be stopped.
    #[arg(long, value_name = "DIR")]
    signer_home: Option<PathBuf>,
    /// Your word that no other machine signs with this key. If one does, its owner is punished.
    #[arg(long, required = true)]
    i_run_this_key_nowhere_else: bool,
    /// First height to vote and seal at; default: above the highest tip of the nodes asked. A vote
    /// or seal given at or above it before, with another value, opens the sealed identity.
    #[arg(long, value_name = "H", value_parser = clap::value_parser!(u64).range(1..))]
    height: Option<u64>,
    /// File with the passphrase of the validator's secrets; default: keys/passphrase in the home.
    #[arg(long, env = "SYNDIC_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    node: NodeArguments,
}

pub(crate) fn execute(arguments: &ValidatorArguments, output: Output) -> Outcome {
    match &arguments.command {
        ValidatorCommand::Arm(arguments) => arm(arguments, output),
        ValidatorCommand::Prepare(arguments) => registration::prepare(arguments, output),
        ValidatorCommand::Attest(arguments) => registration::attest(arguments, output),
        ValidatorCommand::Register(arguments) => registration::register(arguments, output),
        ValidatorCommand::Rotate(arguments) => registration::rotate(arguments, output),
        ValidatorCommand::Ready(arguments) => registration::ready(arguments, output),
        ValidatorCommand::List { node } => {
            output.print(&node.client()?.registered().or_class()?, render::lines)?;
            Ok(())
        }
        ValidatorCommand::Status { home } => status(&Home::new(home), output),
    }
}

#[derive(Serialize)]
struct Armed {
    validator: String,
    chain_id: String,
    /// The tip that the lanes stand above; none if the operator named a height.
    tip: Option<String>,
    seals_from: String,
    votes_from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    put_aside: Option<PathBuf>,
}

fn arm(arguments: &ArmArguments, output: Output) -> Outcome {
    let home = Home::new(&arguments.home);
    let chain = Chain::read(&home)?;
    let keys = arguments.signer_home.as_deref().map_or_else(|| home.clone(), Home::new);
    let validator = own_validator(&keys, arguments.passphrase_file.as_deref())?;
    // The lock comes first: a running node or signer holds it.
    let (file, old) = GuardFile::open(&keys.guard()).or_exit(Exit::Guard)?;
    let store = open_store(&home, &chain)?;
    let own_tip = store.tip().or_exit(Exit::Corrupt)?.height;
    let height = arguments.height.map(Height);
    let tip = match height {
        Some(_) => own_tip,
        None => highest_tip(&arguments.node, &chain)?.max(own_tip),
    };
    let strange =
        |guard: &Guard| guard.chain_id() != chain.chain_id || guard.validator() != validator;
    let (file, old, put_aside) = match old {
        Some(guard) if strange(&guard) => {
            let aside = put_aside(&file, &guard)?;
            let (file, old) = GuardFile::open(&keys.guard()).or_exit(Exit::Guard)?;
            (file, old, Some(aside))
        }
        old => (file, old, None),
    };
    let data_path = home.data().canonicalize().or_exit(Exit::Config)?;
    let machine = machine_id();
    let arming = Arming {
        chain_id: chain.chain_id,
        genesis_hash: chain.genesis_hash,
        validator,
        machine: &machine,
        data_path: &data_path.to_string_lossy(),
        fresh: fresh(),
        tip,
        height,
    };
    let mut guard = safety::arm(old, &arming);
    // First the database names the instance, then the guard is on disk: a crash between the two
    // leaves a guard that does not sign.
    if let Standing::Armed { instance, .. } = guard.standing() {
        store.set_instance(instance.0).or_exit(Exit::Corrupt)?;
    }
    file.write(&guard.next_slot()).or_exit(Exit::Guard)?;
    let armed = Armed {
        validator: validator.to_string(),
        chain_id: chain.chain_id.to_string(),
        tip: height.is_none().then(|| tip.to_string()),
        seals_from: guard.seals().height().next().to_string(),
        votes_from: guard.votes().height().next().to_string(),
        put_aside,
    };
    output.print(&armed, |armed| {
        let warning = match height {
            Some(height) => format!(
                "A vote or seal that this key gave at height {height} or above before, with another \
                 value, opens its sealed identity.\n"
            ),
            None => String::new(),
        };
        format!("{}{warning}Armed: start the node with syndic run", render::lines(armed))
    })?;
    Ok(())
}

/// The validator whose key this home holds.
fn own_validator(home: &Home, passphrase_file: Option<&Path>) -> Outcome<ValidatorId> {
    let file = passphrase_file.map_or_else(|| home.passphrase_file(), Path::to_owned);
    let passphrase = Passphrase::from_file(&file).or_exit(Exit::Key)?;
    let secrets = home
        .read_validator(&passphrase)
        .or_exit(Exit::Key)?
        .ok_or_else(|| {
            anyhow!("{}: this home has no validator key", home.validator_key().display())
        })
        .or_exit(Exit::Key)?;
    secrets.validator_id().or_exit(Exit::Key)
}

/// The home's database, which a first start of the node has made.
fn open_store(home: &Home, chain: &Chain) -> Outcome<Store> {
    let unmade = || {
        anyhow!(
            "{}: no database yet; start the node once, it observes, then stop it and arm it",
            home.data().display()
        )
    };
    if !home.data().exists() {
        return Err(unmade()).or_exit(Exit::Config);
    }
    let store = Store::open(&home.data(), &Options::new(chain.chain_id, chain.genesis_hash))
        .or_exit(Exit::Config)?;
    if store.is_initialised() { Ok(store) } else { Err(unmade()).or_exit(Exit::Config) }
}

/// The highest tip of all nodes that the user names; all of them are asked.
fn highest_tip(node: &NodeArguments, chain: &Chain) -> Outcome<Height> {
    let mut highest = None;
    let mut failures = Vec::new();
    for url in node.node.split(',').map(str::trim).filter(|url| !url.is_empty()) {
        let client = Client::new(node.config_of(url)?).or_class()?;
        match client.status() {
            Ok(status) if status.chain.chain_id == chain.chain_id => {
                highest = highest.max(Some(status.tip.height));
            }
            Ok(status) => failures.push(format!("{url} is on chain {}", status.chain.chain_id)),
            Err(error) => failures.push(error.to_string()),
        }
    }
    highest.ok_or_else(|| Failure {
        exit: Exit::Unreachable,
        error: anyhow!(
            "no node of this chain tells its tip ({}); name others by --node, or give --height",
            failures.join("; ")
        ),
    })
}

/// Put the guard of another chain or validator aside; it is never overwritten.
fn put_aside(file: &GuardFile, guard: &Guard) -> Outcome<PathBuf> {
    let id: String = guard.chain_id().to_string().chars().take(16).collect();
    let aside = file.path().with_file_name(format!("guard.{id}.aside"));
    if aside.exists() {
        let error = anyhow!("{} exists already: move it away first", aside.display());
        return Err(Failure { exit: Exit::Guard, error });
    }
    std::fs::rename(file.path(), &aside)
        .with_context(|| format!("{}", aside.display()))
        .or_exit(Exit::Guard)?;
    Ok(aside)
}

/// What a guard holds.
#[derive(Debug, Serialize)]
pub(crate) struct GuardView {
    pub(crate) chain_id: String,
    pub(crate) genesis_hash: Option<String>,
    pub(crate) validator: String,
    /// `made`, `armed` or `imported`.
    pub(crate) standing: &'static str,
    pub(crate) votes: LaneView,
    pub(crate) seals: LaneView,
    pub(crate) settled: Option<String>,
    /// Whether a process holds the guard now.
    pub(crate) in_use: bool,
}

/// One lane: nothing at or below its top is signed any more.
#[derive(Debug, Serialize)]
pub(crate) struct LaneView {
    pub(crate) height: u64,
    top: Option<String>,
    /// Whether the top was signed, not only given up.
    signed: bool,
}

/// Read the guard of a home without taking its lock; `None` if there is none.
pub(crate) fn read_guard(home: &Home) -> anyhow::Result<Option<GuardView>> {
    let path = home.guard().join("guard");
    if !path.exists() {
        return Ok(None);
    }
    let Some(guard) = read_guard_file(&path)? else { return Ok(None) };
    let in_use = std::fs::File::open(&path)?.try_lock_shared().is_err();
    Ok(Some(GuardView { in_use, ..GuardView::of(&guard) }))
}

/// The guard in a guard's file; `None` if none was written yet.
pub(super) fn read_guard_file(path: &Path) -> anyhow::Result<Option<Guard>> {
    let bytes = super::files::read(path, 2 * SLOT_BYTES as u64)?;
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    Guard::decode(&bytes).map(Some).with_context(|| format!("guard {}", path.display()))
}

impl GuardView {
    /// What a guard holds that no process uses.
    pub(super) fn of(guard: &Guard) -> Self {
        let lane = |lane: &safety::Lane| LaneView {
            height: lane.height().0,
            top: lane.top().map(place),
            signed: lane.signed().is_some(),
        };
        Self {
            chain_id: guard.chain_id().to_string(),
            genesis_hash: guard.genesis_hash().map(|hash| hash.to_string()),
            validator: guard.validator().to_string(),
            standing: match guard.standing() {
                Standing::Made { .. } => "made",
                Standing::Armed { .. } => "armed",
                Standing::Imported { .. } => "imported",
            },
            votes: lane(guard.votes()),
            seals: lane(guard.seals()),
            settled: guard.settled().map(place),
            in_use: false,
        }
    }
}

pub(super) fn place(address: &SignedAddress) -> String {
    format!("height {} round {} {:?}", address.height, address.round, address.step)
}

fn status(home: &Home, output: Output) -> Outcome {
    let guard = read_guard(home)
        .or_exit(Exit::Guard)?
        .ok_or_else(|| anyhow!("{}: no guard here", home.guard().display()))
        .or_exit(Exit::Config)?;
    output.print(&guard, render::lines)?;
    Ok(())
}
