//! The environment as a test drives it.

use super::account::Account;
use super::chain::{self, Deployed, Entering, Failed, World};
use super::machine::Machine;
use crate::client::Request;
use crate::{Bucket, Contract, Event};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use types::abi::{Abi, MAX_ABI_BYTES};
use types::{Address, Amount, ChainId, Code, Gas, Hash, Height, Role, TimestampMs};

/// A chain for tests. Clones are the same chain.
///
/// Height and time stand still until the test moves them, so that a test says exactly when each
/// call happens.
#[derive(Clone)]
pub struct TestEnv {
    world: Rc<RefCell<World>>,
}

/// An event of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Whose.
    pub contract: Address,
    /// Its name.
    pub name: String,
    /// Its values in order, in borsh.
    pub data: Vec<u8>,
}

impl Default for TestEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TestEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = self.world.borrow();
        write!(f, "TestEnv(height {}, {} contracts)", world.height, world.contracts.len())
    }
}

impl TestEnv {
    /// An empty chain at height 1, natively or as [`super::VM`] says.
    ///
    /// # Panics
    /// If the program that it names does not start.
    #[must_use]
    pub fn new() -> Self {
        Self::over(Machine::from_environment())
    }

    /// An empty chain at height 1 on which contracts run natively, whatever [`super::VM`] says: for
    /// contracts that are not built as modules.
    #[must_use]
    pub fn native() -> Self {
        Self::over(None)
    }

    fn over(machine: Option<Rc<Machine>>) -> Self {
        Self { world: Rc::new(RefCell::new(World::new(machine))) }
    }

    /// An account that holds this much. The same name is the same account, and gets it once more.
    ///
    /// # Panics
    /// If the sum exceeds 2^128 − 1.
    #[must_use]
    pub fn account(&self, name: &str, balance: u128) -> Account {
        let account = Account::new(self.clone(), name);
        self.fund(&account.address(), Amount(balance));
        account
    }

    /// Give an account money from nowhere.
    ///
    /// # Panics
    /// If the sum exceeds 2^128 − 1.
    pub fn fund(&self, account: &Address, amount: Amount) {
        let mut world = self.world.borrow_mut();
        let sum = world.balance(account).checked_add(amount).expect("a balance fits 128 bits");
        world.set_balance(*account, sum);
    }

    /// Give an account a role.
    pub fn grant(&self, account: &Account, role: Role) {
        self.world.borrow_mut().roles.insert((account.address(), role));
    }

    /// Take a role away.
    pub fn revoke(&self, account: &Account, role: Role) {
        self.world.borrow_mut().roles.remove(&(account.address(), role));
    }

    /// Pause a contract, as its admin does on the chain: its calls are refused with
    /// `CONTRACT_PAUSED`, its views are answered. Or let it go on.
    ///
    /// # Panics
    /// If there is no such contract.
    pub fn set_paused(&self, contract: Address, paused: bool) {
        let mut world = self.world.borrow_mut();
        let found = world.contracts.get_mut(&contract);
        found.unwrap_or_else(|| panic!("no contract at {contract}")).paused = paused;
    }

    /// The height at which calls run.
    #[must_use]
    pub fn height(&self) -> Height {
        self.world.borrow().height
    }

    /// The time at which calls run.
    #[must_use]
    pub fn time_ms(&self) -> TimestampMs {
        self.world.borrow().time_ms
    }

    /// The chain's identity.
    #[must_use]
    pub fn chain_id(&self) -> ChainId {
        self.world.borrow().chain_id
    }

    /// Go on by one height and this many milliseconds.
    ///
    /// # Panics
    /// If time does not move: each block is later than the one before.
    pub fn advance_ms(&self, milliseconds: u64) {
        let time = self.time_ms().checked_add(TimestampMs(milliseconds));
        self.advance_to(time.expect("no test runs to the end of time"));
    }

    /// Go on by one height, to this time.
    ///
    /// # Panics
    /// If it is not later than now.
    pub fn advance_to(&self, time_ms: TimestampMs) {
        let mut world = self.world.borrow_mut();
        assert!(time_ms > world.time_ms, "each block is later than the one before");
        world.time_ms = time_ms;
        world.height = world.height.next();
    }

    /// Go on by this many heights, a second each.
    pub fn advance_blocks(&self, heights: u64) {
        (0..heights).for_each(|_| self.advance_ms(1_000));
    }

    /// Decide the randomness of a height, which otherwise follows from its number.
    pub fn set_randomness(&self, height: Height, randomness: Hash) {
        self.world.borrow_mut().randomness.insert(height, randomness);
    }

    /// What an account or contract holds.
    #[must_use]
    pub fn balance(&self, account: &Address) -> Amount {
        self.world.borrow().balance(account)
    }

    /// Everything that a contract stores: keys and values, ascending.
    #[must_use]
    pub fn storage(&self, contract: &Address) -> Vec<(Vec<u8>, Vec<u8>)> {
        let world = self.world.borrow();
        let own = world.storage.iter().filter(|((owner, _), _)| owner == contract);
        own.map(|((_, key), value)| (key.clone(), value.clone())).collect()
    }

    /// Gas that the last call of an account used, without what a transaction costs besides; `None`
    /// natively.
    #[must_use]
    pub fn last_gas(&self) -> Option<Gas> {
        let world = self.world.borrow();
        world.machine.as_ref().map(|_| world.called_gas)
    }

