//! Each rule of the guard and its breach; the file; every way to start.

use super::*;
use types::{
    BlockId, ChainId, Hash, Height, Round, Share, Signature, SignedAddress, Step, ValidatorId,
    Value,
};

mod handover;
mod rules;
mod slots;
mod starts;

const CHAIN: ChainId = ChainId([1; 32]);
const OTHER_CHAIN: ChainId = ChainId([2; 32]);
const GENESIS: BlockId = BlockId([3; 32]);
const OWN: ValidatorId = ValidatorId([4; 32]);
const MACHINE: &[u8] = b"machine";
const DATA: &str = "/var/lib/syndic/data";
const X: Value = Some(Hash([8; 32]));
const Y: Value = Some(Hash([9; 32]));

fn at(height: u64, round: u32, step: Step) -> SignedAddress {
    SignedAddress { chain_id: CHAIN, height: Height(height), round: Round(round), step }
}

fn signed(value: Value) -> Signed {
    let byte = value.map_or(0, |hash| hash.0[0]);
    Signed { value, signature: Signature([byte; 64]), share: Share([byte; 128]) }
}

fn made() -> Guard {
    Guard::made(CHAIN, OWN, machine_of(MACHINE))
}

/// A guard that signed these, in order.
fn guard_after(messages: &[(SignedAddress, Value)]) -> Guard {
    let mut guard = made();
    for (address, value) in messages {
        guard.record(*address, signed(*value), None);
    }
    guard
}
