//! Native modules: what the calls of a transaction do, in contracts or without.

mod bank;
mod contracts;
pub(crate) mod evidence;
pub(crate) mod governance;
mod registry;
mod roles;
pub(crate) mod validators;

pub(crate) use bank::{balance, check_transfer, credit, debit, note_kind, payee};
pub(crate) use contracts::{Entry, Refusal, View, may_deploy, refusal};
#[cfg(test)]
pub(crate) use governance::threshold;
pub(crate) use roles::holds_role;

use crate::modules;
use crate::transaction::Position;
use state::{Overlay, ReadError};
use types::receipt::{MAX_EVENT_BYTES, MAX_EVENTS, NativeEvent};
use types::{Address, Call, ChainId, Code, Event, Failure, Gas, Hash, Params};
use vm::{Machine, Pool};

/// Most lines that contracts log in one simulated transaction; the rest is dropped.
pub(crate) const MAX_LOG_LINES: usize = 64;

/// Why a call went no further.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It fails, in every node alike, and its transaction with it.
    Failed(Code),
    /// This node cannot read its state.
    Read(ReadError),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// Under what rules calls run.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    /// The chain.
    pub(crate) chain_id: ChainId,
    /// The block.
    pub(crate) position: Position,
    /// The parameters in force.
    pub(crate) params: &'a Params,
    /// Runs contracts.
    pub(crate) machine: &'a Machine,
    /// For what it runs them.
    pub(crate) pool: Pool,
}

/// What the calls of one transaction work on.
pub(crate) struct Calls<'a, 'r> {
    /// State, with the writes of the calls before.
    pub(crate) overlay: &'a mut Overlay<'r>,
    /// The rules.
    pub(crate) setting: Setting<'a>,
    /// Whose calls they are.
    pub(crate) sender: Address,
    /// `H("tx", tx)`: calls get their identities from it.
    pub(crate) signing_hash: Hash,
    /// What is used up so far, and what may be used at most.
    pub(crate) gas: Meter,
    /// What happened so far.
    pub(crate) events: Events,
    /// Accounts that took part so far, with repetitions.
    pub(crate) touched: Vec<Address>,
    /// What the newest call returned.
    pub(crate) returned: Vec<u8>,
    /// What the contract says that failed.
    pub(crate) failure: Option<Failure>,
    /// The contracts that are being called, the outermost first.
    pub(crate) stack: Vec<Address>,
    /// Which call of the transaction it is.
    pub(crate) index: u8,
    /// Calls of contracts begun within it.
    pub(crate) nested: u32,
    /// Lines that contracts logged, kept in simulations only.
    pub(crate) log: Vec<String>,
}

/// Gas of one transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    pub(crate) used: Gas,
    pub(crate) limit: Gas,
}

impl Meter {
    /// What may still be used.
    pub(crate) fn left(self) -> Gas {
        self.limit.checked_sub(self.used).expect("gas used is at most the limit")
    }

    /// Use some of what is left.
    pub(crate) fn take(&mut self, gas: Gas) {
        let used = self.used.checked_add(gas).filter(|used| *used <= self.limit);
        self.used = used.expect("a call uses at most what it was given");
    }
}

/// Events of one transaction, as many as a receipt may hold.
#[derive(Debug, Default)]
pub(crate) struct Events {
    pub(crate) list: Vec<Event>,
    bytes: usize,
}

impl Events {
    /// Add one.
    ///
    /// # Errors
    /// [`Code::TooManyEvents`] if the receipt would exceed its limits.
    pub(crate) fn push(&mut self, event: Event) -> Result<(), Code> {
        let bytes = self.bytes.saturating_add(types::encode(&event).len());
        if self.list.len() >= MAX_EVENTS || bytes > MAX_EVENT_BYTES {
            return Err(Code::TooManyEvents);
        }
        self.bytes = bytes;
        self.list.push(event);
        Ok(())
    }

    /// Where the list ends now, for [`Events::rewind`].
    pub(crate) fn mark(&self) -> (usize, usize) {
        (self.list.len(), self.bytes)
    }

    /// Drop what came after the mark.
    pub(crate) fn rewind(&mut self, (events, bytes): (usize, usize)) {
        self.list.truncate(events);
        self.bytes = bytes;
    }
}

impl<'a, 'r> Calls<'a, 'r> {
    /// Nothing called yet.
    pub(crate) fn new(
        overlay: &'a mut Overlay<'r>,
        setting: Setting<'a>,
        sender: Address,
        signing_hash: Hash,
        gas: Meter,
    ) -> Self {
        Self {
            overlay,
            setting,
            sender,
            signing_hash,
            gas,
            events: Events::default(),
            touched: Vec::new(),
            returned: Vec::new(),
            failure: None,
            stack: Vec::new(),
            index: 0,
            nested: 0,
            log: Vec::new(),
        }
    }

    /// Carry out the call at a place of the transaction.
    ///
    /// # Errors
    /// [`Stop`]; the caller drops what was written.
    pub(crate) fn carry_out(&mut self, index: u8, call: &Call) -> Result<(), Stop> {
        (self.index, self.nested) = (index, 0);
        self.returned.clear();
        let sender = self.sender;
        match call {
            Call::Transfer { to, amount } => self.transfer(&sender, to, *amount),
            Call::GrantRole { account, role, expires_ms } => {
                self.grant_role(account, *role, *expires_ms)
            }
            Call::RevokeRole { account, role } => self.revoke_role(account, *role),
            Call::Membership(call) => self.membership(call),
            Call::Deploy { code } => self.deploy(code),
            Call::Instantiate { code_hash, salt, admin, input, value } => {
                self.instantiate(code_hash, salt, *admin, input, *value)
            }
            Call::Call { contract, method, input, value } => {
                self.call_contract(contract, method, input, *value)
            }
            Call::Upgrade { contract, code_hash, input } => {
                self.upgrade(contract, code_hash, input)
            }
            Call::PauseContract { contract, paused } => self.pause(contract, *paused),
        }
    }

    fn emit(&mut self, native: &NativeEvent) -> Result<(), Stop> {
        self.events.push(event(native)).map_err(Stop::Failed)
    }
}

/// A native event, in the name of its module.
fn event(native: &NativeEvent) -> Event {
    let source = match native {
        NativeEvent::Transfer { .. } => modules::BANK,
        NativeEvent::RoleGranted { .. } | NativeEvent::RoleRevoked { .. } => modules::ROLES,
        NativeEvent::Revealed { .. } => modules::EVIDENCE,
        NativeEvent::SetChanged { .. }
        | NativeEvent::BondPaid { .. }
        | NativeEvent::StatusChanged { .. }
        | NativeEvent::KeysRotated { .. } => modules::VALIDATORS,
        NativeEvent::Proposed { .. } | NativeEvent::Voted { .. } | NativeEvent::Decided { .. } => {
            modules::GOVERNANCE
        }
        NativeEvent::Deployed { .. }
        | NativeEvent::Instantiated { .. }
        | NativeEvent::Upgraded { .. }
        | NativeEvent::Paused { .. } => modules::CONTRACTS,
    };
    Event { source, name: native.name().to_owned(), data: types::encode(native) }
}

/// Money that is known to be there was moved: escrow covers every bond, and what comes out of it
/// was part of the supply.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
///
/// # Panics
/// If it was not there: money would be made or lost.
pub(crate) fn settled(moved: Result<(), Stop>) -> Result<(), ReadError> {
    match moved {
        Ok(()) => Ok(()),
        Err(Stop::Read(error)) => Err(error),
        Err(Stop::Failed(code)) => panic!("escrow and supply do not add up: {code}"),
    }
}
