//! What the members decide, and every validator that was registered.

use crate::answer::{Outcome, from_state, json, params};
use crate::context::{Context, with_names};
use client::dto::params::Nothing;
use client::dto::{Number, Proposals, Registered, RegisteredValidator};
use client::view;
use state::read;
use types::Height;

pub(crate) fn proposals(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let snapshot = context.snapshot()?;
    let held = read::proposals(&snapshot).map_err(from_state)?;
    let members = read::members(&snapshot).map_err(from_state)?.len();
    let members = u32::try_from(members).unwrap_or(u32::MAX);
    let now = snapshot.tip().time_ms;
    let proposals = with_names(&snapshot, context.prefix(), |names| {
        let of = |(number, record): &(u64, _)| view::proposal(names, *number, record, now);
        held.iter().map(of).collect()
    });
    let needed = members.saturating_mul(2) / 3 + 1;
    json(&Proposals { height: snapshot.tip().height, members, needed, proposals })
}

pub(crate) fn registered(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let snapshot = context.snapshot()?;
    let held = read::validators(&snapshot).map_err(from_state)?;
    let mut validators = Vec::with_capacity(held.len());
    for (id, record) in held {
        let presence = read::presence(&snapshot, &id).map_err(from_state)?;
        let id = with_names(&snapshot, context.prefix(), |names| names.validator(&id));
        validators.push(RegisteredValidator {
            id,
            status: record.status.name().to_owned(),
            member: record.member,
            power: record.power,
            bond: record.bond,
            signed: presence.map_or(Height::ZERO, |presence| presence.signed),
            last_height: record.last_height.map(Number),
        });
    }
    json(&Registered { height: snapshot.tip().height, validators })
}
