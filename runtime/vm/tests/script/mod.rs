//! A chain in memory for tests and the bench: one storage a contract, calls that nest.

#![allow(dead_code, unreachable_pub)] // Each test uses its part.

use std::collections::BTreeMap;
use types::{
    Address, Amount, ChainId, Code, Context, Failure, Gas, Hash, Height, PublicKey, Role,
    Signature, TimestampMs, Version,
};
use vm::{CallReply, CallRequest, Host, HostError, Machine, Outcome, Pool, Run};

pub type Storage = BTreeMap<Vec<u8>, Vec<u8>>;

/// What all calls of one test see.
#[derive(Clone, Default)]
pub struct Chain {
    pub storage: BTreeMap<Address, Storage>,
    pub contracts: BTreeMap<Address, Vec<u8>>,
    pub events: Vec<(String, Vec<u8>)>,
    pub balances: BTreeMap<Address, u128>,
}

/// One running call.
pub struct Frame<'a> {
    pub machine: &'a Machine,
    pub chain: &'a mut Chain,
    pub pool: Pool,
    pub contract: Address,
    pub caller: Address,
    pub depth: u8,
    pub view: bool,
    pub ids: u32,
    /// How often the machine asked for code.
    pub fetched: u32,
    /// What storage answers instead of reading.
    pub broken: Option<HostError>,
}

pub const CONTRACT: Address = Address([7; 32]);
pub const OTHER: Address = Address([8; 32]);
pub const SENDER: Address = Address([1; 32]);

pub fn code_hash(code: &[u8]) -> Hash {
    Hash(*blake3::hash(code).as_bytes())
}

pub fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Run `entry` of `code` as a contract of its own chain.
pub fn run(machine: &Machine, pool: Pool, code: &[u8], entry: &str, gas: u64) -> Outcome {
    run_on(machine, &mut Chain::default(), pool, code, entry, &[], gas)
}

pub fn run_on(
    machine: &Machine,
    chain: &mut Chain,
    pool: Pool,
    code: &[u8],
    entry: &str,
    input: &[u8],
    gas: u64,
) -> Outcome {
    chain.contracts.insert(CONTRACT, code.to_vec());
    let mut frame = Frame::outermost(machine, chain, pool);
    frame.view = entry.starts_with("view:");
    let code_hash = code_hash(code);
    let run = Run { pool, code_hash, entry, input, gas: Gas(gas), depth: 0 };
    vm::on_stack(|| machine.run(run, &mut frame)).expect("the host never breaks")
}

impl<'a> Frame<'a> {
    pub fn outermost(machine: &'a Machine, chain: &'a mut Chain, pool: Pool) -> Self {
        Self {
            machine,
            chain,
            pool,
            contract: CONTRACT,
            caller: SENDER,
            depth: 0,
            view: false,
            ids: 0,
            fetched: 0,
            broken: None,
        }
    }

    fn own(&mut self) -> Result<&mut Storage, HostError> {
        match self.broken.clone() {
            Some(error) => Err(error),
            None => Ok(self.chain.storage.entry(self.contract).or_default()),
        }
    }

    fn may_write(&self) -> Result<(), HostError> {
        if self.view { Err(HostError::Fail(Code::ViewWrites)) } else { Ok(()) }
    }

    /// Run the call on a copy of the chain, and keep that if it succeeds.
    fn nested(&mut self, request: &CallRequest<'_>) -> Result<CallReply, HostError> {
        let failed = |code| Ok(CallReply { gas_used: Gas(0), result: Err((code, None)) });
        let Some(code) = self.chain.contracts.get(&request.contract).cloned() else {
            return failed(Code::ContractUnknown);
        };
        if self.depth + 1 == types::contract::MAX_CALL_DEPTH {
            return failed(Code::CallDepth);
        }
        let mut copy = self.chain.clone();
        let mut frame = Frame::outermost(self.machine, &mut copy, self.pool);
        (frame.contract, frame.caller) = (request.contract, self.contract);
        (frame.depth, frame.view) = (self.depth + 1, self.view);
        let run = Run {
            pool: self.pool,
            code_hash: code_hash(&code),
            entry: &format!("call:{}", request.method),
            input: request.input,
            gas: request.gas,
            depth: self.depth + 1,
        };
        let outcome = self.machine.run(run, &mut frame).map_err(HostError::Fatal)?;
        let contract = request.contract;
        let result = outcome.result.map_err(|stop| {
            let failure = stop.failure;
            let failure =
                failure.map(|(name, data)| Failure { version: Version, contract, name, data });
            (stop.code, failure)
        });
        if result.is_ok() {
            *self.chain = copy;
        }
        Ok(CallReply { gas_used: outcome.gas_used, result })
    }
}

