//! Accounts, nonces, roles, single values of state.

use super::proof;
use crate::answer::{Outcome, bad_params, from_state, from_store, json, not_yet, params, pruned};
use crate::context::{Context, with_names};
use crate::limits::MAX_HISTORY;
use crate::request::Request;
use client::dto::params::{HistoryPage, OneAccount, OneLane, RolesOf, StateKey};
use client::dto::{
    Account, Base64, Cursor, Fault, History, HistoryEntry, LaneNonce, Number, RoleEntry, Roles,
    StateValue,
};
use futures::future::{BoxFuture, FutureExt};
use state::{NodeReader, key, read};
use std::sync::Arc;
use store::Position;
use types::transaction::MAX_LANE;
use types::{Amount, Nonce, Role, TxHash};

pub(crate) fn account(context: &Context, text: &str) -> Outcome {
    let OneAccount { address, prove } = params(text)?;
    let address = context.address("address", &address)?;
    let snapshot = context.snapshot()?;
    let record = read::account(&snapshot, &address).map_err(from_state)?;
    let lane = read::lane(&snapshot, &address, 0).map_err(from_state)?;
    let proof = prove.then(|| proof::state(context, &key::account(&address), None));
    let proof = proof.transpose()?.map(|(_, proof)| proof);
    let answer = with_names(&snapshot, context.prefix(), |names| Account {
        address: names.address(&address),
        kind: names.kind(&address).name(),
        balance: record.map_or(Amount::ZERO, |record| record.balance),
        nonce: lane.map_or(Nonce::ZERO, |lane| lane.next),
        height: snapshot.tip().height,
        proof,
    });
    json(&answer)
}

pub(crate) fn history(context: &Context, text: &str) -> Outcome {
    let HistoryPage { address, cursor, limit } = params(text)?;
    let account = context.address("address", &address)?;
    if !(1..=MAX_HISTORY).contains(&limit) {
        return Err(bad_params("limit", &limit.to_string(), &format!("1 to {MAX_HISTORY}")));
    }
    let before = cursor.map(|cursor| Position { height: cursor.height, index: cursor.receipt });
    let store = context.store();
    let positions = store.history(&account, before, limit as usize).map_err(from_store)?;
    let mut entries = Vec::with_capacity(positions.len());
    for position in &positions {
        // A position whose receipt is gone was overtaken by pruning.
        let Some(receipt) = store.receipt_at(*position).map_err(from_store)? else { continue };
        entries.push(HistoryEntry {
            height: position.height,
            receipt: position.index,
            tx_hash: receipt.tx_hash.unwrap_or(TxHash::ZERO),
            code: receipt.code.name().to_owned(),
        });
    }
    let full = positions.len() == limit as usize;
    let last = positions.last().filter(|_| full);
    let next = last.map(|last| Cursor { height: last.height, receipt: last.index, event: 0 });
    json(&History { address, entries, next })
}

pub(crate) fn nonce(
    context: &Arc<Context>,
    text: &str,
) -> Result<BoxFuture<'static, Outcome>, Fault> {
    let OneLane { address, lane } = params(text)?;
    let sender = context.address("address", &address)?;
    if lane > MAX_LANE {
        return Err(bad_params("lane", &lane.to_string(), &format!("0 to {MAX_LANE}")));
    }
    let context = Arc::clone(context);
    Ok(async move {
        let question = |reply| Request::PendingNonce { sender, lane, reply };
        let pending = context.ask(question).await?;
        let snapshot = context.snapshot()?;
        let record = read::lane(&snapshot, &sender, lane).map_err(from_state)?;
        let next = record.map_or(Nonce::ZERO, |record| record.next);
        let pending = pending.map_or(next, |pending| pending.max(next));
        json(&LaneNonce { address, lane, next, pending, height: snapshot.tip().height })
    }
    .boxed())
}

pub(crate) fn roles(context: &Context, text: &str) -> Outcome {
    let RolesOf { account } = params(text)?;
    let address = context.address("account", &account)?;
    let snapshot = context.snapshot()?;
    let now = snapshot.tip().time_ms;
    let mut roles = Vec::new();
    for role in Role::ALL {
        if let Some(record) = read::role(&snapshot, &address, role).map_err(from_state)? {
            roles.push(RoleEntry {
                role: role.name().to_owned(),
                granted: record.granted,
                expires_ms: record.expires_ms.map(Number),
                valid: record.expires_ms.is_none_or(|expires| now < expires),
            });
        }
    }
    json(&Roles { account, height: snapshot.tip().height, roles })
}

pub(crate) fn state(context: &Context, text: &str) -> Outcome {
    let StateKey { key, height, prove } = params(text)?;
    if key::parse(&key.0).is_none() {
        return Err(bad_params("key", "", "space, contract (32 bytes) and up to 256 bytes"));
    }
    let height = height.map(|height| height.0);
    if prove {
        let (value, proof) = proof::state(context, &key.0, height)?;
        let (value, height) = (value.map(Base64), proof.height);
        return json(&StateValue { key, value, height, proof: Some(proof) });
    }
    let snapshot = context.snapshot()?;
    let tip = snapshot.tip().height;
    match height {
        Some(height) if height > tip => return Err(not_yet(&height, &tip)),
        // Values alone are those of the newest height; older ones come with proofs.
        Some(height) if height < tip => return Err(pruned(&tip)),
        Some(_) | None => {}
    }
    let value = snapshot.value(&key.0).map_err(from_state)?.map(Base64);
    json(&StateValue { key, value, height: tip, proof: None })
}
