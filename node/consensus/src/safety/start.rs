//! May this node sign? Decided at start, and again after every synced block while it may not
//! (protocol 4.3, 4.4).
//!
//! A guard signs if it was made together with its keys on this machine, or was armed here before
//! and the database beside it says the same. Everything else (a lost disk, a folder put back, a
//! copy, another chain) opens as observer: a validator that lost its disk looks like a new one,
//! so an empty database arms nothing.

use super::guard::{Alarm, Guard, Signed, Standing};
use crypto::{domain, hash};
use types::{BlockId, ChainId, Hash, Height, SignedAddress, ValidatorId};

/// What a start is judged by.
#[derive(Clone, Debug)]
pub struct StartFacts<'a> {
    /// The chain of the chain spec.
    pub chain_id: ChainId,
    /// The block id of its header 0.
    pub genesis_hash: BlockId,
    /// The validator of the key at hand.
    pub validator: ValidatorId,
    /// What names this machine; empty if nothing does.
    pub machine: &'a [u8],
    /// The canonical path of the data folder.
    pub data_path: &'a str,
    /// 32 fresh random bytes, used if this start arms the guard for the first time.
    pub fresh: [u8; 32],
    /// The instance that the database names.
    pub database_instance: Option<Hash>,
    /// Highest committed height.
    pub tip: Height,
    /// Our own proposals and votes in the journal.
    pub journal: &'a [(SignedAddress, Signed)],
    /// Our newest seal in the database.
    pub newest_seal: Option<(SignedAddress, Signed)>,
    /// Highest height of which the chain carries a signature by this key; 0 if there is none.
    pub key_seen: Height,
    /// How far the chain goes on without this key before an imported guard signs, in heights.
    pub import_wait: u64,
    /// Whether an earlier judgement of this run was [`Observer::StorageWentBack`].
    pub went_back: bool,
}

/// The judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Sign with this guard. Before the first signature the database must name
    /// [`Standing::Armed`]'s instance, and after that the guard must be on disk.
    Armed(Guard),
    /// Sign nothing.
    Observer {
        /// Why.
        reason: Observer,
        /// The guard as it now is, to be written and kept, if it may have changed.
        write: Option<Guard>,
    },
}

/// Why a node only observes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Observer {
    /// There is no guard file.
    #[error(
        "no guard for this key: what it has signed is not known; if it runs nowhere else, \
         `syndic validator arm --i-run-this-key-nowhere-else`"
    )]
    Missing,
    /// The guard is another chain's. It is never signed with, and never overwritten.
    #[error(
        "the guard belongs to chain {chain_id} (genesis {}), this node runs another; \
         `syndic validator arm --i-run-this-key-nowhere-else` puts it aside",
        genesis_hash.map_or_else(|| "not started".into(), |hash| hash.to_string())
    )]
    OtherChain {
        /// The guard's chain.
        chain_id: ChainId,
        /// Its header 0.
        genesis_hash: Option<BlockId>,
    },
    /// The guard is another validator's.
    #[error("the guard belongs to validator {validator}, the key at hand to another")]
    OtherValidator {
        /// The guard's validator.
        validator: ValidatorId,
    },
    /// Made with its keys, but on another machine.
    #[error(
        "the guard was made on another machine; if this key runs nowhere else, \
         `syndic validator arm --i-run-this-key-nowhere-else`"
    )]
    OtherMachine,
    /// Armed for another machine or data folder.
    #[error(
        "the guard was armed for another machine or data folder; if this key runs nowhere else, \
         `syndic validator arm --i-run-this-key-nowhere-else`"
    )]
    OtherPlace,
    /// The database beside the guard is new, or another's.
    #[error(
        "the database beside the guard is not the one it was armed with; if this key runs \
         nowhere else, `syndic validator arm --i-run-this-key-nowhere-else`"
    )]
    OtherDatabase,
    /// Imported, and the chain has not gone on for long enough without this key.
    #[error(
        "the guard was imported: it signs from height {from} on if this key is not seen before"
    )]
    Imported {
        /// The tip at which it is armed.
        from: Height,
    },
    /// Journal or database are older than the guard.
    #[error(
        "storage went back: the tip is {tip}, but this key has signed up to height {signed}; \
         nothing is signed until the chain is synced beyond it"
    )]
    StorageWentBack {
        /// The tip.
        tip: Height,
        /// The highest height signed at.
        signed: Height,
    },
}

