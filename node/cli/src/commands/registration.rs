//! `syndic validator prepare`, `attest`, `register`, `rotate` and `ready`: a validator's way in,
//! and to other keys.
//!
//! The request that goes to the registrars holds the identity in plain text and the point that
//! opens its seal: it is for their eyes alone. What goes on chain is the sealed record.

use super::files;
use super::node::{ClientMeaning, NodeArguments};
use super::output::Output;
use super::render;
use super::secret::KeystoreArguments;
use super::tx::{SendArguments, read_chain, send_calls};
use crate::exit::{Exit, Meaning, Outcome};
use crate::home::{Home, ValidatorSecrets, write_secret};
use crate::keystore::{Cost, Passphrase};
use crate::run::{GuardFile, fresh, machine_id};
use anyhow::{Context, anyhow, bail};
use chainspec::draw::Identity;
use clap::Args;
use client::client::Client;
use client::dto::text::{decimal, hex32};
use client::dto::{Base64, Hex, HexBytes};
use consensus::safety::{self, Guard};
use crypto::attest::{Statement, attestation_hash};
use crypto::ballot::ConsensusSecret;
use crypto::hidden::{self, HiddenInformation, RecordOf};
use crypto::sign::SecretKey;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use types::genesis::{Attestation, Registrars};
use types::governance::{
    KeySet, MembershipCall, Readiness, Registration, Rotation, SealedIdentity,
};
use types::{Amount, Call, ChainId, Height, PublicKey, RevealPoint, ValidatorId, Version};

/// Version of request files.
const REQUEST_VERSION: u32 = 1;

/// Arguments of `syndic validator prepare`.
#[derive(Args, Debug)]
pub(crate) struct PrepareArguments {
    /// The node's folder, which gets the validator's keys and its guard.
    #[arg(long, env = "SYNDIC_HOME", value_name = "DIR")]
    home: PathBuf,
    /// Chain spec of the chain to join.
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// Draw other keys for the validator of this home, instead of those of a new one: they wait in
    /// keys/validator.next.age.
    #[arg(long)]
    rotate: bool,
    /// Member that the validator belongs to.
    #[arg(long, required_unless_present = "rotate", default_value = "")]
    member: String,
    /// Name of the legal person that runs it, as registered.
    #[arg(long)]
    legal_name: String,
    /// Number in that register.
    #[arg(long, default_value = "")]
    registry_number: String,
    /// The register's country or region.
    #[arg(long, default_value = "")]
    jurisdiction: String,
    /// Where to write to.
    #[arg(long, default_value = "")]
    contact: String,
    /// Who owns it in the end.
    #[arg(long, default_value = "")]
    beneficial_owner: String,
    /// What the bond is for.
    #[arg(long, default_value = "")]
    bond_terms: String,
    /// Key of the named party, which agrees to be named; a file, or a name in the keystore.
    #[arg(long, value_name = "FILE")]
    party_key: PathBuf,
    /// Where the request goes: for the registrars' eyes alone.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    keystore: KeystoreArguments,
}

/// Arguments of `syndic validator attest`.
#[derive(Args, Debug)]
pub(crate) struct AttestArguments {
    /// The request.
    request: PathBuf,
    /// The registrar's key; a file, or a name in the keystore.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Last height at which the record may be registered; 0 for a genesis.
    #[arg(long, value_name = "H")]
    expiry: u64,
    /// Draft of a chain that has not begun: no node is asked then.
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
    /// Your word that you checked who this is: without it the identity is shown, and nothing
    /// signed.
    #[arg(long)]
    i_checked_this_identity: bool,
    /// Where the request goes with your attestation; default: its own place.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    keystore: KeystoreArguments,
    #[command(flatten)]
    node: NodeArguments,
}

/// Arguments of `syndic validator register`.
#[derive(Args, Debug)]
pub(crate) struct RegisterArguments {
    /// The request, attested by enough registrars.
    request: PathBuf,
    /// The bond, which the sender pays. Unit: the chain's smallest.
    #[arg(long, value_name = "N")]
    bond: u128,
    #[command(flatten)]
    send: SendArguments,
}

/// Arguments of `syndic validator rotate`.
#[derive(Args, Debug)]
pub(crate) struct RotateArguments {
    /// The request, attested by enough registrars.
    request: PathBuf,
    #[command(flatten)]
    send: SendArguments,
}

