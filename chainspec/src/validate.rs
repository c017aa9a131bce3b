//! Say everything that is wrong with a genesis, at once.

mod parameters;
mod people;
mod validators;

pub use parameters::parameter_problems;

use crate::document::Document;
use std::fmt;
use types::genesis::MAX_GENESIS_BYTES;
use types::params::Permission;
use types::{Amount, Genesis, Role};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, such as `validators[2].power`. Balances and roles are counted in sorted order.
    pub place: String,
    /// What, with the value and the limit.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Collects problems.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { place: place.into(), message: message.into() });
    }

    /// Add a problem unless a rule holds.
    fn expect(&mut self, holds: bool, place: impl Into<String>, message: impl FnOnce() -> String) {
        if !holds {
            self.add(place, message());
        }
    }
}

/// All problems of a genesis; none means that a chain can begin with it.
#[must_use]
pub fn validate(genesis: &Genesis) -> Vec<Problem> {
    let mut problems = Problems::default();
    check_name(&mut problems, &genesis.name);
    problems.expect(genesis.protocol > 0, "protocol", || "is 0, the first is 1".into());
    problems.0.extend(parameter_problems(&genesis.params));
    people::check_members(&mut problems, genesis);
    people::check_registrars(&mut problems, &genesis.registrars);
    validators::check_validators(&mut problems, genesis);
    check_balances(&mut problems, genesis);
    check_roles(&mut problems, genesis);
    let bytes = types::encode(genesis).len();
    problems.expect(bytes <= MAX_GENESIS_BYTES, "genesis", || {
        format!("has {bytes} bytes, the limit is {MAX_GENESIS_BYTES}")
    });
    problems.0
}

/// All problems of a document: those of its genesis, and of what only the document has.
#[must_use]
pub fn validate_document(document: &Document) -> Vec<Problem> {
    let mut problems = Problems::default();
    let prefix = &document.address_prefix;
    problems.expect(crypto::text::is_prefix(prefix), "address_prefix", || {
        format!("`{prefix}` is no prefix: 1 to 16 lower-case letters and digits")
    });
    for (position, peer) in document.peers.iter().enumerate() {
        problems.expect(is_peer(peer), format!("peers[{position}]"), || {
            format!("`{peer}` is not of the form <network key in hex>@/ip4/192.0.2.1/tcp/7101")
        });
    }
    let genesis = &document.genesis;
    let mut found = validate(genesis);
    if let Some(origin) = &document.recovery {
        // Roles go on from the state, and so do balances.
        found.retain(|problem| problem.place != "roles");
        problems.expect(genesis.salt == origin.salt(), "salt", || {
            format!("is not what follows from [recovery]: {}", hex::encode(origin.salt()))
        });
        let brings = genesis.balances.len() + genesis.roles.len();
        problems.expect(brings == 0, "recovery", || {
            format!("{brings} balances and roles beside it: those of the state go on")
        });
    }
    problems.0.extend(found);
    problems.0
}

/// `<network key in hex>@<multiaddress>`
pub(crate) fn is_peer(text: &str) -> bool {
    text.split_once('@').is_some_and(|(key, address)| {
        types::hash::parse_hex_32(key).is_some() && address.starts_with('/')
    })
}

/// CAIP-2: namespace `:` reference (<https://chainagnostic.org/CAIPs/caip-2>).
fn check_name(problems: &mut Problems, name: &str) {
    let namespace = |text: &str| {
        (3..=8).contains(&text.len())
            && text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let reference = |text: &str| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
    };
    let valid = name.split_once(':').is_some_and(|(a, b)| namespace(a) && reference(b));
    problems.expect(valid, "name", || {
        format!("`{name}` is no CAIP-2 name, such as syndic:devnet (3 to 8, 1 to 32 characters)")
    });
}

fn check_balances(problems: &mut Problems, genesis: &Genesis) {
    let bonds_account = crypto::id::module_address("bonds");
    let mut supply = Some(Amount::ZERO);
    let mut before = None;
    for (position, (account, amount)) in genesis.balances.iter().enumerate() {
        let place = format!("balances[{position}]");
        problems.expect(before < Some(account), &place, || {
            format!("{account} is not above the account before: sorted, each account once")
        });
        problems.expect(*amount > Amount::ZERO, format!("{place}.amount"), || {
            "is 0, the minimum is 1".into()
        });
        problems.expect(*account != bonds_account, format!("{place}.account"), || {
            "holds the bonds, which come from the validators' entries alone".into()
        });
        before = Some(account);
        supply = supply.and_then(|supply| supply.checked_add(*amount));
    }
    for validator in &genesis.validators {
        supply = supply.and_then(|supply| supply.checked_add(validator.bond));
    }
    problems.expect(supply.is_some(), "balances", || {
        "balances and bonds add up to more than 2^128 - 1".into()
    });
}

fn check_roles(problems: &mut Problems, genesis: &Genesis) {
    let mut before = None;
    for (position, grant) in genesis.roles.iter().enumerate() {
        problems.expect(before < Some(grant), format!("roles[{position}]"), || {
            let (account, role) = (&grant.0, grant.1.name());
            format!("{role} of {account} is not above the entry before: sorted, each once")
        });
        before = Some(grant);
    }
    let held = |role: Role| genesis.roles.iter().any(|(_, held)| *held == role);
    let locked = genesis.params.send == Permission::Role && !held(Role::User);
    problems.expect(!locked, "roles", || {
        "params.send is `role` and nobody holds the role user: nobody could ever send".into()
    });
}

#[cfg(test)]
mod tests;
