//! The genesis document: what people read, write and send each other before a chain begins.

use crate::error::SpecError;
use crate::recovery::Origin;
use crate::source::{self, Entry, Section};
use crate::time;
use crypto::text::{format_address, is_prefix, parse_address};
use std::collections::BTreeMap;
use types::genesis::{Attestation, GenesisValidator, Member, Registrars};
use types::params::Permission;
use types::{
    Address, AddressKind, Amount, BlockId, ChainId, Genesis, Hash, Height, Params, PossessionProof,
    PublicKey, RevealPoint, Role, Signature, TimestampMs, Version, VotingPower,
};

/// Largest document: the largest genesis in hexadecimal digits, and as much again for names.
pub const MAX_DOCUMENT_BYTES: usize = 3 * types::genesis::MAX_GENESIS_BYTES;

/// The format of documents that this crate reads and writes.
pub const FORMAT: u32 = 1;

/// Prefix of text addresses where a document names none.
pub const DEFAULT_PREFIX: &str = "syn";

/// A genesis with what only people need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Human-readable part of text addresses (BIP-173), such as `syn`.
    pub address_prefix: String,
    /// Where a new node finds the first others: `<network key in hex>@<multiaddress>`. They permit
    /// nothing.
    pub peers: Vec<String>,
    /// What the chain begins with.
    pub genesis: Genesis,
    /// Accounts of the document that are something else than one key: text addresses say so, the
    /// 32 bytes in the genesis do not.
    pub kinds: BTreeMap<Address, AddressKind>,
    /// The chain that this one continues, if it does: its first state is more than the genesis.
    pub recovery: Option<Origin>,
}

impl Document {
    /// Read a document. It may still break rules of genesis: see [`crate::validate()`].
    ///
    /// Balances and roles may stand in any order; they are sorted. Everything else keeps its order.
    ///
    /// # Errors
    /// [`SpecError`] names the first place that is no TOML, unknown, missing or unreadable.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        source::read_root(text, MAX_DOCUMENT_BYTES, read_document)
    }

    /// The genesis. Its bytes do not depend on prefix, peers, comments or the order of balances
    /// and roles.
    #[must_use]
    pub fn to_genesis(&self) -> Genesis {
        self.genesis.clone()
    }

    /// A document around a genesis.
    #[must_use]
    pub fn from_genesis(genesis: Genesis, address_prefix: &str) -> Self {
        let (address_prefix, peers) = (address_prefix.to_owned(), Vec::new());
        Self { address_prefix, peers, genesis, kinds: BTreeMap::new(), recovery: None }
    }

    /// An account in the document's text form.
    #[must_use]
    pub fn format_account(&self, address: &Address) -> String {
        account_text(&self.address_prefix, &self.kinds, address)
    }
}

/// An account in text form; one that `kinds` does not name is a plain one.
pub(crate) fn account_text(
    prefix: &str,
    kinds: &BTreeMap<Address, AddressKind>,
    address: &Address,
) -> String {
    let kind = kinds.get(address).copied().unwrap_or(AddressKind::Account);
    format_address(prefix, kind, &address.0)
}

/// Reads text addresses of one prefix, and remembers which are no plain accounts.
pub(crate) struct Accounts {
    prefix: String,
    kinds: std::cell::RefCell<BTreeMap<Address, AddressKind>>,
}

impl Accounts {
    /// Of the prefix that a document names.
    pub(crate) fn of(root: &mut Section<'_>) -> Result<Self, SpecError> {
        let format = root.required("format")?;
        format.bounded(FORMAT.into(), FORMAT.into())?;
        let prefix = match root.optional("address_prefix") {
            None => DEFAULT_PREFIX,
            Some(prefix) if is_prefix(prefix.text()?) => prefix.text()?,
            Some(other) => {
                return Err(other.refuse("is no prefix: 1 to 16 lower-case letters and digits"));
            }
        };
        Ok(Self { prefix: prefix.to_owned(), kinds: Default::default() })
    }

