//! What a contract asks of the chain, answered by the test's own.

use super::chain::{self, Failed, Stop, frame, with};
use crate::client::Request;
use crate::host::Algorithm;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use sha2::{Digest, Sha256};
use std::panic;
use types::contract::{MAX_RETURN_BYTES, MAX_STORAGE_VALUE_BYTES, RANDOMNESS_HEIGHTS};
use types::{Address, Amount, Code, Context, Event, Hash, Height, PublicKey, Role, Signature};

/// Longest key of a contract. Unit: bytes (`docs/protocol.md` 7.1).
const MAX_KEY_BYTES: usize = 256;

/// End the running contract as the chain does. The panic hook is not for this: nothing went wrong
/// in the test.
fn stop(code: Code) -> ! {
    panic::resume_unwind(Box::new(Stop(code)))
}

/// That a condition of the chain holds; the contract ends if not.
fn require(holds: bool, otherwise: Code) {
    if !holds {
        stop(otherwise);
    }
}

fn require_writable() {
    require(!context().view, Code::ViewWrites);
}

fn own(key: &[u8]) -> (Address, Vec<u8>) {
    require(key.len() <= MAX_KEY_BYTES, Code::StorageLimit);
    (context().contract, key.to_vec())
}

pub(crate) fn context() -> Context {
    with(|world| frame(world).context.clone())
}

pub(crate) fn storage_get(key: &[u8]) -> Option<Vec<u8>> {
    let key = own(key);
    with(|world| world.storage.get(&key).cloned())
}

pub(crate) fn storage_has(key: &[u8]) -> bool {
    let key = own(key);
    with(|world| world.storage.contains_key(&key))
}

pub(crate) fn storage_set(key: &[u8], value: &[u8]) {
    require(value.len() <= MAX_STORAGE_VALUE_BYTES, Code::StorageLimit);
    let key = own(key);
    require_writable();
    with(|world| world.store(key, Some(value.to_vec())));
}

pub(crate) fn storage_remove(key: &[u8]) -> bool {
    let key = own(key);
    require_writable();
    with(|world| world.store(key, None))
}

pub(crate) fn storage_scan(prefix: &[u8], after: &[u8], limit: u32) -> Vec<(Vec<u8>, Vec<u8>)> {
    let (contract, prefix) = own(prefix);
    let start = core::cmp::max(prefix.clone(), own(after).1);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut bytes = 0;
    with(|world| {
        let from = world.storage.range((contract, start)..);
        from.map(|((owner, key), value)| (owner, key, value))
            .take_while(|(owner, key, _)| **owner == contract && key.starts_with(&prefix))
            .filter(|(_, key, _)| after.is_empty() || key.as_slice() > after)
            .take(limit)
            .take_while(|(_, key, value)| {
                bytes += key.len() + value.len() + 8;
                bytes <= MAX_RETURN_BYTES
            })
            .map(|(_, key, value)| (key.clone(), value.clone()))
            .collect()
    })
}

pub(crate) fn emit(name: &str, data: &[u8]) {
    require_writable();
    let (name, data) = (String::from(name), data.to_vec());
    with(|world| {
        let source = frame(world).context.contract;
        world.events.push(Event { source, name, data });
    });
}

pub(crate) fn transfer(to: &Address, amount: Amount) -> Result<(), Code> {
    require_writable();
    with(|world| {
        let from = frame(world).context.contract;
        // A contract takes money while it runs alone, as on the chain.
        let runs = world.frames.iter().any(|frame| frame.context.contract == *to);
        if !runs && amount > Amount::ZERO && world.contracts.contains_key(to) {
            return Err(Code::ReservedAddress);
        }
        world.transfer(from, *to, amount)
    })
}

pub(crate) fn call(request: Request<'_>) -> Result<Vec<u8>, Failed> {
    if request.value > Amount::ZERO {
        require_writable();
    }
    chain::call_nested(request)
}

pub(crate) fn hash(algorithm: Algorithm, bytes: &[u8]) -> Hash {
    match algorithm {
        Algorithm::Blake3 => ::crypto::hash::blake3(bytes),
        Algorithm::Sha256 => Hash(Sha256::digest(bytes).into()),
        Algorithm::Derive => {
            let (name, bytes): (String, Vec<u8>) =
                borsh::from_slice(bytes).expect("name and bytes are encoded by this crate");
            ::crypto::hash::derive(&name, &bytes)
        }
    }
}

pub(crate) fn verify(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    ::crypto::sign::verify(key, message, signature)
}

pub(crate) fn merkle_verify(
    root: &Hash,
    entry: &Hash,
    index: u64,
    count: u64,
    proof: &[Hash],
) -> bool {
    match (usize::try_from(index), usize::try_from(count)) {
        (Ok(index), Ok(count)) => ::crypto::merkle::verify(root, entry, index, count, proof),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

pub(crate) fn has_role(account: &Address, role: Role) -> bool {
    with(|world| world.roles.contains(&(*account, role)))
}

pub(crate) fn balance(account: &Address) -> Amount {
    with(|world| world.balance(account))
}

pub(crate) fn randomness(height: Height) -> Option<Hash> {
    with(|world| {
        let age = world.height.checked_sub(height)?;
        let kept = age.get() < RANDOMNESS_HEIGHTS;
        kept.then(|| super::env::randomness(world, height))
    })
}

pub(crate) fn new_id() -> Hash {
    with(|world| {
        let frame = frame(world);
        let made = ::crypto::id::id_of_call(&frame.context.call_id, frame.ids);
        frame.ids = frame.ids.checked_add(1).expect("a call makes fewer than 2^32 identifiers");
        made
    })
}

/// Cargo shows it with a test that fails.
pub(crate) fn log(line: &str) {
    std::eprintln!("contract: {line}");
}
