//! Blocks, headers, certificates and receipts.

use super::proof;
use crate::answer::{Outcome, bad_params, from_store, json, not_found, not_yet, params};
use crate::context::{Context, with_names};
use crate::limits::{MAX_BLOCKS, MAX_RECEIPTS, RECEIPTS_TARGET_BYTES};
use client::dto::params::{AtHeight, BlockRange, OneBlock, ReceiptRange};
use client::dto::{Fault, Receipts};
use client::view;
use store::Position;
use types::{BlockId, Body, Header, Height};

/// The header asked for, with its id.
fn find(context: &Context, text: &str) -> Result<(Header, BlockId), Fault> {
    let OneBlock { height, hash } = params(text)?;
    let store = context.store();
    let height = match (height, hash) {
        (Some(_), Some(_)) => return Err(bad_params("hash", "", "height or hash, not both")),
        (Some(height), None) => height.0,
        (None, Some(hash)) => {
            let found = store.height_of(&hash.0).map_err(from_store)?;
            found.ok_or_else(|| not_found("block", &hash.0))?
        }
        (None, None) => context.head().tip,
    };
    at(context, height)
}

fn at(context: &Context, height: Height) -> Result<(Header, BlockId), Fault> {
    let store = context.store();
    let header = store.header(height).map_err(from_store)?;
    let block_id = store.block_id(height).map_err(from_store)?;
    header.zip(block_id).ok_or_else(|| not_yet(&height, &context.head().tip))
}

pub(crate) fn header(context: &Context, text: &str) -> Outcome {
    let (header, block_id) = find(context, text)?;
    let finalized = context.finalized();
    let answer = with_names(context.store(), context.prefix(), |names| {
        view::header(names, &header, block_id, finalized)
    });
    json(&answer)
}

pub(crate) fn block(context: &Context, text: &str) -> Outcome {
    let (header, block_id) = find(context, text)?;
    let body = body(context, header.height)?;
    let finalized = context.finalized();
    let answer = with_names(context.store(), context.prefix(), |names| {
        let header = view::header(names, &header, block_id, finalized);
        view::block(names, header, &body, &|height| context.set_at(height))
    });
    json(&answer)
}

/// The body of a committed height; genesis has an empty one.
fn body(context: &Context, height: Height) -> Result<Body, Fault> {
    Ok(context.store().body(height).map_err(from_store)?.unwrap_or_default())
}

pub(crate) fn blocks(context: &Context, text: &str) -> Outcome {
    let BlockRange { from, count } = params(text)?;
    if !(1..=MAX_BLOCKS).contains(&count) {
        return Err(bad_params("count", &count.to_string(), &format!("1 to {MAX_BLOCKS}")));
    }
    let (tip, finalized) = (context.head().tip, context.finalized());
    let end = Height(from.0.saturating_add(u64::from(count) - 1)).min(tip);
    let mut answer = Vec::new();
    let mut height = from;
    while height <= end {
        let (header, block_id) = at(context, height)?;
        let body = body(context, height)?;
        answer.push(with_names(context.store(), context.prefix(), |names| {
            view::block_summary(names, &header, block_id, Some(&body), finalized)
        }));
        height = height.next();
    }
    json(&answer)
}

pub(crate) fn commit(context: &Context, text: &str) -> Outcome {
    let AtHeight { height } = params(text)?;
    let tip = context.head().tip;
    let height = height.map_or(tip, |height| height.0);
    if height > tip {
        return Err(not_yet(&height, &tip));
    }
    let found = context.store().certificate(height).map_err(from_store)?;
    let certificate = found.ok_or_else(|| not_found("commit certificate of height", &height))?;
    let set = context.set_at(height);
    json(&with_names(context.store(), context.prefix(), |names| {
        view::commit_certificate(names, &certificate, set.as_ref())
    }))
}

pub(crate) fn finality(context: &Context, text: &str) -> Outcome {
    let AtHeight { height } = params(text)?;
    let certificate = proof::certificate(context, height.map(|height| height.0))?;
    let set = context.set_at(certificate.height);
    json(&with_names(context.store(), context.prefix(), |names| {
        view::finality_certificate(names, &certificate, set.as_ref())
    }))
}

pub(crate) fn receipts(context: &Context, text: &str) -> Outcome {
    let ReceiptRange { height, from, count } = params(text)?;
    if !(1..=MAX_RECEIPTS).contains(&count) {
        return Err(bad_params("count", &count.to_string(), &format!("1 to {MAX_RECEIPTS}")));
    }
    let (_, block_id) = at(context, height)?;
    let store = context.store();
    let all = store.receipts(height).map_err(from_store)?.unwrap_or_default();
    let mut bytes = 0;
    let page = all.iter().skip(from as usize).take(count as usize).take_while(|receipt| {
        let fits = bytes < RECEIPTS_TARGET_BYTES;
        bytes += receipt.events.iter().map(|event| event.data.len() + 512).sum::<usize>() + 1_024;
        fits
    });
    let mut receipts = Vec::new();
    for (index, receipt) in (from..).zip(page) {
        let returned = store.returned_at(Position { height, index }).map_err(from_store)?;
        receipts.push(with_names(store, context.prefix(), |names| {
            view::receipt(names, receipt, &returned)
        }));
    }
    let finalized = height <= context.finalized();
    let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
    json(&Receipts { height, block_id, count: total, from, receipts, finalized })
}
