//! Members, validators and what they decide.

use super::Names;
use crate::dto::{CallView, Number, Proposal};
use std::collections::BTreeMap;
use types::governance::{MembershipCall, Motion, ProposalOutcome, ProposalRecord};
use types::{Height, TimestampMs};

type Details = BTreeMap<String, String>;

fn details<const N: usize>(fields: [(&str, String); N]) -> Details {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A proposal, at a block time.
#[must_use]
pub fn proposal(
    names: &Names<'_>,
    number: u64,
    record: &ProposalRecord,
    now: TimestampMs,
) -> Proposal {
    let by = |wanted: bool| {
        let votes = record.votes.iter().filter(|(_, approve)| *approve == wanted);
        votes.map(|(member, _)| member.clone()).collect()
    };
    let (state, decided, reason): (_, Option<Height>, _) = match &record.outcome {
        ProposalOutcome::Open if now > record.expires_ms => ("expired", None, None),
        ProposalOutcome::Open => ("open", None, None),
        ProposalOutcome::Passed { height } => ("passed", Some(*height), None),
        ProposalOutcome::Rejected { height } => ("rejected", Some(*height), None),
        ProposalOutcome::Failed { height, reason } => {
            ("failed", Some(*height), Some(reason.clone()))
        }
    };
    Proposal {
        number,
        motion: record.motion.name().to_owned(),
        details: motion(names, &record.motion),
        proposer: record.proposer.clone(),
        expires_ms: record.expires_ms,
        approved_by: by(true),
        refused_by: by(false),
        state: state.to_owned(),
        decided: decided.map(Number),
        reason,
    }
}

/// What a motion is about.
#[must_use]
pub fn motion(names: &Names<'_>, motion: &Motion) -> Details {
    match motion {
        Motion::PutMember(member) => details([
            ("id", member.id.clone()),
            ("name", member.name.clone()),
            ("account", names.address(&member.account).0),
        ]),
        Motion::RemoveMember { id } => details([("id", id.clone())]),
        Motion::AdmitValidator { validator, power } | Motion::SetPower { validator, power } => {
            details([("validator", names.validator(validator).0), ("power", power.to_string())])
        }
        Motion::RemoveValidator { validator } => {
            details([("validator", names.validator(validator).0)])
        }
        Motion::ReplaceValidator { lost, replacement } => details([
            ("lost", names.validator(lost).0),
            ("replacement", names.validator(replacement).0),
        ]),
        Motion::SetParameter { name, value } => {
            details([("name", name.clone()), ("value", value.to_string())])
        }
        Motion::GrantRole { account, role, .. } | Motion::RevokeRole { account, role } => {
            details([("account", names.address(account).0), ("role", role.name().to_owned())])
        }
        Motion::PayTreasury { to, amount } | Motion::Mint { to, amount } => {
            details([("to", names.address(to).0), ("amount", amount.to_string())])
        }
        Motion::SetProtocol { version, from } => {
            details([("version", version.to_string()), ("from", from.to_string())])
        }
        Motion::SetRegistrars { threshold, keys } => {
            let keys: Vec<String> = keys.iter().map(|key| hex::encode(key.0)).collect();
            details([("threshold", threshold.to_string()), ("keys", keys.join(","))])
        }
        Motion::PauseContract { contract, paused } => details([
            ("contract", super::contract_text(names, contract).0),
            ("paused", paused.to_string()),
        ]),
    }
}

/// A call about members and validators.
pub(super) fn call(names: &Names<'_>, call: &MembershipCall) -> CallView {
    let (action, details) = match call {
        MembershipCall::Propose { motion: what } => {
            let mut told = motion(names, what);
            told.insert("motion".to_owned(), what.name().to_owned());
            ("propose", told)
        }
        MembershipCall::Vote { proposal, approve } => (
            "vote",
            details([("proposal", proposal.to_string()), ("approve", approve.to_string())]),
        ),
        MembershipCall::Register { registration } => {
            let id = crypto::id::validator_id(&registration.keys.consensus_key);
            let told = [
                ("validator", names.validator(&id).0),
                ("member", registration.member.clone()),
                ("bond", registration.bond.to_string()),
            ];
            ("register", details(told))
        }
        MembershipCall::Leave { validator } => {
            ("leave", details([("validator", names.validator(validator).0)]))
        }
        MembershipCall::Ready { readiness, .. } => {
            let told = [
                ("validator", names.validator(&readiness.validator).0),
                ("height", readiness.height.to_string()),
            ];
            ("ready", details(told))
        }
        MembershipCall::Rotate { rotation } => {
            let told = [
                ("validator", names.validator(&rotation.validator).0),
                ("consensus_key", hex::encode(rotation.keys.consensus_key.0)),
            ];
            ("rotate", details(told))
        }
    };
    CallView::Membership { action: action.to_owned(), details }
}
