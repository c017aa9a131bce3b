//! Transactions: submit, follow, look up, read, simulate.

use super::proof;
use crate::answer::{
    INVALID_PARAMS, Outcome, bad_params, from_store, internal, json, not_found, params,
};
use crate::context::{Context, with_names};
use crate::limits::MAX_TX_BYTES;
use crate::request::{Refusal, Request, SimulateError, Simulated, TxPlace};
use client::dto::params::{OneTransaction, Submit, SubmitBatch, TxBytes, TxQuery};
use client::dto::tx::Outcome as BlockOutcome;
use client::dto::{
    BatchOutcome, Fault, Number, Simulation, Submitted, Transaction, TxState, TxView, Wait,
};
use client::view;
use crypto::id;
use futures::future::{BoxFuture, FutureExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use types::{Code, SignedTx, TimestampMs, Tx, TxHash};

/// How often a waiting submission asks whether the pool still holds its transaction.
const POOL_CHECK: Duration = Duration::from_secs(1);

pub(crate) fn submit(
    context: &Arc<Context>,
    text: &str,
) -> Result<BoxFuture<'static, Outcome>, Fault> {
    let Submit { tx, wait, timeout_ms } = params(text)?;
    let longest = context.limits.wait_time;
    let timeout = Duration::from_millis(timeout_ms);
    if timeout > longest {
        let limit = format!("up to {}", longest.as_millis());
        return Err(bad_params("timeout_ms", &timeout_ms.to_string(), &limit));
    }
    let deadline = Instant::now() + timeout;
    let context = Arc::clone(context);
    Ok(async move {
        let mut outcomes = take(&context, vec![tx.0]).await?;
        let outcome = outcomes.pop().ok_or_else(|| internal("submit", &"no outcome"))?;
        let hash = outcome.hash;
        match outcome.result {
            Ok(()) if wait == Wait::None => {
                return json(&Submitted { hash, state: TxState::Pending { position: None } });
            }
            // The very same transaction again: its fate is told, not its repetition.
            Err(Refusal { code: Code::Duplicate, .. }) if wait == Wait::None => {
                let state = state(&context, hash, None).await?;
                return json(&Submitted { hash, state });
            }
            Ok(()) | Err(Refusal { code: Code::Duplicate, .. }) => {}
            Err(refusal) => return Err(from_refusal(&refusal)),
        }
        let state = follow(&context, hash, wait, deadline).await?;
        json(&Submitted { hash, state })
    }
    .boxed())
}

pub(crate) fn submit_batch(
    context: &Arc<Context>,
    text: &str,
) -> Result<BoxFuture<'static, Outcome>, Fault> {
    let SubmitBatch { txs } = params(text)?;
    let limit = context.limits.batch_txs;
    if !(1..=limit).contains(&txs.len()) {
        return Err(bad_params("txs", &txs.len().to_string(), &format!("1 to {limit}")));
    }
    let context = Arc::clone(context);
    let txs = txs.into_iter().map(|tx| tx.0).collect();
    Ok(async move {
        let outcomes = take(&context, txs).await?;
        let outcome = |outcome: crate::request::SubmitOutcome| BatchOutcome {
            hash: outcome.hash,
            error: outcome.result.err().map(|refusal| from_refusal(&refusal)),
        };
        json(&outcomes.into_iter().map(outcome).collect::<Vec<_>>())
    }
    .boxed())
}

