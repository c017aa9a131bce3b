//! The rules of a single transaction: what makes a block that holds it invalid, and what the pool
//! refuses beyond that.
//!
//! A block with a transaction that breaks a rule of [`decode`], [`check_stateless`] or
//! [`check_stateful`] is invalid. [`check_admission`] refuses what would only become a failed
//! receipt.

use crate::fees;
use crate::native;
use crate::rejection::{CheckError, Rejection};
use crypto::auth;
use crypto::sign::Check;
use state::{NodeReader, read};
use std::sync::Arc;
use types::governance::MembershipCall;
use types::params::Permission;
use types::record::ValidatorStatus;
use types::transaction::{MAX_CALLS, MAX_LANE, MAX_REFERENCE_BYTES};
use types::{
    Address, Amount, Call, ChainId, Code, DecodeError, Gas, Height, Nonce, Params, Role, SignedTx,
    TimestampMs, Tx, TxHash,
};

/// A transaction that was decoded once, with the bytes it came in; both are shared, never copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The transaction.
    pub signed: Arc<SignedTx>,
    /// Its encoding.
    pub bytes: Arc<[u8]>,
    /// `H("signed-tx", bytes)`.
    pub hash: TxHash,
}

/// The block that a transaction would stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub time_ms: TimestampMs,
}

/// Decode a transaction.
///
/// # Errors
/// [`Code::TooLarge`] above `max_tx_bytes`, or above `max_deploy_bytes` if it deploys code;
/// [`Code::Malformed`] if the bytes are no transaction.
pub fn decode(bytes: &[u8], params: &Params) -> Result<Decoded, Rejection> {
    let signed = Arc::new(decode_signed(bytes, params)?);
    Ok(Decoded { signed, bytes: bytes.into(), hash: crypto::id::tx_hash(bytes) })
}

/// As [`decode`], without keeping the bytes.
pub(crate) fn decode_signed(bytes: &[u8], params: &Params) -> Result<SignedTx, Rejection> {
    let largest = params.max_tx_bytes.max(params.max_deploy_bytes);
    let limit = usize::try_from(largest).unwrap_or(usize::MAX);
    let signed: SignedTx =
        types::decode("transaction", bytes, limit).map_err(|error| match error {
            DecodeError::TooLarge { bytes, limit, .. } => {
                Rejection::new(Code::TooLarge, "bytes", bytes, limit)
            }
            DecodeError::Malformed { reason, .. } => {
                Rejection::new(Code::Malformed, "bytes", "", reason)
            }
        })?;
    check_size(&signed.tx, bytes.len(), params)?;
    Ok(signed)
}

/// Whether the transaction deploys code, for which other ceilings hold.
fn deploys(tx: &Tx) -> bool {
    tx.calls.iter().any(|call| call.code().is_some())
}

/// Whether an encoded transaction is small enough for what it does.
pub(crate) fn check_size(tx: &Tx, bytes: usize, params: &Params) -> Result<(), Rejection> {
    let limit = if deploys(tx) { params.max_deploy_bytes } else { params.max_tx_bytes };
    if bytes > usize::try_from(limit).unwrap_or(usize::MAX) {
        return Err(Rejection::new(Code::TooLarge, "bytes", bytes, limit));
    }
    Ok(())
}

/// What the transaction costs before it runs.
#[must_use]
pub fn intrinsic_gas(decoded: &Decoded) -> Gas {
    let signed = &decoded.signed;
    fees::intrinsic_gas(&signed.tx, decoded.bytes.len(), fees::signatures(signed))
}

/// Check all that needs no state, and hand out the signature checks so that callers can batch
/// those of many transactions.
///
/// # Errors
/// [`Rejection`] names the first breach.
pub fn check_stateless(
    decoded: &Decoded,
    chain_id: &ChainId,
    params: &Params,
) -> Result<Vec<Check>, Rejection> {
    check_fields(&decoded.signed.tx, intrinsic_gas(decoded), chain_id, params)?;
    signature_checks(&decoded.signed)
}

/// Whether every signature of a transaction verifies: [`check_stateless`] and its checks at once.
///
/// # Errors
/// [`Rejection`] names the first breach.
pub fn check_alone(
    decoded: &Decoded,
    chain_id: &ChainId,
    params: &Params,
) -> Result<(), Rejection> {
    let checks = check_stateless(decoded, chain_id, params)?;
    let verdicts = crypto::sign::verify_batch(&checks);
    match checks.iter().zip(verdicts).find(|(_, valid)| !valid) {
        None => Ok(()),
        Some((check, _)) => Err(bad_signature(check)),
    }
}

