//! Punish a double sign: open the identity, divide the bond, remove the validator; once each
//! (docs/protocol.md 6.1).

use super::{credit, debit, event, payee, settled, validators};
use crate::evidence::Proven;
use crate::modules;
use crypto::hidden::{self, RecordOf};
use state::{Overlay, ReadError, key, read};
use types::hash::AddressKind;
use types::punishment::{Forfeit, Opening, PunishedRecord, RevealRecord};
use types::receipt::{NativeEvent, Status};
use types::record::ValidatorStatus;
use types::{
    Address, Amount, BasisPoints, Code, Event, Gas, Hash, Height, Params, Receipt, ReceiptKind,
    ValidatorId, Version,
};

/// The block that punishes.
#[derive(Clone, Copy)]
pub(crate) struct Bench<'a> {
    pub(crate) height: Height,
    pub(crate) proposer: ValidatorId,
    pub(crate) params: &'a Params,
}

/// Carry out one punishment; returns its record and receipt.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn punish(
    overlay: &mut Overlay<'_>,
    bench: Bench<'_>,
    proven: &Proven,
) -> Result<(RevealRecord, Receipt), ReadError> {
    let accused = proven.validator.id;
    let opening = open(overlay, proven)?;
    let forfeit = divide(overlay, bench, &accused)?;
    validators::remove(overlay, bench.height, bench.params, &accused, ValidatorStatus::Revealed)?;
    let evidence_id = crypto::id::evidence_id(&accused, &proven.evidence.address);
    let record = RevealRecord {
        version: Version,
        evidence: proven.evidence.clone(),
        height: bench.height,
        consensus_key: proven.validator.consensus_key,
        commitment: proven.validator.commitment,
        hidden_point: proven.hidden_point,
        opening,
        forfeit,
    };
    overlay.set(&key::reveal(&accused), types::encode(&record));
    let mark = PunishedRecord { version: Version, validator: accused };
    overlay.set(&key::punished(&evidence_id), types::encode(&mark));
    let legal_name = match &record.opening {
        Opening::Opened(identity) => Some(identity.legal_name.clone()),
        Opening::RegistrarFault(_) => None,
    };
    let at = proven.evidence.address;
    let revealed = NativeEvent::Revealed {
        validator: accused,
        evidence: evidence_id,
        at,
        legal_name,
        forfeit,
    };
    Ok((record, receipt(ReceiptKind::Evidence, vec![event(&revealed)])))
}

/// The receipt of something that no transaction asked for.
pub(super) fn receipt(kind: ReceiptKind, events: Vec<Event>) -> Receipt {
    Receipt {
        version: Version,
        kind,
        tx_hash: None,
        status: Status::Succeeded,
        code: Code::Ok,
        gas_used: Gas::ZERO,
        fee: Amount::ZERO,
        events,
        return_hash: Hash::ZERO,
    }
}

/// Open the sealed identity with K. Whoever it names must have agreed to be named by it.
fn open(overlay: &Overlay<'_>, proven: &Proven) -> Result<Opening, ReadError> {
    let validator = &proven.validator;
    let (chain_id, key) = (&proven.evidence.address.chain_id, &validator.consensus_key);
    let of = RecordOf { chain_id, key, commitment: &validator.commitment };
    let record = read::hidden_information(overlay, key)?
        .ok_or(ReadError::Missing { what: "sealed identity" })?;
    Ok(hidden::examine(&record, &proven.hidden_point, &of, &validator.id))
}

/// Divide the bond by floor: the reporter's part, what is burned, and the rest to the treasury.
fn divide(
    overlay: &mut Overlay<'_>,
    bench: Bench<'_>,
    accused: &ValidatorId,
) -> Result<Forfeit, ReadError> {
    let mut record = validators::expect(overlay, accused)?;
    let reporter = reporter(overlay, &bench.proposer, accused)?;
    let forfeit = shares(bench.params, record.bond, reporter);
    record.bond = minus(record.bond, forfeit.forfeited);
    overlay.set(&key::validator(accused), types::encode(&record));
    if forfeit.forfeited > Amount::ZERO {
        let lacking = Code::InsufficientBalance;
        settled(debit(overlay, &modules::BONDS, forfeit.forfeited, lacking))?;
    }
    for (to, amount) in [(reporter, forfeit.reported), (modules::TREASURY, forfeit.treasury)] {
        let module = modules::is_module(&to);
        let kind = if module { AddressKind::Module } else { AddressKind::Account };
        if amount > Amount::ZERO {
            settled(credit(overlay, &to, amount, kind))?;
        }
    }
    if forfeit.burned > Amount::ZERO {
        let mut chain = read::chain(overlay)?;
        chain.supply = minus(chain.supply, forfeit.burned);
        overlay.set(&key::chain(), types::encode(&chain));
    }
    Ok(forfeit)
}

/// The operator of the block's proposer; nobody is paid for reporting itself.
fn reporter(
    overlay: &Overlay<'_>,
    proposer: &ValidatorId,
    accused: &ValidatorId,
) -> Result<Address, ReadError> {
    if proposer == accused {
        return Ok(modules::TREASURY);
    }
    payee(overlay, validators::expect(overlay, proposer)?.operator)
}

/// The parts of a bond. Governance keeps the reporter's and the burned part within the whole.
fn shares(params: &Params, bond: Amount, reporter: Address) -> Forfeit {
    let part = |of: Amount, parts: u32| {
        of.part_floor(BasisPoints(parts)).expect("parameters hold at most 10,000 parts")
    };
    let forfeited = part(bond, params.slash_bp);
    let reported = part(forfeited, params.reporter_bp);
    let burned = part(forfeited, params.burned_bp).min(minus(forfeited, reported));
    let treasury = minus(minus(forfeited, reported), burned);
    Forfeit { bond, forfeited, reporter, reported, burned, treasury }
}

fn minus(whole: Amount, part: Amount) -> Amount {
    whole.checked_sub(part).expect("a part is at most the whole")
}
