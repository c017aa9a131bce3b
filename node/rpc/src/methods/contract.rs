//! Contracts: what they are, their code, and what their views answer.

use crate::answer::{
    Outcome, bad_params, from_state, internal, json, not_found, not_yet, params, pruned,
};
use crate::context::{Context, with_names};
use crate::limits::{MAX_CONTRACTS, MAX_VIEW_GAS};
use crate::request::Question;
use client::dto::params::{AskView, CodeOf, ContractPage, OneContract};
use client::dto::{
    AddressText, Base64, Contract, ContractAbi, ContractAnswer, ContractCode, Fault, Number,
};
use client::view;
use state::{NodeReader, key, read};
use store::Snapshot;
use types::contract::{MAX_INPUT_BYTES, is_method_name};
use types::record::ContractRecord;
use types::{Address, Amount, Code, Gas, Hash};

/// The custom section that holds a contract's interface.
pub(crate) const ABI_SECTION: &str = "abi";

fn record(
    snapshot: &Snapshot<'_>,
    address: &Address,
    text: &AddressText,
) -> Result<ContractRecord, Fault> {
    let found = read::contract(snapshot, address).map_err(from_state)?;
    found.ok_or_else(|| Fault::about(Code::ContractUnknown, "contract", &text.0, ""))
}

fn code(snapshot: &Snapshot<'_>, code_hash: &Hash) -> Result<Vec<u8>, Fault> {
    let found = snapshot.value(&key::code(code_hash)).map_err(from_state)?;
    found.ok_or_else(|| not_found("code", code_hash))
}

pub(crate) fn get(context: &Context, text: &str) -> Outcome {
    let OneContract { contract } = params(text)?;
    let address = context.address("contract", &contract)?;
    let snapshot = context.snapshot()?;
    let record = record(&snapshot, &address, &contract)?;
    json(&show(context, &snapshot, &address, &record)?)
}

/// A page of contracts, ascending by their addresses' bytes.
pub(crate) fn list(context: &Context, text: &str) -> Outcome {
    let ContractPage { after, limit } = params(text)?;
    let after = after.map(|after| context.address("after", &after)).transpose()?;
    if !(1..=MAX_CONTRACTS).contains(&limit) {
        return Err(bad_params("limit", &limit.to_string(), &format!("1 to {MAX_CONTRACTS}")));
    }
    let snapshot = context.snapshot()?;
    let page = read::contracts(&snapshot, after.as_ref(), limit as usize).map_err(from_state)?;
    let shown = page.iter().map(|(address, record)| show(context, &snapshot, address, record));
    json(&shown.collect::<Result<Vec<_>, _>>()?)
}

fn show(
    context: &Context,
    snapshot: &Snapshot<'_>,
    address: &Address,
    record: &ContractRecord,
) -> Result<Contract, Fault> {
    let account = read::account(snapshot, address).map_err(from_state)?;
    Ok(with_names(snapshot, context.prefix(), |names| Contract {
        contract: names.address(address),
        code_hash: record.code_hash,
        creator: names.address(&record.creator),
        admin: record.admin.as_ref().map(|admin| names.address(admin)),
        paused: record.paused.is_on(),
        created: record.created,
        upgraded: record.upgraded,
        balance: account.map_or(Amount::ZERO, |account| account.balance),
        height: snapshot.tip().height,
    }))
}

pub(crate) fn get_code(context: &Context, text: &str) -> Outcome {
    let CodeOf { code_hash } = params(text)?;
    let snapshot = context.snapshot()?;
    let record = read::code_record(&snapshot, &code_hash).map_err(from_state)?;
    let record = record.ok_or_else(|| not_found("code", &code_hash))?;
    let code = Base64(code(&snapshot, &code_hash)?);
    let answer = with_names(&snapshot, context.prefix(), |names| ContractCode {
        code_hash,
        bytes: record.bytes,
        deployer: names.address(&record.deployer),
        deployed: record.deployed,
        code,
    });
    json(&answer)
}

pub(crate) fn abi(context: &Context, text: &str) -> Outcome {
    let OneContract { contract } = params(text)?;
    let address = context.address("contract", &contract)?;
    let snapshot = context.snapshot()?;
    let code_hash = record(&snapshot, &address, &contract)?.code_hash;
    let code = code(&snapshot, &code_hash)?;
    let abi = (context.services.section)(&code, ABI_SECTION).map(Base64);
    json(&ContractAbi { contract, code_hash, abi })
}

pub(crate) fn ask(context: &Context, text: &str) -> Outcome {
    let AskView { contract, method, input, caller, gas, height } = params(text)?;
    let address = context.address("contract", &contract)?;
    let caller = caller.map(|caller| context.address("caller", &caller)).transpose()?;
    if !is_method_name(&method) {
        let shown: String = method.chars().take(64).collect();
        return Err(bad_params("method", &shown, "[a-z][a-z0-9_]{0,63}"));
    }
    if input.0.len() > MAX_INPUT_BYTES {
        let limit = format!("up to {MAX_INPUT_BYTES} bytes");
        return Err(bad_params("input", &format!("{} bytes", input.0.len()), &limit));
    }
    let gas = gas.map_or(MAX_VIEW_GAS, |gas| gas.0);
    if gas > MAX_VIEW_GAS {
        return Err(bad_params("gas", &gas.to_string(), &format!("up to {MAX_VIEW_GAS}")));
    }
    let tip = context.snapshot()?.tip().height;
    match height.map(|Number(height)| height) {
        Some(height) if height > tip => return Err(not_yet(&height, &tip)),
        // Contracts run on the newest state alone.
        Some(height) if height < tip => return Err(pruned(&tip)),
        Some(_) | None => {}
    }
    let caller = caller.unwrap_or(Address::ZERO);
    let question = Question { contract: address, method, input: input.0, caller, gas: Gas(gas) };
    let viewed = (context.services.view)(&question);
    let viewed = viewed.map_err(|reason| internal("ask a contract", &reason))?;
    let (code, returned, failure) = match viewed.result {
        Ok(returned) => (Code::Ok, Some(Base64(returned)), None),
        Err((code, failure)) => (code, None, failure),
    };
    let answer = with_names(context.store(), context.prefix(), |names| ContractAnswer {
        height: viewed.height,
        code: code.name().to_owned(),
        gas_used: viewed.gas_used,
        returned,
        failure: failure.as_ref().map(|failure| view::failure(names, failure)),
        log: viewed.log,
    });
    json(&answer)
}