/// Why a node must not even observe: it exits with code 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Journal or database hold a message of ours that the guard knows otherwise.
    #[error("stop: {0}")]
    Contradiction(#[from] Alarm),
}

/// The hash of what names a machine.
#[must_use]
pub fn machine_of(machine: &[u8]) -> Hash {
    hash::derive(domain::MACHINE, machine)
}

/// `H("instance", {machine id, canonical data path, nonce})`: one node's data on one machine.
#[must_use]
pub fn instance_of(machine: &[u8], data_path: &str, nonce: &[u8; 32]) -> Hash {
    hash::derive_value(domain::INSTANCE, &(machine, data_path, nonce))
}

/// Judge a start: see the module's head.
///
/// # Errors
/// [`StartError`] if our own storage contradicts the guard.
pub fn start(guard: Option<Guard>, facts: &StartFacts<'_>) -> Result<Start, StartError> {
    let Some(mut guard) = guard else {
        return Ok(observe(Observer::Missing));
    };
    if let Some(reason) = belongs_elsewhere(&guard, facts) {
        return Ok(observe(reason));
    }
    for (address, signed) in facts.journal.iter().chain(&facts.newest_seal) {
        guard.raise(*address, signed.clone())?;
    }
    if let Some(reason) = came_from_elsewhere(&guard, facts) {
        return Ok(observe(reason));
    }
    let is_imported = matches!(guard.standing, Standing::Imported { .. });
    if !is_imported && facts.key_seen > guard.votes.height() {
        // The chain has votes of this key that the guard lacks: it was put back, and the journal
        // beside it. What the key said at the next height is not known either.
        give_up_below(&mut guard, facts.tip);
    }
    if let Standing::Imported { since } = guard.standing {
        let from = armed_from(since.unwrap_or(facts.tip), facts);
        if since.is_none() || facts.tip < from {
            guard.standing = Standing::Imported { since: Some(since.unwrap_or(facts.tip)) };
            let write = since.is_none().then_some(guard);
            return Ok(Start::Observer { reason: Observer::Imported { from }, write });
        }
        give_up_below(&mut guard, facts.tip);
    }
    if let Some(reason) = went_back(&guard, facts) {
        // Lanes raised by what storage still holds are not forgotten.
        return Ok(Start::Observer { reason, write: Some(guard) });
    }
    guard.genesis_hash = Some(facts.genesis_hash);
    if !matches!(guard.standing, Standing::Armed { .. }) {
        guard.standing = armed(facts.machine, facts.data_path, facts.fresh);
    }
    Ok(Start::Armed(guard))
}

/// What an operator's `validator arm` is done with.
#[derive(Clone, Debug)]
pub struct Arming<'a> {
    /// The chain of the chain spec.
    pub chain_id: ChainId,
    /// The block id of its header 0.
    pub genesis_hash: BlockId,
    /// The validator of the key at hand.
    pub validator: ValidatorId,
    /// What names this machine; empty if nothing does.
    pub machine: &'a [u8],
    /// The canonical path of the data folder.
    pub data_path: &'a str,
    /// 32 fresh random bytes.
    pub fresh: [u8; 32],
    /// The highest tip that the peers serve.
    pub tip: Height,
    /// The operator's own first height to vote and seal at. A vote or seal given at or above it
    /// by an earlier run of this key, over another value, opens the sealed identity.
    pub height: Option<Height>,
}

