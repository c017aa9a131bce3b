//! Write a document so that people can read and change it: units and bounds stand beside each
//! parameter.

use crate::document::{Document, FORMAT, account_text};
use crate::join::{Join, JoinSignatures};
use crate::recovery::Origin;
use crate::time;
use std::fmt::{self, Display, Write};
use types::genesis::{Attestation, GenesisValidator, Member, Registrars};
use types::params::{Parameter, Permission};
use types::{Address, Amount, Params, PublicKey, Role};

/// The largest number that every TOML tool reads; larger ones stand in quotes.
const LARGEST_BARE: u128 = i64::MAX as u128;

/// The document as TOML. [`Document::parse`] of it gives the same document again.
#[must_use]
pub fn render(document: &Document) -> String {
    let mut text = String::new();
    write_document(&mut text, document).expect("writing to memory cannot fail");
    text
}

/// The table `[params]` alone, as presets hold it.
#[must_use]
pub fn render_params(params: &Params) -> String {
    let mut text = String::new();
    write_params(&mut text, params).expect("writing to memory cannot fail");
    text
}

/// A join file as TOML. [`Join::parse`] of it gives the same join again.
#[must_use]
pub fn render_join(join: &Join) -> String {
    let mut text = String::new();
    write_join(&mut text, join).expect("writing to memory cannot fail");
    text
}

/// A text in quotes, with the escapes of TOML's basic strings.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                control if control.is_control() => {
                    write!(f, "\\U{:08X}", u32::from(control))?;
                }
                plain => f.write_char(plain)?,
            }
        }
        f.write_char('"')
    }
}

/// A number, in quotes if other tools would not read it.
struct Number(u128);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 <= LARGEST_BARE { write!(f, "{}", self.0) } else { write!(f, "\"{}\"", self.0) }
    }
}

/// Bytes as hexadecimal digits in quotes.
struct Hex<'a>(&'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_char('"')
    }
}

fn write_document(f: &mut String, document: &Document) -> fmt::Result {
    let genesis = &document.genesis;
    writeln!(
        f,
        "# Genesis of {}. Whoever starts a node with it joins this chain.",
        Quoted(&genesis.name)
    )?;
    writeln!(f, "# Amounts are in the smallest unit; bytes are hexadecimal.\n")?;
    writeln!(f, "format = {FORMAT}")?;
    writeln!(f, "name = {}", Quoted(&genesis.name))?;
    writeln!(f, "# 16 random bytes: the same keys under an old name are on another chain.")?;
    writeln!(f, "salt = {}", Hex(&genesis.salt))?;
    match time::to_rfc3339(genesis.time_ms) {
        Some(date) => writeln!(f, "time = {date}")?,
        None => writeln!(f, "time = {}", Number(genesis.time_ms.0.into()))?,
    }
    writeln!(f, "protocol = {}", genesis.protocol)?;
    writeln!(f, "address_prefix = {}", Quoted(&document.address_prefix))?;
    writeln!(f, "# Where a new node finds the first others; being named here permits nothing.")?;
    writeln!(f, "peers = [")?;
    document.peers.iter().try_for_each(|peer| writeln!(f, "    {},", Quoted(peer)))?;
    writeln!(f, "]\n")?;
    if let Some(origin) = &document.recovery {
        write_origin(f, origin)?;
    }
    write_params(f, &genesis.params)?;
    write_registrars(f, &genesis.registrars)?;
    let account = |address: &Address| document.format_account(address);
    genesis.members.iter().try_for_each(|member| write_member(f, &account, member))?;
    genesis.validators.iter().try_for_each(|validator| write_validator(f, &account, validator))?;
    genesis.balances.iter().try_for_each(|balance| write_balance(f, document, balance))?;
    write_roles(f, document, &genesis.roles)
}

fn write_origin(f: &mut String, origin: &Origin) -> fmt::Result {
    writeln!(f, "# This chain continues another one; the salt above follows from this table.")?;
    writeln!(f, "[recovery]\nchain_id = {}", Hex(&origin.chain_id.0))?;
    writeln!(f, "height = {}", Number(origin.height.0.into()))?;
    writeln!(f, "block_id = {}", Hex(&origin.block_id.0))?;
    writeln!(f, "state_root = {}", Hex(&origin.state_root.0))?;
    writeln!(f, "fresh = {}\n", Hex(&origin.fresh))
}

fn write_params(f: &mut String, params: &Params) -> fmt::Result {
    writeln!(f, "[params]")?;
    let default = Params::default();
    for Parameter { name, unit, minimum, maximum, meaning, get, set: _ } in Params::TABLE {
        writeln!(f, "# {meaning}")?;
        let bounds = format!("Unit: {unit}; {minimum} to {maximum}; default {}.", get(&default));
        writeln!(f, "# {bounds}\n{name} = {}", Number(get(params)))?;
    }
    writeln!(f, "# Who may send transactions: anyone, or role for holders of the role user.")?;
    writeln!(f, "send = {}", Quoted(permission_name(params.send)))?;
    writeln!(f, "# Who may deploy contracts: anyone, or role for holders of the role deployer.")?;
    writeln!(f, "deploy = {}", Quoted(permission_name(params.deploy)))
}