/// The fields that stand on their own.
pub(crate) fn check_fields(
    tx: &Tx,
    intrinsic: Gas,
    chain_id: &ChainId,
    params: &Params,
) -> Result<(), Rejection> {
    if tx.chain_id != *chain_id {
        return Err(Rejection::new(Code::WrongChain, "chain_id", tx.chain_id, chain_id));
    }
    if tx.lane > MAX_LANE {
        let limit = format!("0 to {MAX_LANE}");
        return Err(Rejection::new(Code::BadField, "lane", tx.lane, limit));
    }
    let (bytes, limit) = (tx.reference.len(), MAX_REFERENCE_BYTES);
    if bytes > limit {
        return Err(Rejection::new(Code::TooLarge, "reference", format!("{bytes} bytes"), limit));
    }
    let calls = tx.calls.len();
    if calls == 0 {
        return Err(Rejection::new(Code::BadField, "calls", "empty", format!("1 to {MAX_CALLS}")));
    }
    if calls > MAX_CALLS {
        let calls = format!("{calls} long");
        return Err(Rejection::new(Code::TooLarge, "calls", calls, MAX_CALLS));
    }
    if tx.gas_limit < intrinsic {
        return Err(Rejection::new(Code::GasLimitTooLow, "gas_limit", tx.gas_limit, intrinsic));
    }
    let limit = if deploys(tx) { params.max_deploy_gas } else { params.max_tx_gas };
    if tx.gas_limit.0 > limit {
        return Err(Rejection::new(Code::GasLimitTooHigh, "gas_limit", tx.gas_limit, limit));
    }
    Ok(())
}

/// The signature checks of a transaction whose authorisations belong to its addresses.
pub(crate) fn signature_checks(signed: &SignedTx) -> Result<Vec<Check>, Rejection> {
    auth::checks(signed).map_err(|error| Rejection::new(Code::BadAuth, "auth", "", error))
}

/// That this check failed.
pub(crate) fn bad_signature(check: &Check) -> Rejection {
    let key = types::Hash(check.key.0);
    Rejection::new(Code::BadSignature, "auth.signature", format!("not one of key {key}"), "")
}

/// Check what depends on the state after the parent and on the block's position.
///
/// `expected_nonce` is the next of the sender's lane: [`next_nonce`], or one more for each
/// transaction of the lane that stands before this one in the block or pool.
///
/// # Errors
/// [`CheckError::Invalid`] names the first breach.
pub fn check_stateful(
    reader: &dyn NodeReader,
    tx: &Tx,
    position: &Position,
    params: &Params,
    expected_nonce: Nonce,
) -> Result<(), CheckError> {
    check_position(tx, position, params)?;
    check_nonce(tx, expected_nonce)?;
    match check_sender(reader, tx, position, params)? {
        None => Ok(()),
        Some(refusal) => Err(refusal.into()),
    }
}

/// Whether the transaction may stand in a block of this time.
///
/// # Errors
/// [`Code::Expired`] or [`Code::ValidTooFar`].
pub fn check_position(tx: &Tx, position: &Position, params: &Params) -> Result<(), Rejection> {
    let (now, until) = (position.time_ms, tx.valid_until_ms);
    if now > until {
        return Err(Rejection::new(Code::Expired, "valid_until_ms", until, now));
    }
    let latest = TimestampMs(now.0.saturating_add(params.max_valid_ahead_ms));
    if until > latest {
        return Err(Rejection::new(Code::ValidTooFar, "valid_until_ms", until, latest));
    }
    Ok(())
}

/// Whether the nonce is the next of its lane.
///
/// # Errors
/// [`Code::NonceTooLow`] or [`Code::NonceTooHigh`].
pub fn check_nonce(tx: &Tx, expected: Nonce) -> Result<(), Rejection> {
    let code = match tx.nonce.cmp(&expected) {
        core::cmp::Ordering::Less => Code::NonceTooLow,
        core::cmp::Ordering::Equal => return Ok(()),
        core::cmp::Ordering::Greater => Code::NonceTooHigh,
    };
    Err(Rejection::new(code, "nonce", tx.nonce, expected))
}

/// The next nonce of a lane.
///
/// # Errors
/// [`state::ReadError`] if state cannot be read.
pub fn next_nonce(
    reader: &dyn NodeReader,
    sender: &Address,
    lane: u8,
) -> Result<Nonce, state::ReadError> {
    Ok(read::lane(reader, sender, lane)?.map_or(Nonce::ZERO, |record| record.next))
}