/// Give transactions to the pool; one outcome for each, in order, within the time of a call.
///
/// The pool remembers a while what was committed, but not across a restart: what it refuses is
/// looked up among the blocks, so that the very same transaction again is known as such for ever.
async fn take(
    context: &Context,
    txs: Vec<Vec<u8>>,
) -> Result<Vec<crate::request::SubmitOutcome>, Fault> {
    let count = txs.len();
    let allowed = context.limits.call_time;
    let asked = context.ask(|reply| Request::Submit { txs, reply });
    let mut outcomes = tokio::time::timeout(allowed, asked).await.map_err(|_| {
        Fault::new(Code::Timeout, "the pool did not answer; it may still take the transactions")
    })??;
    if outcomes.len() != count {
        return Err(internal("submit", &"there is not one outcome for each transaction"));
    }
    for outcome in &mut outcomes {
        if outcome.result.is_err() && in_block(context, outcome.hash)?.is_some() {
            outcome.result = Err(Refusal {
                code: Code::Duplicate,
                field: "hash".to_owned(),
                value: outcome.hash.to_string(),
                limit: String::new(),
            });
        }
    }
    Ok(outcomes)
}

/// Wait until a transaction is where the caller wants it, or nowhere, or the time is over.
async fn follow(
    context: &Context,
    hash: TxHash,
    wait: Wait,
    deadline: Instant,
) -> Result<TxState, Fault> {
    let mut head = context.services.head.clone();
    let mut next_check = Instant::now() + POOL_CHECK;
    loop {
        head.mark_unchanged();
        let in_block = in_block(context, hash)?;
        match (in_block, wait) {
            (Some(state @ TxState::Final(_)), _)
            | (Some(state @ TxState::Committed(_)), Wait::Committed | Wait::None) => {
                return Ok(state);
            }
            (found, _) if Instant::now() >= deadline => {
                return Ok(found.unwrap_or(TxState::Pending { position: None }));
            }
            (Some(_), _) => {}
            (None, _) if Instant::now() >= next_check => {
                next_check = Instant::now() + POOL_CHECK;
                if let TxPlace::Dropped(code) = place(context, hash).await? {
                    return Ok(TxState::Dropped { code: code.name().to_owned() });
                }
            }
            (None, _) => {}
        }
        let until = deadline.min(next_check);
        // Whether the head moved or the time is over, the next round finds out.
        let _ = tokio::time::timeout_at(until, head.changed()).await;
    }
}

pub(crate) fn status(
    context: &Arc<Context>,
    text: &str,
) -> Result<BoxFuture<'static, Outcome>, Fault> {
    let TxQuery { hash, valid_until_ms } = params(text)?;
    let context = Arc::clone(context);
    let valid_until = valid_until_ms.map(|time| time.0);
    Ok(async move { json(&state(&context, hash, valid_until).await?) }.boxed())
}

/// Where a transaction is.
async fn state(
    context: &Context,
    hash: TxHash,
    valid_until: Option<TimestampMs>,
) -> Result<TxState, Fault> {
    // The time of the final block is read first: what it rules out cannot come after.
    let finalized = context.finalized();
    let header = context.store().header(finalized).map_err(from_store)?;
    let place = place(context, hash).await?;
    if let Some(state) = in_block(context, hash)? {
        return Ok(state);
    }
    let expired = header.zip(valid_until).is_some_and(|(header, until)| header.time_ms > until);
    Ok(match place {
        TxPlace::Pending(position) => TxState::Pending { position: position.map(Number) },
        TxPlace::Dropped(code) => TxState::Dropped { code: code.name().to_owned() },
        TxPlace::Unknown if expired => TxState::Expired,
        TxPlace::Unknown => TxState::Unknown,
    })
}

async fn place(context: &Context, hash: TxHash) -> Result<TxPlace, Fault> {
    context.ask(|reply| Request::TxStatus { hash, reply }).await
}

/// Where in a block a transaction is, if it is.
fn in_block(context: &Context, hash: TxHash) -> Result<Option<TxState>, Fault> {
    let Some(position) = context.store().tx_position(&hash).map_err(from_store)? else {
        return Ok(None);
    };
    let Some(receipt) = context.store().receipt_at(position).map_err(from_store)? else {
        return Ok(None);
    };
    let returned = context.store().returned_at(position).map_err(from_store)?;
    let (returned, failure) = with_names(context.store(), context.prefix(), |names| {
        view::outcome(names, receipt.status, &returned)
    });
    let outcome = BlockOutcome {
        height: position.height,
        receipt: position.index,
        code: receipt.code.name().to_owned(),
        gas_used: receipt.gas_used,
        fee: receipt.fee,
        returned,
        failure,
    };
    let finalized = position.height <= context.finalized();
    Ok(Some(if finalized { TxState::Final(outcome) } else { TxState::Committed(outcome) }))
}