impl Host for Frame<'_> {
    fn code(&mut self, wanted: &Hash) -> Result<Option<Vec<u8>>, HostError> {
        self.fetched += 1;
        Ok(self.chain.contracts.values().find(|code| code_hash(code) == *wanted).cloned())
    }

    fn storage_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
        assert!(key.len() <= vm::limits::MAX_KEY_BYTES);
        Ok(self.own()?.get(key).cloned())
    }

    fn storage_set(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), HostError> {
        self.may_write()?;
        assert!(key.len() <= vm::limits::MAX_KEY_BYTES);
        assert!(value.len() <= vm::limits::MAX_VALUE_BYTES);
        self.own()?.insert(key.to_vec(), value);
        Ok(())
    }

    fn storage_remove(&mut self, key: &[u8]) -> Result<bool, HostError> {
        self.may_write()?;
        Ok(self.own()?.remove(key).is_some())
    }

    fn storage_has(&mut self, key: &[u8]) -> Result<bool, HostError> {
        Ok(self.own()?.contains_key(key))
    }

    fn storage_scan(
        &mut self,
        prefix: &[u8],
        after: &[u8],
        limit: u32,
        max_bytes: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, HostError> {
        let mut bytes = 0;
        let own = self.own()?.iter();
        Ok(own
            .filter(|(key, _)| key.starts_with(prefix))
            .filter(|(key, _)| after.is_empty() || key.as_slice() > after)
            .take(limit as usize)
            .take_while(|(key, value)| {
                bytes += key.len() + value.len() + 8;
                bytes <= max_bytes
            })
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn emit(&mut self, name: &str, data: &[u8]) -> Result<(), HostError> {
        self.may_write()?;
        let bytes: usize = self.chain.events.iter().map(|(_, data)| data.len()).sum();
        if self.chain.events.len() == 256 || bytes + data.len() > 65_536 {
            return Err(HostError::Fail(Code::TooManyEvents));
        }
        self.chain.events.push((name.to_owned(), data.to_vec()));
        Ok(())
    }

    fn transfer(&mut self, to: &Address, amount: Amount) -> Result<Result<(), Code>, HostError> {
        self.may_write()?;
        let own = self.chain.balances.entry(self.contract).or_default();
        let Some(rest) = own.checked_sub(amount.0) else {
            return Ok(Err(Code::InsufficientBalance));
        };
        *own = rest;
        *self.chain.balances.entry(*to).or_default() += amount.0;
        Ok(Ok(()))
    }

    fn call(&mut self, request: CallRequest<'_>) -> Result<CallReply, HostError> {
        self.nested(&request)
    }

    fn context(&mut self) -> Result<Context, HostError> {
        Ok(Context {
            version: Version,
            chain_id: ChainId([3; 32]),
            height: Height(10),
            time_ms: TimestampMs(1_000),
            contract: self.contract,
            caller: self.caller,
            origin: SENDER,
            value: Amount(5),
            call_id: Hash([9; 32]),
            view: self.view,
        })
    }

    fn has_role(&mut self, account: &Address, role: Role) -> Result<bool, HostError> {
        Ok(*account == SENDER && role == Role::Merchant)
    }

    fn balance(&mut self, account: &Address) -> Result<Amount, HostError> {
        Ok(Amount(self.chain.balances.get(account).copied().unwrap_or_default()))
    }

    fn randomness(&mut self, height: u64) -> Result<Option<[u8; 32]>, HostError> {
        Ok((height <= 10).then_some([height as u8; 32]))
    }

    fn new_id(&mut self) -> Result<Hash, HostError> {
        self.ids += 1;
        Ok(Hash([self.ids as u8; 32]))
    }

    fn verify_ed25519(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        key.0[0] == signature.0[0] && !message.is_empty()
    }

    fn merkle_verify(&self, root: &Hash, entry: &Hash, _: u64, count: u64, proof: &[Hash]) -> bool {
        root == entry && proof.len() as u64 == count
    }

    fn derive(&self, name: &str, bytes: &[u8]) -> Hash {
        Hash(*blake3::Hasher::new_derive_key(name).update(bytes).finalize().as_bytes())
    }

    fn log(&mut self, line: &str) {
        assert!(line.len() <= 3 * vm::limits::MAX_LOG_BYTES);
    }
}