/// Arguments of `syndic validator ready`.
#[derive(Args, Debug)]
pub(crate) struct ReadyArguments {
    /// The node's folder, with the validator's keys.
    #[arg(long, env = "SYNDIC_HOME", value_name = "DIR")]
    home: PathBuf,
    #[command(flatten)]
    send: SendArguments,
}

/// What a candidate shows its registrars.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    version: u32,
    /// Whose keys are rotated; none: a new validator, which its key names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validator: Option<Hex<ValidatorId>>,
    #[serde(with = "hex32")]
    chain_id: ChainId,
    #[serde(with = "hex32")]
    consensus_key: PublicKey,
    #[serde(with = "hex32")]
    commitment: RevealPoint,
    #[serde(with = "hex32")]
    randomness_key: RevealPoint,
    commitment_proof: HexBytes,
    randomness_proof: HexBytes,
    #[serde(with = "hex32")]
    network_key: PublicKey,
    member: String,
    /// The point that opens the record.
    #[serde(with = "hex32")]
    hidden_point: RevealPoint,
    /// That it is the commitment's.
    hidden_point_proof: HexBytes,
    /// The sealed record.
    sealed: Base64,
    #[serde(default)]
    attestations: Vec<AttestationEntry>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct AttestationEntry {
    set_version: u32,
    registrar: u8,
    #[serde(with = "decimal")]
    version: u64,
    #[serde(with = "decimal")]
    expiry: Height,
    signature: HexBytes,
}

/// What a registrar reads before it signs.
#[derive(Serialize)]
struct Shown {
    validator: String,
    member: String,
    legal_name: String,
    registry_number: String,
    jurisdiction: String,
    contact: String,
    beneficial_owner: String,
    bond_terms: String,
    party_key: String,
    attestations: usize,
    signed: bool,
}

/// What was prepared.
#[derive(Serialize)]
struct Prepared {
    validator: String,
    consensus_key: String,
    network_key: String,
    request: PathBuf,
}

pub(crate) fn prepare(arguments: &PrepareArguments, output: Output) -> Outcome {
    let genesis = read_chain(&arguments.chain)?.to_genesis();
    let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
    let size = usize::try_from(genesis.params.hidden_information_bytes).unwrap_or(usize::MAX);
    let party = arguments.keystore.open(&arguments.party_key)?;
    let home = Home::new(&arguments.home);
    let (rotated, network_seed) = match arguments.rotate {
        true => {
            let (_, secrets) = own_secrets(&home)?;
            let seed = home.read_network_seed().or_exit(Exit::Key)?;
            (Some(secrets.validator_id().or_exit(Exit::Key)?), seed)
        }
        false => (None, fresh()),
    };
    let (consensus_seed, reveal_seed) = (fresh(), fresh());
    let secret = ConsensusSecret::new(SecretKey::from_seed(consensus_seed), reveal_seed, chain_id);
    let network_key = SecretKey::from_seed(network_seed).public();
    let of = Drawn { secret: &secret, rotated, network_key };
    let request = request(&of, chain_id, size, &party, arguments).or_exit(Exit::Config)?;
    let secrets = ValidatorSecrets {
        consensus_seed: hex::encode(consensus_seed),
        reveal_seed: hex::encode(reveal_seed),
        validator: rotated.map(|id| hex::encode(id.0)),
    };
    match rotated {
        Some(_) => {
            let (passphrase, _) = own_secrets(&home)?;
            home.write_next_validator(&secrets, &passphrase, Cost::Full).or_exit(Exit::Key)?;
        }
        None => write_keys(&home, &secrets, network_seed, chain_id, &request).or_exit(Exit::Key)?,
    }
    files::write(&arguments.out, &serde_json::to_vec_pretty(&request)?)?;
    output.print(
        &Prepared {
            validator: request.id().to_string(),
            consensus_key: hex::encode(request.consensus_key.0),
            network_key: hex::encode(network_key.0),
            request: arguments.out.clone(),
        },
        render::lines,
    )?;
    Ok(())
}

/// The passphrase and the secrets in force of a home.
fn own_secrets(home: &Home) -> Outcome<(Passphrase, ValidatorSecrets)> {
    let passphrase = Passphrase::from_file(&home.passphrase_file()).or_exit(Exit::Key)?;
    let secrets = home.read_validator(&passphrase).or_exit(Exit::Key)?;
    let secrets = secrets
        .ok_or_else(|| anyhow!("{}: no validator key", home.validator_key().display()))
        .or_exit(Exit::Key)?;
    Ok((passphrase, secrets))
}

