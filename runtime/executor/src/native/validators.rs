//! The validators: who is in V(h + 2), and when a bond is paid back (docs/protocol.md 3.1, 6.2).
//!
//! What a block changes about the set takes effect two heights later: V(h + 1) was fixed by the
//! block before, and is what the next header announces.

use super::evidence::receipt;
use super::{credit, debit, event, payee, settled};
use crate::modules;
use state::key::{self, Space};
use state::{NodeReader, Overlay, ReadError, read};
use types::hash::AddressKind;
use types::receipt::NativeEvent;
use types::record::{PayoutRecord, SetRecord, ValidatorStatus};
use types::{
    Amount, Code, Event, Height, Params, Receipt, ReceiptKind, ValidatorId, ValidatorRecord,
    ValidatorSet, Version,
};

/// Most bonds that one block pays out; the others wait for the next.
const MAX_PAYOUTS: usize = 16;

/// What is registered about a validator that is known to be one.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn expect(
    reader: &dyn NodeReader,
    id: &ValidatorId,
) -> Result<ValidatorRecord, ReadError> {
    read::validator(reader, id)?.ok_or(ReadError::Missing { what: "validator record" })
}

/// V(height + 2) as far as the block of `height` has made it.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn pending(reader: &dyn NodeReader, height: Height) -> Result<ValidatorSet, ReadError> {
    read::validator_set_at(reader, first(height))
}

/// A set that could not commit: too little of its power was there of late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("power {live} of {total} was there of late, more than two thirds are needed")]
pub(crate) struct Unsafe {
    live: u64,
    total: u64,
}

/// Whether more than two thirds of a set's power signed within 17 heights, or joined within 16
/// (docs/protocol.md 3.5).
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn check_safe(
    reader: &dyn NodeReader,
    height: Height,
    set: &ValidatorSet,
) -> Result<Result<(), Unsafe>, ReadError> {
    let eligible = read::eligible(reader, height, set)?;
    let power = |index: &u16| set.get(usize::from(*index)).map_or(0, |held| held.power.0);
    let live = eligible.iter().map(power).fold(0, u64::saturating_add);
    let total = set.total_power().0;
    let safe = set.is_quorum(types::VotingPower(live));
    Ok(if safe { Ok(()) } else { Err(Unsafe { live, total }) })
}

/// The first height that a change by the block of `height` is about.
pub(crate) fn first(height: Height) -> Height {
    height.next().next()
}

pub(crate) fn set_pending(overlay: &mut Overlay<'_>, height: Height, set: ValidatorSet) {
    let record = SetRecord { version: Version, set };
    overlay.set(&key::set(first(height)), types::encode(&record));
}

/// Take a validator out of V(height + 2) and let its bond wait. The last validator stays: a chain
/// without any could not even punish.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn remove(
    overlay: &mut Overlay<'_>,
    height: Height,
    params: &Params,
    id: &ValidatorId,
    status: ValidatorStatus,
) -> Result<(), ReadError> {
    let mut record = expect(overlay, id)?;
    record.status = status;
    let set = pending(overlay, height)?;
    let rest: Vec<_> = set.validators().iter().filter(|v| v.id != *id).cloned().collect();
    let leaves = rest.len() < set.len() && !rest.is_empty();
    if leaves {
        let rest = ValidatorSet::new(rest).expect("a part of a set that is not empty is a set");
        set_pending(overlay, height, rest);
        // It still signs V(height + 1), which is fixed.
        record.last_height = Some(height.next());
        owe(overlay, height.next(), params, id);
    }
    overlay.set(&key::validator(id), types::encode(&record));
    Ok(())
}

/// Let a bond wait until no evidence about its validator can come any more.
fn owe(overlay: &mut Overlay<'_>, last_height: Height, params: &Params, id: &ValidatorId) {
    let record = PayoutRecord { version: Version, last_height };
    overlay.set(&key::payout(due(last_height, params), id), types::encode(&record));
}

/// Evidence about the last height is good in blocks up to its height + window; the bond leaves in
/// the block after that one.
fn due(last_height: Height, params: &Params) -> Height {
    Height(last_height.0.saturating_add(params.evidence_window).saturating_add(1))
}

/// What ends a block: bonds that fall due, and what became of the set. No receipt if nothing
/// happened.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn finish(
    overlay: &mut Overlay<'_>,
    height: Height,
    params: &Params,
) -> Result<Option<Receipt>, ReadError> {
    let mut events = pay_bonds(overlay, height, params)?;
    events.extend(set_changed(overlay, height)?);
    Ok((!events.is_empty()).then(|| receipt(ReceiptKind::SetChange, events)))
}

fn set_changed(overlay: &Overlay<'_>, height: Height) -> Result<Option<Event>, ReadError> {
    let before = read::validator_set_at(overlay, height.next())?;
    let after = pending(overlay, height)?;
    if before == after {
        return Ok(None);
    }
    let only = |these: &ValidatorSet, those: &ValidatorSet| {
        let ids = these.validators().iter().map(|validator| validator.id);
        ids.filter(|id| those.by_id(id).is_none()).collect::<Vec<_>>()
    };
    let (joined, left) = (only(&after, &before), only(&before, &after));
    let (from, power) = (first(height), after.total_power());
    Ok(Some(event(&NativeEvent::SetChanged { from, joined, left, power })))
}

/// Pay out the bonds that fall due. A window that grew meanwhile lets them wait longer.
fn pay_bonds(
    overlay: &mut Overlay<'_>,
    height: Height,
    params: &Params,
) -> Result<Vec<Event>, ReadError> {
    let mut events = Vec::new();
    for (raw, _) in overlay.scan(&Space::Payout.prefix(), None, MAX_PAYOUTS)? {
        let (fell_due, id) = key::parse_payout(&raw)
            .ok_or_else(|| corrupt("payout key", "is no key of its space"))?;
        if fell_due > height {
            break;
        }
        let record: PayoutRecord = read::record(overlay, "payout record", &raw)?
            .ok_or(ReadError::Missing { what: "payout record" })?;
        overlay.remove(&raw);
        if due(record.last_height, params) > height {
            owe(overlay, record.last_height, params, &id);
        } else {
            events.extend(pay_bond(overlay, &id)?);
        }
    }
    Ok(events)
}

fn pay_bond(overlay: &mut Overlay<'_>, id: &ValidatorId) -> Result<Option<Event>, ReadError> {
    let mut record = expect(overlay, id)?;
    let (amount, to) = (record.bond, payee(overlay, record.operator)?);
    record.bond = Amount::ZERO;
    if record.status == ValidatorStatus::Leaving {
        record.status = ValidatorStatus::Left;
    }
    overlay.set(&key::validator(id), types::encode(&record));
    if amount == Amount::ZERO {
        return Ok(None);
    }
    settled(debit(overlay, &modules::BONDS, amount, Code::InsufficientBalance))?;
    let kind = if modules::is_module(&to) { AddressKind::Module } else { AddressKind::Account };
    settled(credit(overlay, &to, amount, kind))?;
    Ok(Some(event(&NativeEvent::BondPaid { validator: *id, to, amount })))
}

fn corrupt(what: &'static str, reason: &str) -> ReadError {
    ReadError::Corrupt { what, reason: reason.to_owned() }
}
