//! `syndic contract deploy`: once, however often it is tried.
//!
//! The signed transaction is kept beside the module until its fate is known. A command that was cut
//! short, by a lost node or by hand, gives the same bytes again: they happen and are paid once.

use super::{check, module};
use crate::commands::files;
use crate::commands::node::ClientMeaning;
use crate::commands::output::Output;
use crate::commands::render;
use crate::commands::tx::{self, ChainFacts, SendArguments};
use crate::exit::{Exit, Meaning, Outcome};
use client::client::Client;
use client::dto::{Submitted, TxState};
use client::wallet::MAX_TX_BYTES;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use types::{Call, Code, Hash, SignedTx};

#[derive(Serialize)]
struct Deployed {
    code_hash: String,
    #[serde(flatten)]
    submitted: Submitted,
}

/// Deploy a module.
pub(super) fn deploy(file: &Path, send: &SendArguments, output: Output) -> Outcome {
    let code = module(file)?;
    if let Some(refused) = check::judge(&code)?.error(file) {
        return Err(refused);
    }
    let client = send.node.client()?;
    let facts = ChainFacts::ask(&client)?;
    let code_hash = crypto::hash::blake3(&code);
    if is_deployed(&client, code_hash)? {
        let shown = json!({ "code_hash": code_hash.to_string(), "status": "already there" });
        output.print(&shown, render::lines)?;
        return Ok(());
    }
    let kept = kept_at(file, code_hash);
    let bytes = match unfinished(&kept, send, &facts, &code)? {
        Some(bytes) => bytes,
        None => {
            let bytes = tx::signed_call(send, &client, &facts, Call::Deploy { code })?;
            files::write(&kept, &bytes).or_exit(Exit::Failed)?;
            bytes
        }
    };
    let hash = crypto::id::tx_hash(&bytes);
    let state = tx::follow(send, &client, &bytes)?;
    if !matches!(state, TxState::Pending { .. } | TxState::Unknown) {
        // Its fate is known. That the file is gone already is as good.
        let _ = std::fs::remove_file(&kept);
    }
    let submitted = Submitted { hash, state: state.clone() };
    output.print(&Deployed { code_hash: code_hash.to_string(), submitted }, render::lines)?;
    tx::failed(hash, &state).map_or(Ok(()), Err)
}

fn is_deployed(client: &Client, code_hash: Hash) -> Outcome<bool> {
    match client.contract_code(code_hash) {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(Code::NotFound) => Ok(false),
        Err(error) => Err(error).or_class(),
    }
}

/// Where the signed transaction of a module is kept: beside it.
fn kept_at(file: &Path, code_hash: Hash) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".deploy-{}", &code_hash.to_string()[..16]));
    file.with_file_name(name)
}

/// A transaction kept from an earlier try that may still happen: of this chain, sender and code,
/// and not expired.
fn unfinished(
    kept: &Path,
    send: &SendArguments,
    facts: &ChainFacts,
    code: &[u8],
) -> Outcome<Option<Vec<u8>>> {
    if !kept.exists() {
        return Ok(None);
    }
    let limit = u64::try_from(MAX_TX_BYTES).expect("it fits");
    let bytes = files::read(kept, limit).or_exit(Exit::Failed)?;
    let Ok(signed) = types::decode::<SignedTx>("signed transaction", &bytes, MAX_TX_BYTES) else {
        return Ok(None);
    };
    let signed = signed.tx;
    let same = signed.chain_id == facts.chain_id
        && signed.sender == tx::sender(send)?
        && signed.valid_until_ms.0 > tx::now_ms()
        && signed.calls.iter().filter_map(Call::code).eq([code]);
    Ok(same.then_some(bytes))
}
