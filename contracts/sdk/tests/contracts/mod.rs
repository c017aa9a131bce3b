//! Contracts that exist to be tested.

use sdk::client::{Caller, FromContract, Request};
use sdk::prelude::*;

/// Keeps money for whoever brings it.
#[contract(events(Kept))]
pub struct Vault {
    kept: Map<Address, Amount>,
    total: Item<Amount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Event)]
pub struct Kept {
    pub by: Address,
    pub amount: Amount,
}

#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum VaultError {
    Overflow,
    TooMuch { kept: Amount },
    Spoiled { paid: Amount },
    Bank(u16),
}

#[contract]
impl Vault {
    #[init(payable)]
    pub fn init(&mut self) {
        self.total.set(&sdk::value());
    }

    #[call(payable)]
    pub fn keep(&mut self) -> Result<Amount, VaultError> {
        let (by, amount) = (sdk::caller(), sdk::value());
        let sum = self.kept.update(&by, |kept| {
            *kept = kept.checked_add(amount).ok_or(VaultError::Overflow)?;
            Ok(*kept)
        })?;
        let total = self.total.or_default().checked_add(amount).ok_or(VaultError::Overflow)?;
        self.total.set(&total);
        self.emit(Kept { by, amount });
        Ok(sum)
    }

    #[call]
    pub fn take(&mut self, amount: Amount) -> Result<(), VaultError> {
        let by = sdk::caller();
        let kept = self.kept.or_default(&by);
        let rest = kept.checked_sub(amount).ok_or(VaultError::TooMuch { kept })?;
        let total = self.total.or_default().checked_sub(amount).ok_or(VaultError::Overflow)?;
        self.kept.set(&by, &rest);
        self.total.set(&total);
        sdk::transfer(&by, amount).map_err(|code| VaultError::Bank(code.number()))
    }

    #[call(payable)]
    pub fn spoil(&mut self) -> Result<(), VaultError> {
        let by = sdk::caller();
        self.kept.set(&by, &Amount(77));
        self.emit(Kept { by, amount: Amount(77) });
        let _ = sdk::transfer(&by, Amount(1));
        Err(VaultError::Spoiled { paid: Amount(1) })
    }

    #[call]
    pub fn panic_with(&mut self, word: String) {
        self.total.set(&Amount(1));
        panic!("{word}");
    }

    #[call]
    pub fn ids(&mut self) -> (Hash, Hash) {
        (sdk::new_id(), sdk::new_id())
    }

    #[view]
    pub fn sneak(&self) {
        let mut other = Self::open();
        other.total.set(&Amount(1));
    }

    #[view]
    pub fn kept_by(&self, account: Address) -> Amount {
        self.kept.or_default(&account)
    }

    #[view]
    pub fn seen(&self) -> (Height, TimestampMs, bool) {
        (sdk::height(), sdk::time_ms(), sdk::has_role(&sdk::caller(), Role::Merchant))
    }

    #[view]
    pub fn drawn(&self, height: Height) -> Option<Hash> {
        sdk::randomness(height)
    }

    /// 0 if the message counts, 1 if it has expired, 2 if the signature does not hold.
    #[view]
    pub fn signed(
        &self,
        key: PublicKey,
        signature: Signature,
        body: Vec<u8>,
        expiry_ms: TimestampMs,
    ) -> u8 {
        match sdk::verify_message(&key, &signature, "signed", &body, expiry_ms) {
            Ok(()) => 0,
            Err(sdk::MessageError::Expired) => 1,
            Err(sdk::MessageError::Signature) => 2,
        }
    }

    #[view]
    pub fn who(&self) -> (Address, Address) {
        (sdk::caller(), sdk::origin())
    }

    #[view]
    pub fn audit(&self) -> Vec<Bucket> {
        vec![Bucket::new("kept", self.total.or_default())]
    }
}

/// The vault's next version.
#[contract]
pub struct VaultTwo {
    kept: Map<Address, Amount>,
    total: Item<Amount>,
    version: Item<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum MigrateError {
    Zero,
}

#[contract]
impl VaultTwo {
    #[init]
    pub fn init(&mut self) {}

    #[migrate]
    pub fn migrate(&mut self, version: u8) -> Result<(), MigrateError> {
        self.version.set(&version);
        if version == 0 { Err(MigrateError::Zero) } else { Ok(()) }
    }

    #[view]
    pub fn total(&self) -> (Amount, u8) {
        let kept = self.kept.iter().fold(0, |sum, (_, kept)| sum + kept.get());
        assert_eq!(Amount(kept), self.total.or_default(), "the map is the total's parts");
        (self.total.or_default(), self.version.or_default())
    }
}

/// Calls the vault.
#[contract]
pub struct Relay {
    vault: Item<Address>,
}

#[contract]
impl Relay {
    #[init]
    pub fn init(&mut self, vault: Address) {
        self.vault.set(&vault);
    }

    #[call(payable)]
    pub fn forward(&mut self) -> Result<Amount, VaultError> {
        let vault = VaultClient::at(self.vault.get().expect("init sets it"));
        let kept = vault.paying(sdk::value()).keep();
        kept.map_err(|error| VaultError::Bank(error.code().number()))
    }

    #[call(payable)]
    pub fn try_spoil(&mut self) -> String {
        let vault = VaultClient::at(self.vault.get().expect("init sets it"));
        let failed = vault.paying(sdk::value()).spoil().expect_err("it always refuses");
        sdk::transfer(&sdk::caller(), sdk::value()).expect("the money came back");
        failed.name()
    }

    #[call]
    pub fn call_myself(&mut self) -> u16 {
        let myself = RelayClient::at(sdk::contract());
        myself.ask().expect_err("it runs already").code().number()
    }

    #[view]
    pub fn ask(&self) -> (Address, Address) {
        VaultClient::at(self.vault.get().expect("init sets it")).who().expect("a view answers")
    }

    #[view]
    pub fn write_in_view(&self) -> u16 {
        let contract = self.vault.get().expect("init sets it");
        let value = Amount::ZERO;
        let request = Request { contract, method: "ids", input: &[], value, gas: None };
        assert!(FromContract.call(request).is_ok(), "identifiers are not written down");
        let request = Request { contract, method: "sneak", input: &[], value, gas: None };
        FromContract.call(request).expect_err("it writes").0.number()
    }
}

/// Forgets money.
#[contract]
pub struct Weak {
    total: Item<Amount>,
}

#[contract]
impl Weak {
    #[init]
    pub fn init(&mut self) {}

    #[call(payable)]
    pub fn lose(&mut self) {}

    #[view]
    pub fn audit(&self) -> Vec<Bucket> {
        vec![Bucket::new("kept", self.total.or_default())]
    }
}