/// What a request is about.
struct Drawn<'a> {
    secret: &'a ConsensusSecret,
    /// Whose keys are rotated.
    rotated: Option<ValidatorId>,
    network_key: PublicKey,
}

fn request(
    of: &Drawn<'_>,
    chain_id: ChainId,
    size: usize,
    party: &SecretKey,
    arguments: &PrepareArguments,
) -> anyhow::Result<Request> {
    let Drawn { secret, rotated, network_key } = *of;
    let (key, commitment) = (secret.consensus_key(), secret.commitment());
    let validator = rotated.unwrap_or_else(|| crypto::id::validator_id(&key));
    let of = RecordOf { chain_id: &chain_id, key: &key, commitment: &commitment };
    let identity = Identity {
        legal_name: arguments.legal_name.clone(),
        registry_number: arguments.registry_number.clone(),
        jurisdiction: arguments.jurisdiction.clone(),
        contact: arguments.contact.clone(),
        beneficial_owner: arguments.beneficial_owner.clone(),
        bond_terms: arguments.bond_terms.clone(),
    };
    let information = chainspec::draw::information(identity, party, &of, &validator);
    let hidden_point = secret.reveal().hidden_point();
    let mut nonce = [0; hidden::NONCE_BYTES];
    nonce.copy_from_slice(&fresh()[..hidden::NONCE_BYTES]);
    let sealed = hidden::seal(&information, &hidden_point, &of, &nonce, size)?;
    Ok(Request {
        version: REQUEST_VERSION,
        validator: rotated.map(Hex),
        chain_id,
        consensus_key: key,
        commitment,
        randomness_key: secret.randomness_key(),
        commitment_proof: HexBytes(secret.reveal().prove_possession(&fresh()).0.to_vec()),
        randomness_proof: HexBytes(secret.vrf().prove_possession(&fresh()).0.to_vec()),
        network_key,
        member: arguments.member.clone(),
        hidden_point,
        hidden_point_proof: HexBytes(secret.reveal().prove_hidden_point(&fresh()).to_vec()),
        sealed: Base64(sealed),
        attestations: Vec::new(),
    })
}

/// Keys, passphrase and a guard made together with them.
fn write_keys(
    home: &Home,
    secrets: &ValidatorSecrets,
    network_seed: [u8; 32],
    chain_id: ChainId,
    request: &Request,
) -> anyhow::Result<()> {
    let network = format!("{}\n", hex::encode(network_seed));
    write_secret(&home.network_key(), network.as_bytes())?;
    let passphrase = hex::encode(fresh());
    write_secret(&home.passphrase_file(), format!("{passphrase}\n").as_bytes())?;
    home.write_validator(secrets, &Passphrase::new(passphrase), Cost::Full)?;
    let id = crypto::id::validator_id(&request.consensus_key);
    let mut guard = Guard::made(chain_id, id, safety::machine_of(&machine_id()));
    let (file, _) = GuardFile::open(&home.guard())?;
    file.write(&guard.next_slot())?;
    Ok(())
}

pub(crate) fn attest(arguments: &AttestArguments, output: Output) -> Outcome {
    let mut request = read(&arguments.request).or_exit(Exit::Usage)?;
    let (chain_id, registrars) = registrars(arguments)?;
    let information = request.open(chain_id).context("request").or_exit(Exit::Rejected)?;
    if arguments.i_checked_this_identity {
        let key = arguments.keystore.open(&arguments.key)?;
        let place = registrars.keys.iter().position(|held| *held == key.public());
        let registrar = place
            .and_then(|place| u8::try_from(place).ok())
            .ok_or_else(|| anyhow!("--key is no registrar's: {}", hex::encode(key.public().0)))
            .or_exit(Exit::Key)?;
        let version = match &request.validator {
            Some(_) => next_version(&arguments.node.client()?, &request.id())?,
            None => 1,
        };
        let (set_version, expiry) = (registrars.set_version, Height(arguments.expiry));
        request.sign(registrar, set_version, version, expiry, &key);
        let out = arguments.out.as_ref().unwrap_or(&arguments.request);
        files::write(out, &serde_json::to_vec_pretty(&request)?)?;
    }
    output.print(&request.shown(&information, arguments.i_checked_this_identity), render::lines)?;
    Ok(())
}

