//! Begin a chain among parties who share no machine.
//!
//! They agree on a draft: a document with salt, time, parameters, registrars, balances, roles and
//! the members that take part, but no validators. Each party answers with one [`Join`]: its
//! member's entry and its validator, signed by the keys in it over the hash of that draft.
//! [`assemble`] makes the chain spec of draft and joins; the order of the files does not matter.
//! [`verify`] tells a party that a spec holds its join unchanged, and nothing else than was agreed
//! in the draft.

use crate::document::{self, Accounts, Document};
use crate::error::SpecError;
use crate::source::{self, Section};
use crate::validate::{Problem, is_peer, validate_document};
use crypto::sign;
use std::collections::BTreeMap;
use std::fmt;
use types::genesis::GenesisValidator;
use types::{Address, AddressKind, ChainId, Genesis, Hash, Member, PublicKey, Signature};

/// Largest join file: one validator's share of the largest document.
pub const MAX_JOIN_BYTES: usize = document::MAX_DOCUMENT_BYTES / 16;

/// One party's part of a genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Human-readable part of text addresses, as in the draft.
    pub address_prefix: String,
    /// [`draft_hash`] of what was agreed.
    pub draft: Hash,
    /// Where the others reach the node: `<network key in hex>@<multiaddress>`.
    pub peer: String,
    /// The member as the draft names it, with the network keys that it may connect with.
    pub member: Member,
    /// Its validator: keys, proofs, sealed identity, attestations.
    pub validator: GenesisValidator,
    /// Accounts that are something else than one key, as in a [`Document`].
    pub kinds: BTreeMap<Address, AddressKind>,
    /// Signatures of [`Join::signing_hash`].
    pub signatures: JoinSignatures,
}

/// By whom a join is signed: by every key that it brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinSignatures {
    /// The validator's consensus key's.
    pub consensus: Signature,
    /// The network key's.
    pub network: Signature,
    /// The key of the member's account.
    pub member_key: PublicKey,
    /// Its signature.
    pub member: Signature,
}

/// Whether validators may differ in power and bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// All have the same power and the same bond.
    Equal,
    /// Each has what its join says.
    AsJoined,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// The file's name; none for the draft.
    pub file: Option<String>,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or("the draft");
        write!(f, "{file}: {}", self.problem)
    }
}

impl Join {
    /// Read a join file. It may still break rules: see [`assemble`].
    ///
    /// # Errors
    /// [`SpecError`] names the first place that is no TOML, unknown, missing or unreadable.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        source::read_root(text, MAX_JOIN_BYTES, |root| {
            let accounts = Accounts::of(root)?;
            let draft = Hash(root.required("draft")?.exact()?);
            let peer = root.required("peer")?.text()?.to_owned();
            let member = only(root, "members", |one| document::read_member(one, &accounts))?;
            let validator =
                only(root, "validators", |one| document::read_validator(one, &accounts))?;
            let mut signed = root.required("signatures")?.section()?;
            let signatures = JoinSignatures {
                consensus: Signature(signed.required("consensus")?.exact()?),
                network: Signature(signed.required("network")?.exact()?),
                member_key: document::read_key(&signed.required("member_key")?)?,
                member: Signature(signed.required("member")?.exact()?),
            };
            signed.finish()?;
            let (address_prefix, kinds) = accounts.into_parts();
            Ok(Self { address_prefix, draft, peer, member, validator, kinds, signatures })
        })
    }

    /// What every key of a join signs: the off-chain message `join` of the module `genesis`, its
    /// body the borsh of (draft hash, peer, member, validator).
    #[must_use]
    pub fn signing_hash(
        chain_id: &ChainId,
        draft: &Hash,
        peer: &str,
        member: &Member,
        validator: &GenesisValidator,
    ) -> Hash {
        let body = types::encode(&(draft, peer, member, validator));
        let module = crypto::id::module_address("genesis");
        // Salt and draft hash bound its life: it is good for this beginning alone.
        let no_expiry = types::TimestampMs(u64::MAX);
        crypto::id::message_hash(chain_id, &module, "join", &body, no_expiry)
    }

    /// All that is wrong with the signatures.
    fn signature_problems(&self, chain_id: &ChainId) -> Vec<Problem> {
        let Self { draft, peer, member, validator, signatures, .. } = self;
        let hash = Self::signing_hash(chain_id, draft, peer, member, validator);
        [
            ("consensus", &validator.consensus_key, &signatures.consensus),
            ("network", &validator.network_key, &signatures.network),
            ("member", &signatures.member_key, &signatures.member),
        ]
        .into_iter()
        .filter(|(_, key, signature)| !sign::verify(key, &hash.0, signature))
        .map(|(name, key, _)| {
            let message = format!("is not that of {} over this file", hex::encode(key.0));
            problem(format!("signatures.{name}"), message)
        })
        .collect()
    }
}