    /// The prefix, and the accounts that are no plain ones.
    pub(crate) fn into_parts(self) -> (String, BTreeMap<Address, AddressKind>) {
        (self.prefix, self.kinds.into_inner())
    }

    fn read(&self, entry: &Entry<'_>) -> Result<Address, SpecError> {
        let (kind, bytes) = parse_address(&self.prefix, entry.text()?)
            .map_err(|error| entry.refuse(format!("is no address: {error}")))?;
        let address = Address(bytes);
        match kind {
            AddressKind::Account => {}
            AddressKind::Multisig | AddressKind::Module => {
                self.kinds.borrow_mut().insert(address, kind);
            }
            AddressKind::Contract | AddressKind::Validator => {
                let reason = format!("names a {}, an account belongs here", kind.name());
                return Err(entry.refuse(reason));
            }
        }
        Ok(address)
    }
}

fn read_document(root: &mut Section<'_>) -> Result<Document, SpecError> {
    let accounts = Accounts::of(root)?;
    let peers = match root.optional("peers") {
        None => Vec::new(),
        Some(peers) => {
            let texts = peers.entries()?.into_iter().map(|peer| peer.text().map(str::to_owned));
            texts.collect::<Result<_, _>>()?
        }
    };
    let recovery = match root.optional("recovery") {
        Some(origin) => Some(read_origin(origin.section()?)?),
        None => None,
    };
    let genesis = Genesis {
        version: Version,
        name: root.required("name")?.text()?.to_owned(),
        salt: root.required("salt")?.exact()?,
        time_ms: read_time(&root.required("time")?)?,
        protocol: root.required("protocol")?.fitting(u16::MAX)?,
        params: match root.optional("params") {
            Some(params) => read_params(params.section()?)?,
            None => Params::default(),
        },
        members: root.list("members", |member| read_member(member, &accounts))?,
        registrars: read_registrars(root.required("registrars")?.section()?)?,
        validators: root.list("validators", |validator| read_validator(validator, &accounts))?,
        balances: read_balances(root, &accounts)?,
        roles: read_roles(root, &accounts)?,
    };
    let (address_prefix, kinds) = accounts.into_parts();
    Ok(Document { address_prefix, peers, genesis, kinds, recovery })
}

fn read_origin(mut section: Section<'_>) -> Result<Origin, SpecError> {
    let origin = Origin {
        chain_id: ChainId(section.required("chain_id")?.exact()?),
        height: Height(section.required("height")?.fitting(u64::MAX)?),
        block_id: BlockId(section.required("block_id")?.exact()?),
        state_root: Hash(section.required("state_root")?.exact()?),
        fresh: section.required("fresh")?.exact()?,
    };
    section.finish()?;
    Ok(origin)
}

fn read_time(entry: &Entry<'_>) -> Result<TimestampMs, SpecError> {
    match entry.datetime() {
        Some(datetime) => time::from_datetime(datetime).ok_or_else(|| {
            entry.refuse("needs a date from 1970 on, a clock time and an offset, such as Z")
        }),
        None => entry.fitting(u64::MAX).map(TimestampMs),
    }
}

/// Parameters from their table: what is not named keeps its default.
pub(crate) fn read_params(mut section: Section<'_>) -> Result<Params, SpecError> {
    let mut params = Params::default();
    for parameter in Params::TABLE {
        if let Some(entry) = section.optional(parameter.name) {
            (parameter.set)(&mut params, entry.bounded(parameter.minimum, parameter.maximum)?);
        }
    }
    for (key, permission) in [("send", &mut params.send), ("deploy", &mut params.deploy)] {
        if let Some(entry) = section.optional(key) {
            *permission = match entry.text()? {
                "anyone" => Permission::Anyone,
                "role" => Permission::Role,
                _ => return Err(entry.refuse("is neither `anyone` nor `role`")),
            };
        }
    }
    section.finish()?;
    Ok(params)
}

pub(crate) fn read_key(entry: &Entry<'_>) -> Result<PublicKey, SpecError> {
    entry.exact().map(PublicKey)
}

