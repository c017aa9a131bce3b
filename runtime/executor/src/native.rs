//! Native modules: what calls of transactions do without a contract.

mod bank;
pub(crate) mod evidence;
mod governance;
mod registry;
mod roles;
pub(crate) mod validators;

pub(crate) use bank::{balance, check_transfer, credit, debit, note_kind};
#[cfg(test)]
pub(crate) use governance::threshold;
pub(crate) use roles::holds_role;

use crate::modules;
use crate::transaction::Position;
use state::{Overlay, ReadError};
use types::receipt::NativeEvent;
use types::{Address, Call, ChainId, Code, Event, Params};

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

/// What the calls of one transaction work on.
pub(crate) struct Calls<'a, 'r> {
    /// State, with the writes of the calls before.
    pub(crate) overlay: &'a mut Overlay<'r>,
    /// The chain.
    pub(crate) chain_id: ChainId,
    /// The block.
    pub(crate) position: Position,
    /// The parameters in force.
    pub(crate) params: &'a Params,
    /// Whose calls they are.
    pub(crate) sender: Address,
    /// What happened so far.
    pub(crate) events: Vec<Event>,
    /// Accounts that took part so far, with repetitions.
    pub(crate) touched: Vec<Address>,
}

impl Calls<'_, '_> {
    /// Carry out one call.
    ///
    /// # Errors
    /// [`Stop`]; the caller drops what was written.
    pub(crate) fn carry_out(&mut self, call: &Call) -> Result<(), Stop> {
        match call {
            Call::Transfer { to, amount } => self.transfer(to, *amount),
            Call::GrantRole { account, role, expires_ms } => {
                self.grant_role(account, *role, *expires_ms)
            }
            Call::RevokeRole { account, role } => self.revoke_role(account, *role),
            Call::Membership(call) => self.membership(call),
        }
    }

    fn emit(&mut self, native: &NativeEvent) {
        self.events.push(event(native));
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
        | NativeEvent::StatusChanged { .. } => modules::VALIDATORS,
        NativeEvent::Proposed { .. } | NativeEvent::Voted { .. } | NativeEvent::Decided { .. } => {
            modules::GOVERNANCE
        }
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
