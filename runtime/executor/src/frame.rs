//! Run one transaction: nonce, fee, calls, receipt.

use crate::fees;
use crate::modules;
use crate::native::{self, Calls, Stop};
use crate::transaction::Position;
use state::{Overlay, ReadError, key};
use types::receipt::{MAX_EVENTS, Status};
use types::transaction::{Auth, MAX_CALLS};
use types::{
    Address, AddressKind, Amount, Code, Event, Gas, Hash, LaneRecord, Nonce, Params, Receipt,
    ReceiptKind, SignedTx, Tx, TxHash, Version,
};

// A native call has one event at most, far below the limit on bytes.
const _: () = assert!(MAX_CALLS <= MAX_EVENTS, "native calls cannot exceed a receipt's events");

/// The transactions of one block, one after the other.
pub(crate) struct Session<'a, 'r> {
    overlay: &'a mut Overlay<'r>,
    position: Position,
    params: &'a Params,
    /// Fees of the transactions so far. Nothing in a block can read or spend what its treasury
    /// gets, so it is paid in once, at the end.
    fees: Amount,
}

/// A transaction as it runs.
pub(crate) struct Job<'t> {
    pub(crate) tx: &'t Tx,
    /// `None` in a simulation.
    pub(crate) hash: Option<TxHash>,
    /// What it costs before it runs; for native calls that is all.
    pub(crate) intrinsic: Gas,
    pub(crate) sender_kind: AddressKind,
    pub(crate) payer_kind: AddressKind,
}

impl<'t> Job<'t> {
    /// A signed transaction.
    pub(crate) fn new(signed: &'t SignedTx, hash: TxHash, intrinsic: Gas) -> Self {
        let kind = |auth: &Auth| match auth {
            Auth::Ed25519 { .. } => AddressKind::Account,
            Auth::Multi { .. } => AddressKind::Multisig,
        };
        Self {
            tx: &signed.tx,
            hash: Some(hash),
            intrinsic,
            sender_kind: kind(&signed.auth),
            payer_kind: signed.payer_auth.as_ref().map_or(AddressKind::Account, kind),
        }
    }
}

/// What became of a transaction.
pub(crate) struct Outcome {
    pub(crate) receipt: Receipt,
    /// The accounts in whose history it stands, ascending.
    pub(crate) touched: Vec<Address>,
}

impl<'a, 'r> Session<'a, 'r> {
    pub(crate) fn new(
        overlay: &'a mut Overlay<'r>,
        position: Position,
        params: &'a Params,
    ) -> Self {
        Self { overlay, position, params, fees: Amount::ZERO }
    }

    /// Run a transaction whose nonce is the next of its lane.
    ///
    /// # Errors
    /// [`ReadError`] if state cannot be read: the block is lost.
    pub(crate) fn run(&mut self, job: &Job<'_>) -> Result<Outcome, ReadError> {
        let tx = job.tx;
        self.use_nonce(tx);
        let payer = tx.payer.unwrap_or(tx.sender);
        let reserve = fees::fee(self.params, tx.gas_limit);
        if reserve > tx.fee_limit {
            return Ok(unpaid(job, payer, Code::FeeLimit));
        }
        if reserve > Amount::ZERO {
            match native::debit(self.overlay, &payer, reserve, Code::FeeUnpaid) {
                Ok(()) => {}
                Err(Stop::Failed(code)) => return Ok(unpaid(job, payer, code)),
                Err(Stop::Read(error)) => return Err(error),
            }
        }
        let (code, events, mut touched) = self.call(job)?;
        let fee = self.settle(&payer, reserve, job.intrinsic)?;
        touched.extend([tx.sender, payer]);
        touched.sort_unstable();
        touched.dedup();
        Ok(Outcome { receipt: receipt(job, code, job.intrinsic, fee, events), touched })
    }

    /// Pay the fees of all transactions to the treasury.
    ///
    /// # Errors
    /// [`ReadError`] if state cannot be read.
    pub(crate) fn finish(self) -> Result<(), ReadError> {
        if self.fees == Amount::ZERO {
            return Ok(());
        }
        let paid = native::credit(self.overlay, &modules::TREASURY, self.fees, AddressKind::Module);
        native::settled(paid)
    }

    fn use_nonce(&mut self, tx: &Tx) {
        let next = tx.nonce.checked_add(Nonce(1)).expect("the last nonce is never valid");
        let record = LaneRecord { version: Version, next };
        self.overlay.set(&key::lane(&tx.sender, tx.lane), types::encode(&record));
    }

    /// Carry out the calls, all or none.
    fn call(&mut self, job: &Job<'_>) -> Result<(Code, Vec<Event>, Vec<Address>), ReadError> {
        let tx = job.tx;
        self.overlay.checkpoint();
        native::note_kind(self.overlay, &tx.sender, job.sender_kind)?;
        if let Some(payer) = &tx.payer {
            native::note_kind(self.overlay, payer, job.payer_kind)?;
        }
        let mut calls = Calls {
            overlay: self.overlay,
            chain_id: tx.chain_id,
            position: self.position,
            params: self.params,
            sender: tx.sender,
            events: Vec::with_capacity(tx.calls.len()),
            touched: Vec::with_capacity(tx.calls.len().saturating_add(2)),
        };
        let result = tx.calls.iter().try_for_each(|call| calls.carry_out(call));
        let Calls { events, touched, .. } = calls;
        match result {
            Ok(()) => {
                self.overlay.commit();
                Ok((Code::Ok, events, touched))
            }
            Err(Stop::Failed(code)) => {
                assert_ne!(code, Code::Ok, "a failure has a reason");
                self.overlay.rollback();
                Ok((code, Vec::new(), Vec::new()))
            }
            Err(Stop::Read(error)) => Err(error),
        }
    }

    /// Keep the fee of the gas used, give back the rest of what was reserved.
    fn settle(&mut self, payer: &Address, reserve: Amount, used: Gas) -> Result<Amount, ReadError> {
        let fee = fees::fee(self.params, used);
        let rest = reserve.checked_sub(fee).expect("gas used is at most the gas limit");
        if rest > Amount::ZERO {
            native::settled(native::credit(self.overlay, payer, rest, AddressKind::Account))?;
        }
        self.fees = self.fees.checked_add(fee).expect("fees were part of the supply");
        Ok(fee)
    }
}

/// The fee could not be reserved: the nonce is used, nothing is charged.
fn unpaid(job: &Job<'_>, payer: Address, code: Code) -> Outcome {
    let mut touched = vec![job.tx.sender, payer];
    touched.sort_unstable();
    touched.dedup();
    Outcome { receipt: receipt(job, code, Gas::ZERO, Amount::ZERO, Vec::new()), touched }
}

fn receipt(job: &Job<'_>, code: Code, gas_used: Gas, fee: Amount, events: Vec<Event>) -> Receipt {
    Receipt {
        version: Version,
        kind: ReceiptKind::Transaction,
        tx_hash: job.hash,
        status: if code == Code::Ok { Status::Succeeded } else { Status::Failed },
        code,
        gas_used,
        fee,
        events,
        return_hash: Hash::ZERO,
    }
}
