//! Try a transaction without keeping anything.

use crate::fees::{self, SINGLE_AUTH_BYTES};
use crate::frame::{Job, Session};
use crate::transaction::{self, Position};
use state::{NodeReader, Overlay, ReadError};
use types::receipt::Status;
use types::{AddressKind, Amount, Code, Hash, Params, Receipt, ReceiptKind, Tx, Version};

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
    reader: &dyn NodeReader,
    tx: &Tx,
    position: &Position,
    params: &Params,
) -> Result<Receipt, ReadError> {
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
    let mut overlay = Overlay::new(reader);
    Ok(Session::new(&mut overlay, *position, params).run(&job)?.receipt)
}

fn refusal(code: Code, gas_used: types::Gas) -> Receipt {
    Receipt {
        version: Version,
        kind: ReceiptKind::Transaction,
        tx_hash: None,
        status: Status::Failed,
        code,
        gas_used,
        fee: Amount::ZERO,
        events: Vec::new(),
        return_hash: Hash::ZERO,
    }
}

#[cfg(test)]
mod tests;