const fn permission_name(permission: Permission) -> &'static str {
    match permission {
        Permission::Anyone => "anyone",
        Permission::Role => "role",
    }
}

fn write_keys(f: &mut String, name: &str, keys: &[PublicKey]) -> fmt::Result {
    writeln!(f, "{name} = [")?;
    keys.iter().try_for_each(|key| writeln!(f, "    {},", Hex(&key.0)))?;
    writeln!(f, "]")
}

fn write_registrars(f: &mut String, registrars: &Registrars) -> fmt::Result {
    writeln!(f, "\n# Who attests the sealed identities of validators; keys ascend.\n[registrars]")?;
    writeln!(f, "set_version = {}", registrars.set_version)?;
    writeln!(f, "threshold = {}", registrars.threshold)?;
    write_keys(f, "keys", &registrars.keys)
}

/// How an account is written.
type AccountText<'a> = &'a dyn Fn(&Address) -> String;

fn write_member(f: &mut String, account: AccountText<'_>, member: &Member) -> fmt::Result {
    writeln!(f, "\n[[members]]\nid = {}\nname = {}", Quoted(&member.id), Quoted(&member.name))?;
    writeln!(f, "account = {}", Quoted(&account(&member.account)))?;
    write_keys(f, "network_keys", &member.network_keys)
}

fn write_validator(
    f: &mut String,
    account: AccountText<'_>,
    validator: &GenesisValidator,
) -> fmt::Result {
    writeln!(f, "\n[[validators]]\nmember = {}", Quoted(&validator.member))?;
    writeln!(f, "operator = {}", Quoted(&account(&validator.operator)))?;
    writeln!(f, "power = {}", Number(validator.power.0.into()))?;
    writeln!(f, "bond = {}", Number(validator.bond.0))?;
    writeln!(f, "consensus_key = {}", Hex(&validator.consensus_key.0))?;
    writeln!(f, "network_key = {}", Hex(&validator.network_key.0))?;
    writeln!(f, "commitment = {}", Hex(&validator.commitment.0))?;
    writeln!(f, "commitment_proof = {}", Hex(&validator.commitment_proof.0))?;
    writeln!(f, "randomness_key = {}", Hex(&validator.randomness_key.0))?;
    writeln!(f, "randomness_proof = {}", Hex(&validator.randomness_proof.0))?;
    writeln!(f, "hidden_information = {}", Hex(&validator.hidden_information))?;
    validator.attestations.iter().try_for_each(|attestation| write_attestation(f, attestation))
}

fn write_attestation(f: &mut String, attestation: &Attestation) -> fmt::Result {
    writeln!(f, "\n[[validators.attestations]]\nset_version = {}", attestation.set_version)?;
    writeln!(f, "registrar = {}", attestation.registrar)?;
    writeln!(f, "version = {}", Number(attestation.version.into()))?;
    writeln!(f, "expiry = {}", Number(attestation.expiry.0.into()))?;
    writeln!(f, "signature = {}", Hex(&attestation.signature.0))
}

fn write_balance(
    f: &mut String,
    document: &Document,
    (account, amount): &(Address, Amount),
) -> fmt::Result {
    writeln!(f, "\n[[balances]]\naccount = {}", Quoted(&document.format_account(account)))?;
    writeln!(f, "amount = {}", Number(amount.0))
}

fn write_join(f: &mut String, join: &Join) -> fmt::Result {
    writeln!(
        f,
        "# {} joins a chain before it begins: hand this file to all others.",
        join.member.id
    )?;
    writeln!(f, "# Nothing in it is secret. Signatures cover all of it but comments.\n")?;
    writeln!(f, "format = {FORMAT}")?;
    writeln!(f, "address_prefix = {}", Quoted(&join.address_prefix))?;
    writeln!(f, "# What was agreed before: syndic genesis verify shows it of a draft.")?;
    writeln!(f, "draft = {}", Hex(&join.draft.0))?;
    writeln!(f, "# Where the others reach this node.")?;
    writeln!(f, "peer = {}", Quoted(&join.peer))?;
    let account = |address: &Address| account_text(&join.address_prefix, &join.kinds, address);
    write_member(f, &account, &join.member)?;
    write_validator(f, &account, &join.validator)?;
    let JoinSignatures { consensus, network, member_key, member } = &join.signatures;
    writeln!(f, "\n[signatures]\nconsensus = {}", Hex(&consensus.0))?;
    writeln!(f, "network = {}", Hex(&network.0))?;
    writeln!(f, "member_key = {}\nmember = {}", Hex(&member_key.0), Hex(&member.0))
}

/// One entry an account: roles of an account stand beside each other.
fn write_roles(f: &mut String, document: &Document, roles: &[(Address, Role)]) -> fmt::Result {
    for grants in roles.chunk_by(|a, b| a.0 == b.0) {
        let names: Vec<_> =
            grants.iter().map(|(_, role)| Quoted(role.name()).to_string()).collect();
        let account = grants.first().map(|(account, _)| document.format_account(account));
        writeln!(f, "\n[[roles]]\naccount = {}", Quoted(&account.unwrap_or_default()))?;
        writeln!(f, "roles = [{}]", names.join(", "))?;
    }
    Ok(())
}