/// Whether this is how the node of an admitted validator says that it has caught up: one call, sent
/// by the account of the network key that was registered with the validator. It costs nothing and
/// needs no role, so that a node sends it by itself without holding money (docs/protocol.md 3.5).
/// The members have admitted that key, and once it is ready this is over.
///
/// # Errors
/// [`state::ReadError`] if state cannot be read.
pub(crate) fn is_own_readiness(reader: &dyn NodeReader, tx: &Tx) -> Result<bool, state::ReadError> {
    let [Call::Membership(MembershipCall::Ready { readiness, .. })] = tx.calls.as_slice() else {
        return Ok(false);
    };
    if tx.payer.is_some() {
        return Ok(false);
    }
    let record = read::validator(reader, &readiness.validator)?;
    Ok(record.is_some_and(|record| {
        record.status == ValidatorStatus::Admitted
            && crypto::id::account_address(&record.network_key) == tx.sender
    }))
}

/// Whether the chain lets the sender send; the inner refusal is [`Code::SenderNotAllowed`].
pub(crate) fn check_sender(
    reader: &dyn NodeReader,
    tx: &Tx,
    position: &Position,
    params: &Params,
) -> Result<Option<Rejection>, state::ReadError> {
    let needed = Role::User;
    let allowed = match params.send {
        Permission::Anyone => true,
        Permission::Role => {
            native::holds_role(reader, &tx.sender, needed, position.time_ms)?
                || is_own_readiness(reader, tx)?
        }
    };
    let refusal = || Rejection::new(Code::SenderNotAllowed, "sender", tx.sender, needed.name());
    Ok((!allowed).then(refusal))
}

/// Refuse a transaction that no block could hold yet, or that would only use up its nonce there:
/// for pools, not for blocks. Its place in its lane is the pool's to judge.
///
/// `position` is the next block at the time it would have now; `reader` is the latest state, so
/// money that is on its way does not count.
///
/// # Errors
/// [`CheckError::Invalid`] names the first breach.
pub fn check_admission(
    reader: &dyn NodeReader,
    tx: &Tx,
    position: &Position,
    params: &Params,
) -> Result<(), CheckError> {
    check_stateful(reader, tx, position, params, tx.nonce)?;
    if is_own_readiness(reader, tx)? {
        return Ok(());
    }
    check_funds(reader, tx, params)?;
    check_code(reader, tx, position, params)
}

/// Whether the sender may deploy, and the chain takes the code.
fn check_code(
    reader: &dyn NodeReader,
    tx: &Tx,
    position: &Position,
    params: &Params,
) -> Result<(), CheckError> {
    if !deploys(tx) {
        return Ok(());
    }
    if !native::may_deploy(reader, &tx.sender, params, position.time_ms)? {
        let (code, role) = (Code::SenderNotAllowed, Role::Deployer.name());
        return Err(Rejection::new(code, "sender", tx.sender, role).into());
    }
    for code in tx.calls.iter().filter_map(Call::code) {
        vm::check(code).map_err(|error| refused_code(&error))?;
    }
    Ok(())
}

/// What is wrong with a module.
fn refused_code(error: &vm::ModuleError) -> Rejection {
    let what = format!("{} {} ({})", error.what, error.value, error.rule);
    Rejection::new(Code::CodeRefused, "code", what.trim(), &error.limit)
}

/// Whether sender and payer hold what the transaction asks for.
fn check_funds(reader: &dyn NodeReader, tx: &Tx, params: &Params) -> Result<(), CheckError> {
    let reserve = fees::fee(params, tx.gas_limit);
    if reserve > tx.fee_limit {
        return Err(Rejection::new(Code::FeeLimit, "fee_limit", tx.fee_limit, reserve).into());
    }
    let payer = tx.payer.as_ref().unwrap_or(&tx.sender);
    let payable = native::balance(reader, payer)?;
    if payable < reserve {
        return Err(Rejection::new(Code::FeeUnpaid, "payer.balance", payable, reserve).into());
    }
    let mut needed = if *payer == tx.sender { reserve } else { Amount::ZERO };
    for call in &tx.calls {
        let spent = match call {
            Call::Transfer { to, amount } => {
                native::check_transfer(&tx.sender, to, *amount)
                    .map_err(|code| Rejection::new(code, "calls", "", code.meaning()))?;
                *amount
            }
            Call::Instantiate { value, .. } | Call::Call { value, .. } => *value,
            Call::GrantRole { .. }
            | Call::RevokeRole { .. }
            | Call::Deploy { .. }
            | Call::Upgrade { .. }
            | Call::PauseContract { .. }
            | Call::Membership(_) => Amount::ZERO,
        };
        needed = needed.checked_add(spent).unwrap_or(Amount::MAX);
    }
    let held = native::balance(reader, &tx.sender)?;
    if held < needed {
        let code = Code::InsufficientBalance;
        return Err(Rejection::new(code, "sender.balance", held, needed).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
