//! Make a chain: draw every key, seal and attest the identities, write a home for each validator.

use crate::config::Config;
use crate::home::{Home, ValidatorSecrets, write_secret};
use crate::keystore::{Cost, Passphrase};
use crate::run::{GuardFile, fresh, machine_id};
use anyhow::Context;
use chainspec::document::DEFAULT_PREFIX;
use chainspec::draw::Identity;
use chainspec::{Document, Draft, DraftValidator, Preset, draw, render};
use consensus::safety::{self, Guard};
use crypto::sign::SecretKey;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use types::{Address, Amount, ChainId, Role, TimestampMs, ValidatorId, VotingPower};

/// Bond of each validator of a chain made here.
const BOND: u128 = 1_000_000;
/// First balance of each validator's operator.
const OPERATOR_BALANCE: u128 = 1_000_000;

/// A chain to be made.
pub(crate) struct Plan {
    /// CAIP-2 name.
    pub(crate) name: String,
    /// First parameters.
    pub(crate) preset: Preset,
    /// The validators' nodes.
    pub(crate) nodes: Vec<PlannedNode>,
    /// Funded accounts, whose keys are drawn too.
    pub(crate) accounts: Vec<PlannedAccount>,
    /// Where their keys go.
    pub(crate) accounts_dir: PathBuf,
    /// What opening a validator's secrets costs.
    pub(crate) cost: Cost,
}

/// A validator's node to be made.
pub(crate) struct PlannedNode {
    pub(crate) home: Home,
    pub(crate) moniker: String,
    pub(crate) rpc: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// libp2p address to listen on and to be reached at.
    pub(crate) p2p: String,
}

/// An account to be funded.
pub(crate) struct PlannedAccount {
    pub(crate) name: String,
    pub(crate) balance: u128,
}

struct Drawn {
    secrets: ValidatorSecrets,
    network_seed: [u8; 32],
    peer: String,
    id: ValidatorId,
}

/// Make everything that a plan says: keys, homes, the chain spec, funded accounts.
///
/// # Errors
/// If a file exists already or cannot be written, or the plan makes no valid genesis.
pub(crate) fn make(plan: &Plan) -> anyhow::Result<Document> {
    let salt = salt();
    let chain_id = crypto::id::chain_id(&plan.name, &salt);
    let mut drawn = Vec::new();
    let mut validators = Vec::new();
    let mut balances = Vec::new();
    let mut roles = Vec::new();
    for node in &plan.nodes {
        let operator = draw_account(&plan.accounts_dir, &node.moniker)?;
        let (validator, secrets) = draw_validator(node, operator);
        let id = crypto::id::validator_id(&validator.consensus.public());
        drawn.push(Drawn {
            peer: format!("{}@{}", hex::encode(validator.network_key.0), node.p2p),
            secrets: secrets.0,
            network_seed: secrets.1,
            id,
        });
        balances.push((operator, Amount(OPERATOR_BALANCE)));
        roles.push((operator, Role::Validator));
        validators.push(validator);
    }
    for account in &plan.accounts {
        let address = draw_account(&plan.accounts_dir, &account.name)?;
        balances.push((address, Amount(account.balance)));
        if roles.iter().all(|(_, role)| *role != Role::Operator) {
            roles.push((address, Role::Operator));
        }
        roles.push((address, Role::User));
    }
    let registrar_seed = fresh();
    write_secret(
        &plan.accounts_dir.join("registrar.key"),
        format!("{}\n", hex::encode(registrar_seed)).as_bytes(),
    )?;
    let genesis = draw(Draft {
        name: plan.name.clone(),
        salt,
        time_ms: TimestampMs(wall_ms()),
        params: plan.preset.params(),
        validators,
        registrars: vec![SecretKey::from_seed(registrar_seed)],
        threshold: 1,
        balances,
        roles,
    })?;
    let mut document = Document::from_genesis(genesis, DEFAULT_PREFIX);
    document.peers = drawn.iter().map(|one| one.peer.clone()).collect();
    let text = render(&document);
    for (node, one) in plan.nodes.iter().zip(&drawn) {
        write_home(plan, node, one, &text, chain_id)?;
    }
    Ok(document)
}