/// The version above that of a validator's record in force.
fn next_version(client: &Client, id: &ValidatorId) -> Outcome<u64> {
    let raw = client.state(state::key::validator(id), None, false).or_class()?.value;
    let raw = raw
        .ok_or_else(|| anyhow!("the request is for validator {id}, which is not registered"))
        .or_exit(Exit::Rejected)?;
    let record: types::ValidatorRecord =
        types::decode("validator record", &raw.0, types::record::MAX_RECORD_BYTES)?;
    Ok(record.attestations.first().map_or(1, |held| held.version.saturating_add(1)))
}

pub(crate) fn rotate(arguments: &RotateArguments, output: Output) -> Outcome {
    let request = read(&arguments.request).or_exit(Exit::Usage)?;
    let rotation = request.rotation().or_exit(Exit::Usage)?;
    send_calls(&arguments.send, output, |_, _| {
        let rotation = Box::new(rotation);
        Ok(Call::Membership(MembershipCall::Rotate { rotation }))
    })
}

/// The chain, and who its registrars are: from a draft, or from a node's state.
fn registrars(arguments: &AttestArguments) -> Outcome<(ChainId, Registrars)> {
    if let Some(path) = &arguments.chain {
        let genesis = read_chain(path)?.to_genesis();
        return Ok((crypto::id::chain_id(&genesis.name, &genesis.salt), genesis.registrars));
    }
    let client = arguments.node.client()?;
    let chain_id = client.status().or_class()?.chain.chain_id;
    let raw = client.state(state::key::chain(), None, false).or_class()?.value;
    let raw = raw.ok_or_else(|| anyhow!("the node has no chain record")).or_exit(Exit::Rejected)?;
    let chain: types::record::ChainRecord =
        types::decode("chain record", &raw.0, types::record::MAX_RECORD_BYTES)?;
    Ok((chain_id, chain.registrars))
}

pub(crate) fn register(arguments: &RegisterArguments, output: Output) -> Outcome {
    let request = read(&arguments.request).or_exit(Exit::Usage)?;
    let registration = request.registration(Amount(arguments.bond)).or_exit(Exit::Usage)?;
    send_calls(&arguments.send, output, |_, _| {
        let registration = Box::new(registration);
        Ok(Call::Membership(MembershipCall::Register { registration }))
    })
}

pub(crate) fn ready(arguments: &ReadyArguments, output: Output) -> Outcome {
    let home = Home::new(&arguments.home);
    let (_, secrets) = own_secrets(&home)?;
    let validator = secrets.validator_id().or_exit(Exit::Key)?;
    let (consensus_seed, reveal_seed) = secrets.seeds().or_exit(Exit::Key)?;
    send_calls(&arguments.send, output, |_, _| {
        let client = arguments.send.node().client()?;
        let status = client.status().or_class()?;
        let chain_id = status.chain.chain_id;
        let key = SecretKey::from_seed(consensus_seed);
        let secret = ConsensusSecret::new(key, reveal_seed, chain_id);
        // The header of the tip holds the root after the height below it.
        let header = client.header(Some(status.tip.height)).or_class()?;
        let (height, block_id) = (status.tip.height.previous(), header.parent);
        let state_root = header.prev_state_root;
        let readiness = Readiness { chain_id, validator, height, block_id, state_root };
        let message = crypto::id::ready_hash(&chain_id, height, &block_id, &state_root);
        let signature = secret.sign_hash(&message);
        Ok(Call::Membership(MembershipCall::Ready { readiness, signature }))
    })
}

/// Read a request file.
///
/// # Errors
/// If it is none, or of a version that this program does not know.
pub(super) fn read(path: &Path) -> anyhow::Result<Request> {
    let bytes = files::read(path, files::MAX_DOCUMENT_BYTES)?;
    let request: Request = serde_json::from_slice(&bytes)
        .with_context(|| format!("request {}: it is none", path.display()))?;
    if request.version != REQUEST_VERSION {
        bail!("version is {}, this program knows {REQUEST_VERSION}", request.version);
    }
    Ok(request)
}

/// Exactly as many bytes as a field has.
fn exact<const N: usize>(field: &str, bytes: &HexBytes) -> anyhow::Result<[u8; N]> {
    let found = bytes.0.len();
    bytes.0.as_slice().try_into().map_err(|_| anyhow!("{field} has {found} bytes, want {N}"))
}