pub(crate) fn transaction(context: &Context, text: &str) -> Outcome {
    let OneTransaction { hash, prove } = params(text)?;
    let missing = || not_found("transaction", &hash);
    let store = context.store();
    let position = store.tx_position(&hash).map_err(from_store)?.ok_or_else(missing)?;
    let receipt = store.receipt_at(position).map_err(from_store)?.ok_or_else(missing)?;
    let header = store.header(position.height).map_err(from_store)?.ok_or_else(missing)?;
    let block_id = store.block_id(position.height).map_err(from_store)?.ok_or_else(missing)?;
    let body = store.body(position.height).map_err(from_store)?.ok_or_else(missing)?;
    let bytes = body.txs.iter().find(|bytes| id::tx_hash(bytes) == hash).ok_or_else(missing)?;
    let signed = read_signed(bytes)
        .ok_or_else(|| internal("read a committed transaction", &"it cannot be decoded"))?;
    let returned = store.returned_at(position).map_err(from_store)?;
    let proof = prove.then(|| proof::receipt(context, position)).transpose()?;
    let answer = with_names(store, context.prefix(), |names| Transaction {
        tx: view::signed_tx(names, &signed, hash),
        height: position.height,
        block_id,
        time_ms: header.time_ms,
        receipt_index: position.index,
        receipt: view::receipt(names, &receipt, &returned),
        finalized: position.height <= context.finalized(),
        proof,
    });
    json(&answer)
}

fn read_signed(bytes: &[u8]) -> Option<SignedTx> {
    types::decode("signed transaction", bytes, MAX_TX_BYTES).ok()
}

/// A transaction, signed or not, and how it is shown.
fn read_any(context: &Context, bytes: &[u8]) -> Result<(Tx, TxView), Fault> {
    if bytes.len() > MAX_TX_BYTES {
        let size = bytes.len().to_string();
        return Err(Fault::about(Code::TooLarge, "tx", &size, &MAX_TX_BYTES.to_string()));
    }
    if let Some(signed) = read_signed(bytes) {
        let hash = id::tx_hash(bytes);
        let shown = with_names(context.store(), context.prefix(), |names| {
            view::signed_tx(names, &signed, hash)
        });
        return Ok((signed.tx, shown));
    }
    let tx: Tx = types::decode("transaction", bytes, MAX_TX_BYTES).map_err(|error| {
        Fault::new(Code::Malformed, error.to_string()).with("tx", "", "").numbered(INVALID_PARAMS)
    })?;
    let shown = with_names(context.store(), context.prefix(), |names| view::tx(names, &tx));
    Ok((tx, shown))
}

pub(crate) fn decode(context: &Context, text: &str) -> Outcome {
    let TxBytes { tx } = params(text)?;
    json(&read_any(context, &tx.0)?.1)
}

pub(crate) fn simulate(context: &Context, text: &str) -> Outcome {
    let TxBytes { tx } = params(text)?;
    let (tx, _) = read_any(context, &tx.0)?;
    let simulated = (context.services.simulate)(&tx);
    let Simulated { height, receipt, returned, log } = simulated.map_err(|error| match error {
        SimulateError::Refused(refusal) => from_refusal(&refusal),
        SimulateError::Failed(reason) => internal("simulate", &reason),
    })?;
    let receipt = with_names(context.store(), context.prefix(), |names| {
        view::receipt(names, &receipt, &returned)
    });
    json(&Simulation { height, receipt, log })
}

/// The pool's refusal as a fault.
fn from_refusal(refusal: &Refusal) -> Fault {
    Fault::about(refusal.code, &refusal.field, &refusal.value, &refusal.limit)
}