fn draw_validator(
    node: &PlannedNode,
    operator: Address,
) -> (DraftValidator, (ValidatorSecrets, [u8; 32])) {
    let (consensus_seed, reveal_seed, network_seed) = (fresh(), fresh(), fresh());
    let mut seal_nonce = [0; 24];
    seal_nonce.copy_from_slice(&fresh()[..24]);
    let validator = DraftValidator {
        moniker: node.moniker.clone(),
        consensus: SecretKey::from_seed(consensus_seed),
        reveal_seed,
        network_key: SecretKey::from_seed(network_seed).public(),
        operator,
        power: VotingPower(1),
        bond: Amount(BOND),
        identity: Identity {
            legal_name: format!("{} Ltd", node.moniker),
            registry_number: "to be filled in".to_owned(),
            jurisdiction: "to be filled in".to_owned(),
            contact: format!("operator@{}.example", node.moniker),
            beneficial_owner: "to be filled in".to_owned(),
            bond_terms: format!("{BOND} units, forfeited in part on a double sign"),
        },
        party: SecretKey::from_seed(fresh()),
        seal_nonce,
        fresh: fresh(),
    };
    let secrets = ValidatorSecrets {
        consensus_seed: hex::encode(consensus_seed),
        reveal_seed: hex::encode(reveal_seed),
        validator: None,
    };
    (validator, (secrets, network_seed))
}

/// Draw an account's key, write it to `<dir>/<name>.key`, and say its address.
fn draw_account(dir: &Path, name: &str) -> anyhow::Result<Address> {
    let seed = fresh();
    write_secret(&dir.join(format!("{name}.key")), format!("{}\n", hex::encode(seed)).as_bytes())?;
    Ok(crypto::id::account_address(&SecretKey::from_seed(seed).public()))
}

fn write_home(
    plan: &Plan,
    node: &PlannedNode,
    drawn: &Drawn,
    spec: &str,
    chain_id: ChainId,
) -> anyhow::Result<()> {
    let home = &node.home;
    let mut config = Config::default();
    config.rpc.listen = node.rpc;
    config.admin.listen = node.admin;
    config.network.listen = vec![listening(&node.p2p)];
    fs::create_dir_all(home.root()).with_context(|| format!("{}", home.root().display()))?;
    fs::write(home.config(), toml::to_string_pretty(&config)?)?;
    fs::write(home.chain(), spec)?;
    let network = format!("{}\n", hex::encode(drawn.network_seed));
    write_secret(&home.network_key(), network.as_bytes())?;
    let passphrase = hex::encode(fresh());
    write_secret(&home.passphrase_file(), format!("{passphrase}\n").as_bytes())?;
    home.write_validator(&drawn.secrets, &Passphrase::new(passphrase), plan.cost)?;
    // Made together with its keys, on this machine: the first start arms it.
    let mut guard = Guard::made(chain_id, drawn.id, safety::machine_of(&machine_id()));
    let (file, _) = GuardFile::open(&home.guard())?;
    file.write(&guard.next_slot())?;
    Ok(())
}

/// Where a node listens that peers know by a name: a name cannot be bound.
fn listening(p2p: &str) -> String {
    let rest = p2p.strip_prefix("/dns4/").and_then(|name| name.split_once('/'));
    rest.map_or_else(|| p2p.to_owned(), |(_, rest)| format!("/ip4/0.0.0.0/{rest}"))
}

/// A chain's 16 random bytes.
pub(crate) fn salt() -> [u8; 16] {
    let mut salt = [0; 16];
    salt.copy_from_slice(&fresh()[..16]);
    salt
}

/// Time now, in milliseconds since 1970.
pub(crate) fn wall_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