impl Request {
    /// The chain whose keys, proofs and sealed identity these are.
    pub(super) const fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    fn id(&self) -> ValidatorId {
        let first = || crypto::id::validator_id(&self.consensus_key);
        self.validator.as_ref().map_or_else(first, |id| id.0)
    }

    /// The identity, once everything that a registrar can check by itself holds.
    fn open(&self, chain_id: ChainId) -> anyhow::Result<HiddenInformation> {
        if self.chain_id != chain_id {
            bail!("it is for chain {}, the node is on chain {chain_id}", self.chain_id);
        }
        let (point, key) = (&self.commitment, &self.consensus_key);
        let proof = exact("hidden_point_proof", &self.hidden_point_proof)?;
        let hidden = &self.hidden_point;
        if !crypto::reveal::verify_hidden_point(point, hidden, &chain_id, key, &proof) {
            bail!("hidden_point is not shown to be the commitment's: it would open nothing later");
        }
        let of = RecordOf { chain_id: &chain_id, key, commitment: point };
        let information = hidden::open(&self.sealed.0, hidden, &of)?;
        if !hidden::has_consent(&information, &of, &self.id()) {
            bail!("the named party has not agreed to be named by this validator");
        }
        Ok(information)
    }

    fn sign(
        &mut self,
        registrar: u8,
        set_version: u32,
        version: u64,
        expiry: Height,
        key: &SecretKey,
    ) {
        let statement = Statement {
            chain_id: self.chain_id,
            set_version,
            validator: self.id(),
            consensus_key: self.consensus_key,
            commitment: self.commitment,
            record: crypto::hash::blake3(&self.sealed.0),
            version,
            expiry,
        };
        let signature = HexBytes(key.sign(&attestation_hash(&statement).0).0.to_vec());
        self.attestations.retain(|held| held.registrar != registrar);
        self.attestations.push(AttestationEntry {
            set_version,
            registrar,
            version,
            expiry,
            signature,
        });
        self.attestations.sort_by_key(|held| held.registrar);
    }

    fn shown(&self, information: &HiddenInformation, signed: bool) -> Shown {
        let of = information.clone();
        Shown {
            validator: self.id().to_string(),
            member: self.member.clone(),
            legal_name: of.legal_name,
            registry_number: of.registry_number,
            jurisdiction: of.jurisdiction,
            contact: of.contact,
            beneficial_owner: of.beneficial_owner,
            bond_terms: of.bond_terms,
            party_key: hex::encode(of.party_key.0),
            attestations: self.attestations.len(),
            signed,
        }
    }

    /// What goes on chain of a new validator: the sealed record, and nothing that opens it.
    pub(super) fn registration(&self, bond: Amount) -> anyhow::Result<Registration> {
        if self.validator.is_some() {
            bail!("it rotates the keys of a validator: send it by `syndic validator rotate`");
        }
        Ok(Registration {
            version: Version,
            keys: self.keys()?,
            network_key: self.network_key,
            member: self.member.clone(),
            bond,
            identity: self.identity()?,
        })
    }

    /// What goes on chain of other keys.
    fn rotation(&self) -> anyhow::Result<Rotation> {
        let validator = self.validator.as_ref().map(|id| id.0).context(
            "it is for a new validator: register it, or prepare it with --rotate in its home",
        )?;
        let (keys, identity) = (self.keys()?, self.identity()?);
        Ok(Rotation { version: Version, validator, keys, identity })
    }

    fn keys(&self) -> anyhow::Result<KeySet> {
        let proof = |field, bytes| -> anyhow::Result<_> {
            Ok(types::PossessionProof(exact(field, bytes)?))
        };
        Ok(KeySet {
            consensus_key: self.consensus_key,
            commitment: self.commitment,
            randomness_key: self.randomness_key,
            commitment_proof: proof("commitment_proof", &self.commitment_proof)?,
            randomness_proof: proof("randomness_proof", &self.randomness_proof)?,
        })
    }

    fn identity(&self) -> anyhow::Result<SealedIdentity> {
        let attestation = |held: &AttestationEntry| -> anyhow::Result<Attestation> {
            Ok(Attestation {
                format: Version,
                set_version: held.set_version,
                registrar: held.registrar,
                version: held.version,
                expiry: held.expiry,
                signature: types::Signature(exact("signature", &held.signature)?),
            })
        };
        Ok(SealedIdentity {
            hidden_information: self.sealed.0.clone(),
            attestations: self.attestations.iter().map(attestation).collect::<Result<_, _>>()?,
        })
    }
}
