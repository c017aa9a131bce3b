//! The registry of roles: who may do what, until when.
//!
//! Holders of `operator` grant and revoke every other role. `operator` itself comes from genesis
//! (and from the members, once they govern), so that no operator can make or unmake another. A
//! holder may lay down a role of its own, `operator` included.

use super::{Calls, Stop};
use state::{NodeReader, ReadError, key, read};
use types::receipt::NativeEvent;
use types::{Address, Code, Role, RoleRecord, TimestampMs, Version};

impl Calls<'_, '_> {
    /// Give a role, or a new expiry to who holds it already.
    pub(super) fn grant_role(
        &mut self,
        account: &Address,
        role: Role,
        expires_ms: Option<TimestampMs>,
    ) -> Result<(), Stop> {
        self.expect_operator(role)?;
        if expires_ms.is_some_and(|expires_ms| expires_ms <= self.setting.position.time_ms) {
            return Err(Stop::Failed(Code::BadField));
        }
        let record =
            RoleRecord { version: Version, granted: self.setting.position.height, expires_ms };
        self.overlay.set(&key::role(account, role), types::encode(&record));
        self.touched.push(*account);
        let by = self.sender;
        self.emit(&NativeEvent::RoleGranted { account: *account, role, expires_ms, by })
    }

    /// Take a role away, or lay it down.
    pub(super) fn revoke_role(&mut self, account: &Address, role: Role) -> Result<(), Stop> {
        if *account != self.sender {
            self.expect_operator(role)?;
        }
        // An expired role is still a record, and may be cleared away.
        if read::role(self.overlay, account, role)?.is_none() {
            return Err(Stop::Failed(Code::RoleUnknown));
        }
        self.overlay.remove(&key::role(account, role));
        self.touched.push(*account);
        self.emit(&NativeEvent::RoleRevoked { account: *account, role, by: self.sender })
    }

    fn expect_operator(&self, role: Role) -> Result<(), Stop> {
        let time_ms = self.setting.position.time_ms;
        let permitted = role != Role::Operator
            && holds_role(self.overlay, &self.sender, Role::Operator, time_ms)?;
        if permitted { Ok(()) } else { Err(Stop::Failed(Code::NotPermitted)) }
    }
}

/// Whether an account holds a role at a block time.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn holds_role(
    reader: &dyn NodeReader,
    account: &Address,
    role: Role,
    time_ms: TimestampMs,
) -> Result<bool, ReadError> {
    let record = read::role(reader, account, role)?;
    Ok(record.is_some_and(|record| record.expires_ms.is_none_or(|expires| time_ms < expires)))
}
