//! `syndic genesis join`: one party's answer to a draft.

use super::{check_draft, refuse};
use crate::commands::output::Output;
use crate::commands::registration;
use crate::commands::secret::KeystoreArguments;
use crate::commands::tx::read_chain;
use crate::commands::{files, node, render};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::home::Home;
use crate::keystore::Passphrase;
use anyhow::{Context, anyhow};
use chainspec::join::draft_hash;
use chainspec::{Document, Join, JoinSignatures, Terms, render_join};
use clap::Args;
use crypto::sign::SecretKey;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use types::governance::Registration;
use types::{AddressKind, Amount, GenesisValidator, Member, PublicKey, VotingPower};

/// Arguments of `syndic genesis join`.
#[derive(Args, Debug)]
pub(super) struct JoinArguments {
    /// The draft, as all parties have it.
    draft: PathBuf,
    /// The request that `syndic validator prepare` wrote for this draft, attested by registrars.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// The home with the keys of that request; they stay there.
    #[arg(long, env = "SYNDIC_HOME", value_name = "DIR")]
    home: PathBuf,
    /// Key of the member's account; a file, or a name in the keystore.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the others reach this node, such as `/dns4/node.example/tcp/7101`.
    #[arg(long, value_name = "MULTIADDR")]
    peer: String,
    /// The bond. Unit: the chain's smallest; default: the draft's `min_bond`.
    #[arg(long, value_name = "N")]
    bond: Option<u128>,
    /// The validator's weight.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    power: u64,
    /// Account that gets rewards and the bond back; default: the member's.
    #[arg(long, value_name = "ADDRESS")]
    operator: Option<String>,
    /// A further network key of this member, 64 hex digits; repeat for more.
    #[arg(long = "network-key", value_name = "HEX", value_parser = parse_key)]
    network_keys: Vec<PublicKey>,
    /// Where the join goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    keystore: KeystoreArguments,
}

#[derive(Serialize)]
struct Joined {
    member: String,
    validator: String,
    chain_id: String,
    draft: String,
    file: PathBuf,
}

/// The keys that sign a join.
struct Keys {
    consensus: SecretKey,
    network: SecretKey,
    member: SecretKey,
}

fn parse_key(text: &str) -> Result<PublicKey, String> {
    types::hash::parse_hex_32(text).map(PublicKey).ok_or_else(|| "want 64 hex digits".to_owned())
}

pub(super) fn execute(arguments: &JoinArguments, output: Output) -> Outcome {
    let draft = read_chain(&arguments.draft)?;
    check_draft(&draft, &arguments.draft)?;
    let chain_id = crypto::id::chain_id(&draft.genesis.name, &draft.genesis.salt);
    let request = registration::read(&arguments.request).or_exit(Exit::Usage)?;
    if request.chain_id() != chain_id {
        let error = anyhow!(
            "{}: it is for chain {}, the draft's is {chain_id}",
            arguments.request.display(),
            request.chain_id()
        );
        return Err(Failure { exit: Exit::Usage, error });
    }
    let bond = Amount(arguments.bond.unwrap_or(draft.genesis.params.min_bond));
    let registration = request.registration(bond).or_exit(Exit::Usage)?;
    let keys = keys(arguments, &registration)?;
    let join = join(arguments, &draft, registration, &keys)?;
    // Everything that the others will check, now.
    let file = arguments.out.display().to_string();
    let alone = [(file, join)];
    if let Err(problems) = chainspec::assemble(&draft, &alone, Terms::AsJoined) {
        refuse("join", &problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    }
    let [(_, join)] = &alone;
    files::write(&arguments.out, render_join(join).as_bytes())?;
    let joined = Joined {
        member: join.member.id.clone(),
        validator: crypto::id::validator_id(&join.validator.consensus_key).to_string(),
        chain_id: chain_id.to_string(),
        draft: join.draft.to_string(),
        file: arguments.out.clone(),
    };
    output.print(&joined, render::lines)?;
    Ok(())
}

/// The secrets of the home, which must be those that the request was made with.
fn keys(arguments: &JoinArguments, registration: &Registration) -> Outcome<Keys> {
    let home = Home::new(&arguments.home);
    let passphrase = Passphrase::from_file(&home.passphrase_file()).or_exit(Exit::Key)?;
    let secrets = home
        .read_validator(&passphrase)
        .or_exit(Exit::Key)?
        .with_context(|| format!("{}: no validator key", home.validator_key().display()))
        .or_exit(Exit::Key)?;
    let (consensus_seed, _) = secrets.seeds().or_exit(Exit::Key)?;
    let keys = Keys {
        consensus: SecretKey::from_seed(consensus_seed),
        network: SecretKey::from_seed(home.read_network_seed().or_exit(Exit::Key)?),
        member: arguments.keystore.open(&arguments.key)?,
    };
    for (name, found, expected) in [
        ("consensus", keys.consensus.public(), registration.keys.consensus_key),
        ("network", keys.network.public(), registration.network_key),
    ] {
        if found != expected {
            let error = anyhow!(
                "{}: its {name} key is {}, the request's is {}",
                home.root().display(),
                hex::encode(found.0),
                hex::encode(expected.0)
            );
            return Err(Failure { exit: Exit::Key, error });
        }
    }
    Ok(keys)
}

fn join(
    arguments: &JoinArguments,
    draft: &Document,
    of: Registration,
    keys: &Keys,
) -> Outcome<Join> {
    let genesis = &draft.genesis;
    let named = genesis.members.iter().find(|member| member.id == of.member);
    let named = named
        .ok_or_else(|| {
            anyhow!("{}: the draft has no member `{}`", arguments.request.display(), of.member)
        })
        .or_exit(Exit::Usage)?;
    let mut kinds = BTreeMap::new();
    let operator = match &arguments.operator {
        None => named.account,
        Some(text) => {
            let (kind, address) = node::address("--operator", text, &draft.address_prefix)?;
            if kind != AddressKind::Account {
                kinds.insert(address, kind);
            }
            address
        }
    };
    let mut network_keys = vec![of.network_key];
    network_keys.extend(&arguments.network_keys);
    let member = Member { network_keys, ..named.clone() };
    let peer = format!("{}@{}", hex::encode(of.network_key.0), arguments.peer);
    let validator = GenesisValidator {
        consensus_key: of.keys.consensus_key,
        commitment: of.keys.commitment,
        randomness_key: of.keys.randomness_key,
        commitment_proof: of.keys.commitment_proof,
        randomness_proof: of.keys.randomness_proof,
        network_key: of.network_key,
        member: of.member,
        operator,
        power: VotingPower(arguments.power),
        bond: of.bond,
        hidden_information: of.identity.hidden_information,
        attestations: of.identity.attestations,
    };
    let (draft_hash, address_prefix) = (draft_hash(genesis), draft.address_prefix.clone());
    let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
    let hash = Join::signing_hash(&chain_id, &draft_hash, &peer, &member, &validator);
    let signatures = JoinSignatures {
        consensus: keys.consensus.sign(&hash.0),
        network: keys.network.sign(&hash.0),
        member_key: keys.member.public(),
        member: keys.member.sign(&hash.0),
    };
    Ok(Join { address_prefix, draft: draft_hash, peer, member, validator, kinds, signatures })
}
