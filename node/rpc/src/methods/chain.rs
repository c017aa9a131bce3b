//! The chain, its validators, members and parameters.

use crate::answer::{
    Outcome, bad_params, from_state, from_store, internal, json, not_found, not_yet, params, pruned,
};
use crate::context::{Context, with_names};
use crate::limits::GENESIS_CHUNK_BYTES;
use client::dto::params::{AtHeight, GenesisPart, Nothing, OneValidator};
use client::dto::{
    AddressText, Base64, BlockReference, Chain, Fault, GenesisChunk, Hex, Member, Members, Number,
    Parameter, Parameters, Status, Supply, Validator,
};
use client::view;
use crypto::id;
use state::{NodeReader, key, read};
use types::params::Permission;
use types::{Hash, Height, Params};

pub(crate) fn status(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let (head, info) = (context.head(), &context.services.chain);
    let chain = read::chain(context.store()).map_err(from_state)?;
    let name = |id| AddressText::validator(context.prefix(), id);
    json(&Status {
        chain: Chain {
            name: info.name.clone(),
            chain_id: info.chain_id,
            genesis_hash: info.genesis_hash,
            prefix: info.prefix.clone(),
        },
        version: info.version.clone(),
        protocol: chain.protocol,
        tip: reference(context, head.tip)?,
        finalized: reference(context, head.finalized)?,
        oldest: context.store().oldest(),
        ready: head.not_ready.is_empty(),
        not_ready: head.not_ready,
        validator: info.validator.as_ref().map(name),
        observer: head.observer,
        sync: head.sync,
    })
}

fn reference(context: &Context, height: Height) -> Result<BlockReference, Fault> {
    let header = context.store().header(height).map_err(from_store)?;
    let block_id = context.store().block_id(height).map_err(from_store)?;
    let (header, block_id) = header.zip(block_id).ok_or_else(|| not_found("block", &height))?;
    Ok(BlockReference { height, block_id, time_ms: header.time_ms })
}

pub(crate) fn validators(context: &Context, text: &str) -> Outcome {
    let AtHeight { height } = params(text)?;
    let snapshot = context.snapshot()?;
    let next = snapshot.tip().height.next();
    let height = height.map_or(next, |height| height.0);
    // The state after h knows V(h + 2), no later one.
    if height > next.next() {
        return Err(not_yet(&height, &next.next()));
    }
    let (since, set) = set_with_start(&snapshot, height)?;
    json(&with_names(&snapshot, context.prefix(), |names| {
        view::validators(names, height, since, &set)
    }))
}

/// V(height) and the first height of that set.
fn set_with_start(
    reader: &dyn NodeReader,
    height: Height,
) -> Result<(Height, types::ValidatorSet), Fault> {
    let set = read::validator_set_at(reader, height).map_err(|error| match error {
        state::ReadError::Missing { .. } => pruned(&"a later one"),
        error => from_state(error),
    })?;
    let after = key::set(height.next());
    let prefix = key::Space::ValidatorSet.prefix();
    let page = reader.scan(&prefix, Some(&after), 1).map_err(from_state)?;
    let since = page.first().and_then(|(raw, _)| key::parse_set(raw));
    let since = since.ok_or_else(|| internal("read a validator set", &"its key is none"))?;
    // Genesis writes its set for V(1) onwards; trust begins there.
    Ok((since.max(Height(1)), set))
}

pub(crate) fn validator(context: &Context, text: &str) -> Outcome {
    let OneValidator { id } = params(text)?;
    let validator = context.validator("id", &id)?;
    let snapshot = context.snapshot()?;
    let record = read::validator(&snapshot, &validator).map_err(from_state)?;
    let record = record.ok_or_else(|| not_found("validator", &id))?;
    let presence = read::presence(&snapshot, &validator).map_err(from_state)?;
    let next = snapshot.tip().height.next();
    let set = read::validator_set_at(&snapshot, next).map_err(from_state)?;
    let answer = with_names(&snapshot, context.prefix(), |names| Validator {
        active: set.by_id(&validator).is_some(),
        status: record.status.name().to_owned(),
        last_height: record.last_height.map(Number),
        consensus_key: record.consensus_key,
        commitment: record.commitment,
        randomness_key: record.randomness_key,
        network_key: record.network_key,
        member: record.member.clone(),
        operator: names.address(&record.operator),
        power: record.power,
        bond: record.bond,
        joined: presence.map_or(Height::ZERO, |presence| presence.joined),
        signed: presence.map_or(Height::ZERO, |presence| presence.signed),
        attestations: u32::try_from(record.attestations.len()).unwrap_or(u32::MAX),
        id,
    });
    json(&answer)
}

pub(crate) fn supply(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let snapshot = context.snapshot()?;
    let chain = read::chain(&snapshot).map_err(from_state)?;
    json(&Supply { height: snapshot.tip().height, supply: chain.supply })
}

pub(crate) fn members(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let snapshot = context.snapshot()?;
    let records = read::members(&snapshot).map_err(from_state)?;
    let members = with_names(&snapshot, context.prefix(), |names| {
        let member = |record: types::record::MemberRecord| Member {
            account: names.address(&record.member.account),
            network_keys: record.member.network_keys.into_iter().map(Hex).collect(),
            id: record.member.id,
            name: record.member.name,
        };
        records.into_iter().map(member).collect()
    });
    json(&Members { height: snapshot.tip().height, members })
}

pub(crate) fn parameters(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let snapshot = context.snapshot()?;
    let held = read::params(&snapshot).map_err(from_state)?;
    let value = |parameter: &types::params::Parameter| Parameter {
        name: parameter.name.to_owned(),
        value: (parameter.get)(&held),
        unit: parameter.unit.to_owned(),
        minimum: parameter.minimum,
        maximum: parameter.maximum,
        meaning: parameter.meaning.to_owned(),
    };
    json(&Parameters {
        height: snapshot.tip().height,
        hash: id::params_hash(&held),
        values: Params::TABLE.iter().map(value).collect(),
        send: permission(held.send).to_owned(),
        deploy: permission(held.deploy).to_owned(),
    })
}

const fn permission(permission: Permission) -> &'static str {
    match permission {
        Permission::Anyone => "anyone",
        Permission::Role => "role",
    }
}

pub(crate) fn genesis(context: &Context, text: &str) -> Outcome {
    let GenesisPart { chunk } = params(text)?;
    let bytes = match context.genesis.get() {
        Some(bytes) => bytes,
        None => {
            let genesis = context.store().genesis().map_err(from_store)?;
            context.genesis.get_or_init(|| types::encode(&genesis))
        }
    };
    let mut parts = bytes.chunks(GENESIS_CHUNK_BYTES);
    let chunks = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let part = parts.nth(chunk as usize).ok_or_else(|| {
        bad_params("chunk", &chunk.to_string(), &format!("0 to {}", chunks.saturating_sub(1)))
    })?;
    let hash: Hash = crypto::hash::derive("genesis", bytes);
    json(&GenesisChunk { chunk, chunks, hash, bytes: Base64(part.to_vec()) })
}