/// The one entry of a list of tables.
fn only<T>(
    root: &mut Section<'_>,
    key: &'static str,
    read: impl Fn(&mut Section<'_>) -> Result<T, SpecError>,
) -> Result<T, SpecError> {
    let place = root.required(key)?;
    let mut found = root.list(key, read)?;
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (_, others) => Err(place.refuse(format!("has {} entries, a join has one", others + 1))),
    }
}

fn problem(place: impl Into<String>, message: impl Into<String>) -> Problem {
    Problem { place: place.into(), message: message.into() }
}

/// What the parties agree on: the hash of a draft, and of every spec that was made of it. Not in it
/// is what joins bring: validators, and the network keys of members that have one.
#[must_use]
pub fn draft_hash(genesis: &Genesis) -> Hash {
    let mut agreed = genesis.clone();
    let validators = std::mem::take(&mut agreed.validators);
    for member in &mut agreed.members {
        if validators.iter().any(|validator| validator.member == member.id) {
            member.network_keys.clear();
        }
    }
    crypto::id::genesis_hash(&agreed)
}

/// Everything that is wrong with a draft.
#[must_use]
pub fn draft_problems(draft: &Document) -> Vec<Problem> {
    let mut problems: Vec<_> = validate_document(draft)
        .into_iter()
        .filter(|problem| problem.place != "validators")
        .collect();
    let count = draft.genesis.validators.len();
    if count > 0 {
        problems.push(problem("validators", format!("{count} of them: a draft has none")));
    }
    problems
}

/// Make the chain spec of a draft and the joins of its members, in any order: the same files give
/// the same genesis hash. Members that send no join have no validator.
///
/// # Errors
/// Everything that is wrong, at once, each with the file and the place in it.
pub fn assemble(
    draft: &Document,
    joins: &[(String, Join)],
    terms: Terms,
) -> Result<Document, Vec<FileProblem>> {
    let of_draft = |problem| FileProblem { file: None, problem };
    let mut problems: Vec<_> = draft_problems(draft).into_iter().map(of_draft).collect();
    let mut by_member: BTreeMap<&str, &(String, Join)> = BTreeMap::new();
    for one in joins {
        let (file, join) = one;
        let mut found = join_problems(draft, join);
        if let Some((first, _)) = by_member.get(join.member.id.as_str()) {
            found.push(problem("members[0].id", format!("{first} is of this member, too")));
        } else if found.iter().all(|problem| problem.place != "draft") {
            by_member.insert(&join.member.id, one);
        }
        problems.extend(found.into_iter().map(|problem| of_file(file, problem)));
    }
    // In the draft's order of members, whatever the files' order.
    let members = draft.genesis.members.iter();
    let ordered: Vec<&(String, Join)> =
        members.filter_map(|member| by_member.get(member.id.as_str()).copied()).collect();
    if terms == Terms::Equal {
        problems.extend(unequal(&ordered));
    }
    let document = merged(draft, &ordered);
    for found in validate_document(&document) {
        let found = placed(&document.genesis, &ordered, found);
        if !problems.contains(&found) {
            problems.push(found);
        }
    }
    if problems.is_empty() { Ok(document) } else { Err(problems) }
}

/// Everything that hinders a spec from being the one that a party joined: a rule that it breaks,
/// another draft, or another entry for the party than its own.
#[must_use]
pub fn verify(spec: &Document, join: &Join) -> Vec<Problem> {
    let genesis = &spec.genesis;
    let mut problems = validate_document(spec);
    problems.extend(join.signature_problems(&crypto::id::chain_id(&genesis.name, &genesis.salt)));
    let found = draft_hash(genesis);
    if found != join.draft {
        let message = format!("is made of draft {found}, the join is for draft {}", join.draft);
        problems.push(problem("draft", message));
    }
    let id = &join.member.id;
    if !genesis.members.contains(&join.member) {
        problems.push(problem("members", format!("the entry of {id} is not as it joined")));
    }
    if !genesis.validators.contains(&join.validator) {
        problems.push(problem("validators", format!("the validator of {id} is not as it joined")));
    }
    if !spec.peers.contains(&join.peer) {
        problems.push(problem("peers", format!("{} is not among them", join.peer)));
    }
    problems
}

fn of_file(file: &str, problem: Problem) -> FileProblem {
    FileProblem { file: Some(file.to_owned()), problem }
}

