//! What native work costs in gas, and what gas costs in money.
//!
//! A block's gas bounds the time that it takes: 600 M gas at 2.5 ns each are 1.5 s on one core. So
//! each constant is about the time of its work divided by 2.5 ns, rounded up. On two shared cores
//! a transfer, signature apart, takes 1.5 to 3 µs to check and 2.5 to 6 µs to execute. The
//! constants are part of the rules: a change of one is a change of protocol.

use types::governance::MembershipCall;
use types::transaction::Auth;
use types::{Amount, Call, Gas, Params, SignedTx, Tx};

/// Every transaction: decoding, two hashes, its lane's nonce read and written, its receipt, its
/// places in the indexes. About 5 µs.
pub const BASE_GAS: Gas = Gas(2_000);
/// Each byte of the encoded transaction: hashed twice, sent to every node, and kept. About 25 ns.
pub const BYTE_GAS: Gas = Gas(10);
/// Each signature: 17 to 20 µs in a batch of 64, the usual way.
pub const SIGNATURE_GAS: Gas = Gas(8_000);
/// Each native call: two accounts or records read, changed and written, one event, and the tree
/// above both of them. About 10 µs.
pub const CALL_GAS: Gas = Gas(4_000);

/// Each byte of deployed code, instead of [`BYTE_GAS`]: it is kept for good in every node's state,
/// checked and compiled. 512 KiB compile in about a second, which blocks bound by bytes of code,
/// not by gas.
pub const CODE_BYTE_GAS: Gas = Gas(200);

/// Bytes that one signature and its key add to an encoded transaction: `Auth::Ed25519`.
pub const SINGLE_AUTH_BYTES: usize = 97;

/// How many signatures a transaction carries.
#[must_use]
pub fn signatures(signed: &SignedTx) -> usize {
    let of = |auth: &Auth| match auth {
        Auth::Ed25519 { .. } => 1,
        Auth::Multi { signatures, .. } => signatures.len(),
    };
    of(&signed.auth).saturating_add(signed.payer_auth.as_ref().map_or(0, of))
}

/// Signatures and proofs that a transaction's calls carry: each costs what a signature does.
fn call_signatures(tx: &Tx) -> usize {
    let of = |call: &Call| match call {
        // Two possessions, and the attestations.
        Call::Membership(MembershipCall::Register { registration }) => {
            registration.identity.attestations.len().saturating_add(2)
        }
        Call::Membership(MembershipCall::Rotate { rotation }) => {
            rotation.identity.attestations.len().saturating_add(2)
        }
        Call::Membership(MembershipCall::Ready { .. }) => 1,
        _ => 0,
    };
    tx.calls.iter().map(of).fold(0, usize::saturating_add)
}

/// How many bytes of code a transaction deploys.
#[must_use]
pub fn code_bytes(tx: &Tx) -> usize {
    let codes = tx.calls.iter().filter_map(Call::code);
    codes.fold(0, |sum, code| sum.saturating_add(code.len()))
}

/// What a transaction costs before it runs: for native calls that is all it costs.
///
/// `bytes` is the size of its encoding. Saturates; such a cost is above every limit.
#[must_use]
pub fn intrinsic_gas(tx: &Tx, bytes: usize, signatures: usize) -> Gas {
    let times =
        |gas: Gas, count: usize| gas.0.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
    let code = code_bytes(tx);
    let sum = BASE_GAS
        .0
        .saturating_add(times(BYTE_GAS, bytes.saturating_sub(code)))
        .saturating_add(times(CODE_BYTE_GAS, code))
        .saturating_add(times(SIGNATURE_GAS, signatures.saturating_add(call_signatures(tx))))
        .saturating_add(times(CALL_GAS, tx.calls.len()));
    Gas(sum)
}

/// The fee for `gas` at the chain's price; the largest amount if it exceeds even that, which no
/// account holds and no fee limit allows.
#[must_use]
pub fn fee(params: &Params, gas: Gas) -> Amount {
    params.fee(gas).unwrap_or(Amount::MAX)
}

#[cfg(test)]
mod tests;
