//! Run one transaction: nonce, fee, calls, receipt.

use crate::fees;
use crate::modules;
use crate::native::{self, Calls, Events, Meter, Setting, Stop};
use crate::transaction;
use crypto::id;
use state::{Overlay, ReadError, key};
use types::receipt::Status;
use types::transaction::Auth;
use types::{
    Address, AddressKind, Amount, Code, Gas, LaneRecord, Nonce, Receipt, ReceiptKind, SignedTx, Tx,
    TxHash, Version,
};

/// The transactions of one block, one after the other.
pub(crate) struct Session<'a, 'r> {
    overlay: &'a mut Overlay<'r>,
    setting: Setting<'a>,
    /// Fees of the transactions so far. Nothing in a block can read or spend what its treasury
    /// gets, so it is paid in once, at the end.
    fees: Amount,
}

/// A transaction as it runs.
pub(crate) struct Job<'t> {
    pub(crate) tx: &'t Tx,
    /// `None` in a simulation.
    pub(crate) hash: Option<TxHash>,
    /// What it costs before it runs; for native calls that is all, contracts use more.
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
    /// What the receipt's `return_hash` is about.
    pub(crate) returned: Vec<u8>,
    /// What contracts logged, in a simulation.
    pub(crate) log: Vec<String>,
}

/// What the calls of a transaction came to.
struct Called {
    code: Code,
    used: Gas,
    events: Events,
    touched: Vec<Address>,
    returned: Vec<u8>,
    log: Vec<String>,
}

impl<'a, 'r> Session<'a, 'r> {
    pub(crate) fn new(overlay: &'a mut Overlay<'r>, setting: Setting<'a>) -> Self {
        Self { overlay, setting, fees: Amount::ZERO }
    }

    /// Run a transaction whose nonce is the next of its lane.
    ///
    /// # Errors
    /// [`ReadError`] if state cannot be read: the block is lost.
    pub(crate) fn run(&mut self, job: &Job<'_>) -> Result<Outcome, ReadError> {
        let tx = job.tx;
        self.use_nonce(tx);
        let payer = tx.payer.unwrap_or(tx.sender);
        let (is_free, params) =
            (transaction::is_own_readiness(self.overlay, tx)?, self.setting.params);
        let price = |gas| if is_free { Amount::ZERO } else { fees::fee(params, gas) };
        let reserve = price(tx.gas_limit);
        if reserve > tx.fee_limit {
            return Ok(unpaid(job, Code::FeeLimit));
        }
        if reserve > Amount::ZERO {
            match native::debit(self.overlay, &payer, reserve, Code::FeeUnpaid) {
                Ok(()) => {}
                Err(Stop::Failed(code)) => return Ok(unpaid(job, code)),
                Err(Stop::Read(error)) => return Err(error),
            }
        }
        let called = self.call(job)?;
        let fee = price(called.used);
        self.settle(&payer, reserve, fee)?;
        let touched = touched(tx, called.touched);
        let receipt = Receipt {
            events: called.events.list,
            return_hash: id::return_hash(&called.returned),
            ..receipt(job, called.code, called.used, fee)
        };
        Ok(Outcome { receipt, touched, returned: called.returned, log: called.log })
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
    fn call(&mut self, job: &Job<'_>) -> Result<Called, ReadError> {
        let tx = job.tx;
        self.overlay.checkpoint();
        native::note_kind(self.overlay, &tx.sender, job.sender_kind)?;
        if let Some(payer) = &tx.payer {
            native::note_kind(self.overlay, payer, job.payer_kind)?;
        }
        let gas = Meter { used: job.intrinsic, limit: tx.gas_limit };
        let (signing_hash, overlay) = (id::tx_signing_hash(tx), &mut *self.overlay);
        let mut calls = Calls::new(overlay, self.setting, tx.sender, signing_hash, gas);
        let result =
            (0_u8..).zip(&tx.calls).try_for_each(|(index, call)| calls.carry_out(index, call));
        let Calls { gas, events, touched, returned, failure, log, .. } = calls;
        let used = gas.used;
        match result {
            Ok(()) => {
                self.overlay.commit();
                Ok(Called { code: Code::Ok, used, events, touched, returned, log })
            }
            Err(Stop::Failed(code)) => {
                assert_ne!(code, Code::Ok, "a failure has a reason");
                self.overlay.rollback();
                let (events, touched) = (Events::default(), Vec::new());
                let returned = failure.map(|failure| types::encode(&failure)).unwrap_or_default();
                Ok(Called { code, used, events, touched, returned, log })
            }
            Err(Stop::Read(error)) => Err(error),
        }
    }

    /// Keep the fee of the gas used, give back the rest of what was reserved.
    fn settle(&mut self, payer: &Address, reserve: Amount, fee: Amount) -> Result<(), ReadError> {
        let rest = reserve.checked_sub(fee).expect("gas used is at most the gas limit");
        if rest > Amount::ZERO {
            native::settled(native::credit(self.overlay, payer, rest, AddressKind::Account))?;
        }
        self.fees = self.fees.checked_add(fee).expect("fees were part of the supply");
        Ok(())
    }
}

/// The fee could not be reserved: the nonce is used, nothing is charged.
fn unpaid(job: &Job<'_>, code: Code) -> Outcome {
    let receipt = receipt(job, code, Gas::ZERO, Amount::ZERO);
    let touched = touched(job.tx, Vec::new());
    Outcome { receipt, touched, returned: Vec::new(), log: Vec::new() }
}

/// The accounts in whose history a transaction stands, ascending.
fn touched(tx: &Tx, mut accounts: Vec<Address>) -> Vec<Address> {
    accounts.extend([tx.sender, tx.payer.unwrap_or(tx.sender)]);
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// A receipt without events and return.
fn receipt(job: &Job<'_>, code: Code, gas_used: Gas, fee: Amount) -> Receipt {
    Receipt {
        version: Version,
        kind: ReceiptKind::Transaction,
        tx_hash: job.hash,
        status: if code == Code::Ok { Status::Succeeded } else { Status::Failed },
        code,
        gas_used,
        fee,
        events: Vec::new(),
        return_hash: types::Hash::ZERO,
    }
}