/// Arm a guard on the operator's word that this key runs nowhere else.
///
/// Seals start at tip + 1 and votes at tip + 2 of the peers, or both at the operator's height;
/// never below the old lanes. The guard of another chain or validator is not touched: the caller
/// puts that file aside and gets a new guard.
#[must_use]
pub fn arm(old: Option<Guard>, arming: &Arming<'_>) -> Guard {
    let standing = armed(arming.machine, arming.data_path, arming.fresh);
    let genesis_hash = Some(arming.genesis_hash);
    let same = |guard: &Guard| {
        guard.chain_id == arming.chain_id
            && guard.genesis_hash.is_none_or(|hash| hash == arming.genesis_hash)
            && guard.validator == arming.validator
    };
    let mut guard = match old.filter(same) {
        Some(mut guard) => {
            (guard.standing, guard.genesis_hash) = (standing, genesis_hash);
            guard
        }
        None => Guard::new(arming.chain_id, genesis_hash, arming.validator, standing),
    };
    match arming.height {
        Some(height) => guard.give_up(height.previous(), height.previous()),
        None => give_up_below(&mut guard, arming.tip),
    }
    guard
}

const fn observe(reason: Observer) -> Start {
    Start::Observer { reason, write: None }
}

fn armed(machine: &[u8], data_path: &str, nonce: [u8; 32]) -> Standing {
    Standing::Armed { instance: instance_of(machine, data_path, &nonce), nonce }
}

/// Whoever signed before may have sealed up to the tip and voted at the height above it.
fn give_up_below(guard: &mut Guard, tip: Height) {
    guard.give_up(tip, tip.next());
}

fn belongs_elsewhere(guard: &Guard, facts: &StartFacts<'_>) -> Option<Observer> {
    let same_genesis = guard.genesis_hash.is_none_or(|hash| hash == facts.genesis_hash);
    if guard.chain_id != facts.chain_id || !same_genesis {
        let Guard { chain_id, genesis_hash, .. } = *guard;
        return Some(Observer::OtherChain { chain_id, genesis_hash });
    }
    if guard.validator != facts.validator {
        return Some(Observer::OtherValidator { validator: guard.validator });
    }
    None
}

fn came_from_elsewhere(guard: &Guard, facts: &StartFacts<'_>) -> Option<Observer> {
    match guard.standing {
        Standing::Made { machine } if machine != machine_of(facts.machine) => {
            Some(Observer::OtherMachine)
        }
        Standing::Armed { instance, nonce }
            if instance != instance_of(facts.machine, facts.data_path, &nonce) =>
        {
            Some(Observer::OtherPlace)
        }
        Standing::Armed { instance, .. } if facts.database_instance != Some(instance) => {
            Some(Observer::OtherDatabase)
        }
        Standing::Made { .. } | Standing::Armed { .. } | Standing::Imported { .. } => None,
    }
}

/// The tip at which an imported guard is armed.
fn armed_from(since: Height, facts: &StartFacts<'_>) -> Height {
    Height(since.max(facts.key_seen).0.saturating_add(facts.import_wait))
}

/// A guarded message that the journal lacks never left: its address stays burnt. But if even the
/// message that the flushed journal held at the last signature is gone, storage went back.
fn went_back(guard: &Guard, facts: &StartFacts<'_>) -> Option<Observer> {
    let holds = |settled: &SignedAddress| {
        settled.height <= facts.tip || facts.journal.iter().any(|(address, _)| address == settled)
    };
    let votes_settled = if facts.went_back {
        guard.votes().height() <= facts.tip
    } else {
        guard.settled().is_none_or(holds)
    };
    if guard.seals().height() <= facts.tip && votes_settled {
        return None;
    }
    let signed = guard.seals().height().max(guard.votes().height());
    Some(Observer::StorageWentBack { tip: facts.tip, signed })
}
