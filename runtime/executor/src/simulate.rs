//! Try a transaction without keeping anything.

use crate::fees::{self, SINGLE_AUTH_BYTES};
use crate::frame::{Job, Session};
use crate::native::{Calls, Meter, Setting, Stop};
use crate::transaction::{self, Position};
use state::{NodeReader, Overlay, ReadError};
use types::receipt::Status;
use types::{
    Address, AddressKind, Amount, ChainId, Code, Failure, Gas, Hash, Params, Receipt, ReceiptKind,
    Tx, Version,
};
use vm::{Machine, Pool};

/// What a transaction would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// Its receipt.
    pub receipt: Receipt,
    /// What the last call returned, or the encoded [`Failure`] of the contract that refused.
    pub returned: Vec<u8>,
    /// What contracts logged, up to 64 lines. The chain keeps none of it.
    pub log: Vec<String>,
}

/// The receipt that a transaction would get in the next block, as if it were signed by single
/// keys. Its nonce is taken to be the next one.
///
/// A gas limit below what it costs before it runs gives a failed receipt whose `gas_used` is that
/// cost, so that a wallet can ask with any limit. A multisig adds
/// [`SIGNATURE_GAS`](crate::fees::SIGNATURE_GAS) and its bytes for each further key and signature.
///
/// # Errors
/// [`ReadError`] if state cannot be read. What is wrong with the transaction stands in the receipt.
pub fn simulate(
    machine: &Machine,
    reader: &dyn NodeReader,
    tx: &Tx,
    position: &Position,
    params: &Params,
) -> Result<Simulated, ReadError> {
    let signatures = if tx.payer.is_some() { 2 } else { 1 };
    // The option byte of the payer's authorisation stands there with or without a payer.
    let auth_bytes = SINGLE_AUTH_BYTES.saturating_mul(signatures).saturating_add(1);
    let bytes = types::encode(tx).len().saturating_add(auth_bytes);
    let intrinsic = fees::intrinsic_gas(tx, bytes, signatures);
    let refused = transaction::check_fields(tx, intrinsic, &tx.chain_id, params)
        .and_then(|()| transaction::check_position(tx, position, params))
        .err();
    let refused = match refused {
        Some(refused) => Some(refused),
        None => transaction::check_sender(reader, tx, position, params)?,
    };
    if let Some(refused) = refused {
        return Ok(refusal(refused.code, intrinsic));
    }
    let kind = AddressKind::Account;
    let job = Job { tx, hash: None, intrinsic, sender_kind: kind, payer_kind: kind };
    let setting = setting(machine, tx.chain_id, position, params);
    let mut overlay = Overlay::new(reader);
    let outcome = vm::on_stack(|| Session::new(&mut overlay, setting).run(&job))?;
    Ok(Simulated { receipt: outcome.receipt, returned: outcome.returned, log: outcome.log })
}

fn setting<'a>(
    machine: &'a Machine,
    chain_id: ChainId,
    position: &Position,
    params: &'a Params,
) -> Setting<'a> {
    Setting { chain_id, position: *position, params, machine, pool: Pool::View }
}

/// A question to a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question<'q> {
    /// Whom to ask.
    pub contract: Address,
    /// Which view, without `view:`.
    pub method: &'q str,
    /// Borsh of its arguments in order.
    pub input: &'q [u8],
    /// Who asks; zero bytes for nobody in particular.
    pub caller: Address,
    /// Most gas that the answer may take.
    pub gas: Gas,
}

/// A contract's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Gas that it took.
    pub gas_used: Gas,
    /// What the view returned, or why it did not.
    pub result: Result<Vec<u8>, (Code, Option<Failure>)>,
    /// What contracts logged, up to 64 lines.
    pub log: Vec<String>,
}

/// Ask a contract's view, as if in a block at `position`.
///
/// # Errors
/// [`ReadError`] if state cannot be read. A contract or view that is not there stands in the
/// answer.
pub fn view(
    machine: &Machine,
    reader: &dyn NodeReader,
    question: &Question<'_>,
    chain_id: ChainId,
    position: &Position,
    params: &Params,
) -> Result<Answer, ReadError> {
    let Question { contract, method, input, caller, gas } = *question;
    let setting = setting(machine, chain_id, position, params);
    let meter = Meter { used: Gas::ZERO, limit: gas };
    let mut overlay = Overlay::new(reader);
    vm::on_stack(|| {
        let mut calls = Calls::new(&mut overlay, setting, caller, Hash::ZERO, meter);
        let result = match calls.ask(&contract, method, input) {
            Ok(()) => Ok(std::mem::take(&mut calls.returned)),
            Err(Stop::Failed(code)) => Err((code, calls.failure.take())),
            Err(Stop::Read(error)) => return Err(error),
        };
        Ok(Answer { gas_used: calls.gas.used, result, log: calls.log })
    })
}

fn refusal(code: Code, gas_used: Gas) -> Simulated {
    let receipt = Receipt {
        version: Version,
        kind: ReceiptKind::Transaction,
        tx_hash: None,
        status: Status::Failed,
        code,
        gas_used,
        fee: Amount::ZERO,
        events: Vec::new(),
        return_hash: Hash::ZERO,
    };
    Simulated { receipt, returned: Vec::new(), log: Vec::new() }
}

#[cfg(test)]
mod tests;