/// What is wrong with a join beside the rules of genesis.
fn join_problems(draft: &Document, join: &Join) -> Vec<Problem> {
    let genesis = &draft.genesis;
    let agreed = draft_hash(genesis);
    if join.draft != agreed {
        let message = format!("is {}, of this draft it is {agreed}", join.draft);
        return vec![problem("draft", message)];
    }
    let mut problems = join.signature_problems(&crypto::id::chain_id(&genesis.name, &genesis.salt));
    let mut expect = |holds: bool, place: &str, message: String| {
        if !holds {
            problems.push(problem(place, message));
        }
    };
    let (member, validator) = (&join.member, &join.validator);
    match genesis.members.iter().find(|named| named.id == member.id) {
        None => expect(false, "members[0].id", format!("the draft has no member `{}`", member.id)),
        Some(named) => {
            let message = format!("is `{}`, the draft says `{}`", member.name, named.name);
            expect(member.name == named.name, "members[0].name", message);
            let message = "is not the account that the draft names".to_owned();
            expect(member.account == named.account, "members[0].account", message);
            let message = "the draft has some already: whoever joins brings them".to_owned();
            expect(named.network_keys.is_empty(), "members[0].network_keys", message);
        }
    }
    let found = crypto::id::account_address(&join.signatures.member_key);
    let message = "is not the key of the member's account".to_owned();
    expect(found == member.account, "signatures.member_key", message);
    let message = format!("is `{}`, the member's id is `{}`", validator.member, member.id);
    expect(validator.member == member.id, "validators[0].member", message);
    let key = hex::encode(validator.network_key.0);
    let message = format!("the validator's, {key}, is not among them");
    let held = member.network_keys.contains(&validator.network_key);
    expect(held, "members[0].network_keys", message);
    let own = is_peer(&join.peer) && join.peer.starts_with(&format!("{key}@"));
    expect(
        own,
        "peer",
        format!("`{}` is not of the form {key}@/ip4/192.0.2.1/tcp/7101", join.peer),
    );
    problems
}

/// Validators whose power or bond is not that of the first.
fn unequal(joins: &[&(String, Join)]) -> Vec<FileProblem> {
    let Some(((first, agreed), others)) = joins.split_first().map(|(one, rest)| (*one, rest))
    else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut expect = |file: &str, field: &str, found: &dyn fmt::Display, of: &dyn fmt::Display| {
        let (found, of) = (found.to_string(), of.to_string());
        if found != of {
            let message = format!("is {found}, in {first} it is {of}: not equal terms");
            problems.push(of_file(file, problem(format!("validators[0].{field}"), message)));
        }
    };
    for (file, join) in others {
        expect(file, "power", &join.validator.power, &agreed.validator.power);
        expect(file, "bond", &join.validator.bond, &agreed.validator.bond);
    }
    problems
}

fn merged(draft: &Document, joins: &[&(String, Join)]) -> Document {
    let mut document = draft.clone();
    for (_, join) in joins {
        let members = &mut document.genesis.members;
        if let Some(member) = members.iter_mut().find(|member| member.id == join.member.id) {
            member.network_keys.clone_from(&join.member.network_keys);
        }
        document.genesis.validators.push(join.validator.clone());
        document.peers.push(join.peer.clone());
        document.kinds.extend(&join.kinds);
    }
    document.peers.sort();
    document.peers.dedup();
    document
}

/// A problem of the whole, told of the file that it came with.
fn placed(genesis: &Genesis, joins: &[&(String, Join)], found: Problem) -> FileProblem {
    let of_validator = |position: usize| joins.get(position).copied();
    let of_member = |position: usize| {
        let id = &genesis.members.get(position)?.id;
        joins.iter().find(|(_, join)| join.member.id == *id).copied()
    };
    let Problem { place, mut message } = found;
    // A key that stands elsewhere, too: say in which file.
    if let Some((start, end, position)) = entry(&message, "validators")
        && let Some((file, _)) = of_validator(position)
    {
        message.replace_range(start..end, &format!("{file}: validators[0]"));
    }
    let owner = match (entry(&place, "validators"), entry(&place, "members")) {
        (Some((0, end, position)), _) => of_validator(position).map(|one| (one, "validators", end)),
        (_, Some((0, end, position))) => of_member(position).map(|one| (one, "members", end)),
        _ => None,
    };
    match owner {
        Some(((file, _), list, end)) => {
            of_file(file, problem(format!("{list}[0]{}", &place[end..]), message))
        }
        None => FileProblem { file: None, problem: problem(place, message) },
    }
}

/// Where in a text the first `list[7]` stands, and its number.
fn entry(text: &str, list: &str) -> Option<(usize, usize, usize)> {
    let start = text.find(&format!("{list}["))?;
    let digits = start + list.len() + 1;
    let end = digits + text[digits..].find(']')?;
    Some((start, end + 1, text[digits..end].parse().ok()?))
}

#[cfg(test)]
mod tests;
