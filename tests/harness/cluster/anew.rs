//! A chain made anew with the keys of an old one.

use anyhow::Context;
use chainspec::draw::Identity;
use chainspec::{Document, Draft, DraftValidator, draw};
use cli::home::Home;
use cli::keystore::Passphrase;
use crypto::sign::SecretKey;
use std::path::{Path, PathBuf};
use types::Genesis;

/// The chain spec that an operator would draw who kept keys, balances, roles and parameters, and
/// nothing else: what is bound to a chain (salt, proofs, sealed identities) is new.
pub(super) fn draw_again(homes: &[PathBuf], registrar: &Path) -> anyhow::Result<String> {
    let first = homes.first().context("there are validators")?;
    let old = Document::parse(&std::fs::read_to_string(first.join("chain.toml"))?)?;
    let genesis = old.to_genesis();
    let validators = homes.iter().map(|home| draft(&Home::new(home), &genesis));
    let draft = Draft {
        name: genesis.name.clone(),
        salt: [7; 16],
        time_ms: genesis.time_ms,
        params: genesis.params.clone(),
        validators: validators.collect::<anyhow::Result<_>>()?,
        registrars: vec![SecretKey::from_seed(seed_in(registrar)?)],
        threshold: 1,
        balances: genesis.balances.clone(),
        roles: genesis.roles.clone(),
    };
    let mut document = Document::from_genesis(draw(draft)?, &old.address_prefix);
    document.peers.clone_from(&old.peers);
    Ok(chainspec::render(&document))
}

fn draft(home: &Home, genesis: &Genesis) -> anyhow::Result<DraftValidator> {
    let passphrase = Passphrase::from_file(&home.passphrase_file())?;
    let secrets = home.read_validator(&passphrase)?.context("a validator's home")?;
    let (consensus_seed, reveal_seed) = secrets.seeds()?;
    let consensus = SecretKey::from_seed(consensus_seed);
    let key = consensus.public();
    let was = genesis.validators.iter().find(|validator| validator.consensus_key == key);
    let was = was.context("a validator of the old chain")?;
    Ok(DraftValidator {
        moniker: was.member.clone(),
        consensus,
        reveal_seed,
        network_key: was.network_key,
        operator: was.operator,
        power: was.power,
        bond: was.bond,
        identity: Identity { legal_name: format!("{} Ltd", was.member), ..Identity::default() },
        party: SecretKey::from_seed(cli::run::fresh()),
        seal_nonce: [3; 24],
        fresh: cli::run::fresh(),
    })
}

/// The seed in a key file.
pub(crate) fn seed_in(file: &Path) -> anyhow::Result<[u8; 32]> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    types::hash::parse_hex_32(text.trim()).context("a seed in hex")
}
