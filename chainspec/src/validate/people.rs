//! What can be wrong with members and registrars.

use super::Problems;
use std::collections::BTreeMap;
use types::Genesis;
use types::genesis::Registrars;

/// Most members of a consortium: every vote counts them.
pub(super) const MAX_MEMBERS: usize = 256;
/// Longest member id, in bytes.
const MAX_MEMBER_ID_BYTES: usize = 64;
/// Longest member name, in bytes.
const MAX_MEMBER_NAME_BYTES: usize = 256;
/// Most network keys of a member.
const MAX_NETWORK_KEYS: usize = 8;
/// Most registrars: every registration carries signatures of theirs.
const MAX_REGISTRARS: usize = 32;

/// Remembers where each value was first seen.
pub(super) struct Seen<T>(BTreeMap<T, String>);

impl<T: Ord> Seen<T> {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Add a problem if the value stood somewhere before.
    pub(super) fn once(&mut self, problems: &mut Problems, place: &str, what: &str, value: T) {
        match self.0.get(&value) {
            Some(first) => problems.add(place, format!("{what} stands in {first} already")),
            None => {
                self.0.insert(value, place.to_owned());
            }
        }
    }
}

pub(super) fn check_members(problems: &mut Problems, genesis: &Genesis) {
    let count = genesis.members.len();
    problems.expect((1..=MAX_MEMBERS).contains(&count), "members", || {
        format!("{count} members, 1 to {MAX_MEMBERS} are allowed")
    });
    let (mut ids, mut accounts, mut keys) = (Seen::new(), Seen::new(), Seen::new());
    for (position, member) in genesis.members.iter().enumerate() {
        let place = format!("members[{position}]");
        let (id, bytes) = (format!("{place}.id"), member.id.len());
        let valid = (1..=MAX_MEMBER_ID_BYTES).contains(&bytes)
            && member.id.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
        problems.expect(valid, &id, || {
            format!("`{}` is no id: 1 to {MAX_MEMBER_ID_BYTES} letters, digits, - and _", member.id)
        });
        ids.once(problems, &id, "this id", member.id.clone());
        let bytes = member.name.len();
        problems.expect(
            (1..=MAX_MEMBER_NAME_BYTES).contains(&bytes),
            format!("{place}.name"),
            || format!("has {bytes} bytes, 1 to {MAX_MEMBER_NAME_BYTES} are allowed"),
        );
        accounts.once(problems, &format!("{place}.account"), "this account", member.account);
        let count = member.network_keys.len();
        problems.expect(count <= MAX_NETWORK_KEYS, format!("{place}.network_keys"), || {
            format!("{count} keys, the limit is {MAX_NETWORK_KEYS}")
        });
        for (at, key) in member.network_keys.iter().enumerate() {
            keys.once(problems, &format!("{place}.network_keys[{at}]"), "this key", *key);
        }
    }
}

pub(super) fn check_registrars(problems: &mut Problems, registrars: &Registrars) {
    let (count, threshold) = (registrars.keys.len(), usize::from(registrars.threshold));
    problems.expect((1..=MAX_REGISTRARS).contains(&count), "registrars.keys", || {
        format!("{count} keys, 1 to {MAX_REGISTRARS} are allowed")
    });
    problems.expect((1..=count).contains(&threshold), "registrars.threshold", || {
        format!("is {threshold}, 1 to the number of keys ({count}) are allowed")
    });
    let pairs = registrars.keys.iter().zip(registrars.keys.iter().skip(1));
    for (before, (lower, upper)) in pairs.enumerate() {
        problems.expect(lower < upper, format!("registrars.keys[{}]", before + 1), || {
            "is not above the key before: keys ascend, each once".into()
        });
    }
}