fn read_keys(entry: &Entry<'_>) -> Result<Vec<PublicKey>, SpecError> {
    entry.entries()?.iter().map(read_key).collect()
}

pub(crate) fn read_member(
    section: &mut Section<'_>,
    accounts: &Accounts,
) -> Result<Member, SpecError> {
    Ok(Member {
        id: section.required("id")?.text()?.to_owned(),
        name: section.required("name")?.text()?.to_owned(),
        account: accounts.read(&section.required("account")?)?,
        network_keys: match section.optional("network_keys") {
            Some(keys) => read_keys(&keys)?,
            None => Vec::new(),
        },
    })
}

fn read_registrars(mut section: Section<'_>) -> Result<Registrars, SpecError> {
    let registrars = Registrars {
        set_version: section.required("set_version")?.fitting(u32::MAX)?,
        threshold: section.required("threshold")?.fitting(u8::MAX)?,
        keys: read_keys(&section.required("keys")?)?,
    };
    section.finish()?;
    Ok(registrars)
}

pub(crate) fn read_validator(
    section: &mut Section<'_>,
    accounts: &Accounts,
) -> Result<GenesisValidator, SpecError> {
    Ok(GenesisValidator {
        consensus_key: read_key(&section.required("consensus_key")?)?,
        commitment: RevealPoint(section.required("commitment")?.exact()?),
        randomness_key: RevealPoint(section.required("randomness_key")?.exact()?),
        commitment_proof: PossessionProof(section.required("commitment_proof")?.exact()?),
        randomness_proof: PossessionProof(section.required("randomness_proof")?.exact()?),
        network_key: read_key(&section.required("network_key")?)?,
        member: section.required("member")?.text()?.to_owned(),
        operator: accounts.read(&section.required("operator")?)?,
        power: section.required("power")?.fitting(u64::MAX).map(VotingPower)?,
        bond: section.required("bond")?.number().map(Amount)?,
        hidden_information: section.required("hidden_information")?.bytes()?,
        attestations: section.list("attestations", read_attestation)?,
    })
}

fn read_attestation(section: &mut Section<'_>) -> Result<Attestation, SpecError> {
    Ok(Attestation {
        format: Version,
        set_version: section.required("set_version")?.fitting(u32::MAX)?,
        registrar: section.required("registrar")?.fitting(u8::MAX)?,
        version: section.required("version")?.fitting(u64::MAX)?,
        expiry: section.required("expiry")?.fitting(u64::MAX).map(Height)?,
        signature: Signature(section.required("signature")?.exact()?),
    })
}

fn read_balances(
    root: &mut Section<'_>,
    accounts: &Accounts,
) -> Result<Vec<(Address, Amount)>, SpecError> {
    let mut balances = root.list("balances", |balance| {
        let account = accounts.read(&balance.required("account")?)?;
        Ok((account, balance.required("amount")?.number().map(Amount)?))
    })?;
    balances.sort();
    Ok(balances)
}

fn read_roles(
    root: &mut Section<'_>,
    accounts: &Accounts,
) -> Result<Vec<(Address, Role)>, SpecError> {
    let grants = root.list("roles", |grant| {
        let account = accounts.read(&grant.required("account")?)?;
        let names = grant.required("roles")?.entries()?;
        names.iter().map(|name| read_role(name).map(|role| (account, role))).collect()
    })?;
    let mut roles: Vec<_> = grants.into_iter().flat_map(|grant: Vec<_>| grant).collect();
    roles.sort();
    Ok(roles)
}

fn read_role(entry: &Entry<'_>) -> Result<Role, SpecError> {
    let name = entry.text()?;
    Role::from_name(name).ok_or_else(|| {
        let nearest = source::nearest(name, Role::ALL.into_iter().map(Role::name));
        entry.refuse(match nearest {
            Some(nearest) => format!("is no role, did you mean `{nearest}`?"),
            None => "is no role".to_owned(),
        })
    })
}

#[cfg(test)]
mod tests;