    /// Every event of every contract so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Announced> {
        let world = self.world.borrow();
        let announced = |event: &types::Event| Announced {
            contract: event.source,
            name: event.name.clone(),
            data: event.data.clone(),
        };
        world.events.iter().map(announced).collect()
    }

    /// The events of one kind that a contract announced so far, in order.
    ///
    /// # Panics
    /// If an event of this name has other values.
    #[must_use]
    pub fn events_of<E: Event>(&self, contract: Address) -> Vec<E> {
        let own = self.events().into_iter().filter(|event| event.contract == contract);
        own.filter(|event| event.name == E::SHAPE.name)
            .map(|event| E::decode(&event.data).expect("an event has the values of its struct"))
            .collect()
    }

    /// The buckets that a contract's `audit` reports.
    ///
    /// # Panics
    /// If it has no such view, or the view fails.
    #[must_use]
    pub fn audit(&self, contract: Address) -> Vec<Bucket> {
        let request =
            Request { contract, method: "audit", input: &[], value: Amount::ZERO, gas: None };
        let answer = self.transact(contract, None, request);
        let output = answer.unwrap_or_else(|failed| panic!("audit of {contract}: {failed:?}"));
        borsh::from_slice(&output).expect("the macro holds audit to its type")
    }

    pub(crate) fn call(&self, caller: Address, request: Request<'_>) -> Result<Vec<u8>, Failed> {
        let result = self.transact(caller, None, request);
        self.note_gas();
        self.check_audits();
        result
    }

    pub(crate) fn instantiate<T: Contract>(
        &self,
        creator: Address,
        input: &[u8],
        value: Amount,
    ) -> Result<Address, Failed> {
        check_interface::<T>();
        let salt = self.world.borrow().transactions.to_le_bytes();
        let contract = ::crypto::id::contract_address(&creator, &salt);
        let deployed = Deployed {
            entries: T::ENTRIES,
            code_hash: self.load::<T>(),
            admin: creator,
            paused: false,
        };
        self.world.borrow_mut().contracts.insert(contract, deployed);
        let request = Request { contract, method: "", input, value, gas: None };
        let result = self.transact(creator, Some("init"), request);
        self.note_gas();
        if result.is_err() {
            self.world.borrow_mut().contracts.remove(&contract);
        }
        self.check_audits();
        result.map(|_| contract)
    }

    pub(crate) fn upgrade<T: Contract>(
        &self,
        admin: Address,
        contract: Address,
        input: &[u8],
    ) -> Result<(), Failed> {
        check_interface::<T>();
        let found = self.world.borrow().contracts.get(&contract).copied();
        let before = found.ok_or((Code::ContractUnknown, None))?;
        if before.admin != admin {
            return Err((Code::NotAdmin, None));
        }
        let deployed = Deployed { entries: T::ENTRIES, code_hash: self.load::<T>(), ..before };
        self.world.borrow_mut().contracts.insert(contract, deployed);
        let request = Request { contract, method: "", input, value: Amount::ZERO, gas: None };
        let result = self.transact(admin, Some("migrate"), request);
        self.note_gas();
        if result.is_err() {
            self.world.borrow_mut().contracts.insert(contract, before);
        }
        self.check_audits();
        result.map(|_| ())
    }

    /// The contract's module, if modules run.
    fn load<T: Contract>(&self) -> Option<Hash> {
        let machine = self.world.borrow().machine.clone();
        machine.map(|machine| machine.load(T::PACKAGE))
    }

    fn transact(
        &self,
        caller: Address,
        export: Option<&str>,
        request: Request<'_>,
    ) -> Result<Vec<u8>, Failed> {
        chain::transact(&self.world, &Entering { caller, export, request })
    }

    /// Keep what the call used: audits are calls, too.
    fn note_gas(&self) {
        let mut world = self.world.borrow_mut();
        world.called_gas = world.last_gas;
    }

    /// That every contract's buckets add up to what it holds.
    fn check_audits(&self) {
        let audited: Vec<Address> = {
            let world = self.world.borrow();
            let with_audit = world.contracts.iter().filter(|(_, deployed)| deployed.has_audit());
            with_audit.map(|(contract, _)| *contract).collect()
        };
        for contract in audited {
            let buckets = self.audit(contract);
            let add = |sum: Amount, bucket: &Bucket| sum.checked_add(bucket.amount);
            let sum = buckets.iter().try_fold(Amount::ZERO, add);
            let balance = self.balance(&contract);
            assert!(
                sum == Some(balance),
                "audit of {contract}: the buckets do not add up to the balance {balance}: {buckets:?}"
            );
        }
    }
}

/// The randomness of a height: the test's own, or one that follows from its number.
pub(crate) fn randomness(world: &World, height: Height) -> Hash {
    let decided = world.randomness.get(&height).copied();
    decided.unwrap_or_else(|| ::crypto::hash::derive_value("vrf-output", &height))
}

/// That the interface decodes and keeps to its rules, before anything runs.
fn check_interface<T: Contract>() {
    let abi: Abi = types::decode("interface", T::ABI, MAX_ABI_BYTES)
        .unwrap_or_else(|error| panic!("{}: {error}", T::NAME));
    abi.check().unwrap_or_else(|error| panic!("{}: {error}", T::NAME));
}
