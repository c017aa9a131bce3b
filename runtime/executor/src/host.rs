//! The frame of one running contract call: what the contract asks of the chain is answered here.

use crate::native::{self, Calls, Entry, MAX_LOG_LINES, Refusal, Stop, View};
use crypto::{hash, id, merkle, sign};
use state::{ReadError, key, read};
use types::contract::MAX_STORAGE_VALUE_BYTES;
use types::{Address, Amount, Code, Context, Event, Gas, Hash, Height, PublicKey, Role, Signature};
use vm::{CallReply, CallRequest, Fatal, Host, HostError};

/// Entries read from state at a time while a scan goes on: each may hold 64 KiB.
const SCAN_PAGE: usize = 16;
/// What an entry of a scan takes beside key and value. Unit: bytes.
const SCAN_ENTRY_BYTES: usize = 8;

/// One call of one contract.
pub(crate) struct Frame<'c, 'a, 'r> {
    calls: &'c mut Calls<'a, 'r>,
    context: Context,
    /// How many identifiers the call has made.
    ids: u32,
    /// What could not be read; the machine passes on its text only.
    broken: Option<ReadError>,
}

impl<'c, 'a, 'r> Frame<'c, 'a, 'r> {
    pub(crate) fn new(calls: &'c mut Calls<'a, 'r>, context: Context) -> Self {
        Self { calls, context, ids: 0, broken: None }
    }

    /// What could not be read.
    pub(crate) fn into_broken(self) -> Option<ReadError> {
        self.broken
    }

    fn writable(&self) -> Result<(), HostError> {
        if self.context.view { Err(HostError::Fail(Code::ViewWrites)) } else { Ok(()) }
    }

    fn read<T>(&mut self, result: Result<T, ReadError>) -> Result<T, HostError> {
        result.map_err(|error| {
            let reason = error.to_string();
            self.broken = Some(error);
            HostError::Fatal(Fatal(reason))
        })
    }

    /// Where a key of this contract lies.
    fn storage_key(&self, key: &[u8]) -> Result<Vec<u8>, HostError> {
        key::storage(&self.context.contract, key).ok_or(HostError::Fail(Code::BadInput))
    }

    fn stored(&mut self, key: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), HostError> {
        let raw = self.storage_key(key)?;
        let value = self.calls.overlay.get(&raw);
        Ok((raw, self.read(value)?))
    }

    /// Call another contract: its writes, events and money are kept if it returns.
    fn call_nested(&mut self, request: &CallRequest<'_>) -> Result<(Gas, Answer), ReadError> {
        let calls = &mut *self.calls;
        calls.overlay.checkpoint();
        let (events, touched) = (calls.events.mark(), calls.touched.len());
        let (gas_used, answer) = match run_nested(calls, &self.context, request) {
            Ok(outcome) => {
                let refused = |stop| native::refusal(&request.contract, stop);
                (outcome.gas_used, outcome.result.map_err(refused))
            }
            Err(Stop::Failed(code)) => (Gas::ZERO, Err((code, None))),
            Err(Stop::Read(error)) => return Err(error),
        };
        if answer.is_ok() {
            calls.overlay.commit();
        } else {
            calls.overlay.rollback();
            calls.events.rewind(events);
            calls.touched.truncate(touched);
        }
        Ok((gas_used, answer))
    }
}

type Answer = Result<Vec<u8>, Refusal>;

fn run_nested(
    calls: &mut Calls<'_, '_>,
    context: &Context,
    request: &CallRequest<'_>,
) -> Result<vm::Outcome, Stop> {
    let CallRequest { contract, method, input, value, gas } = *request;
    let record = read::contract(calls.overlay, &contract)?;
    let record = record.ok_or(Stop::Failed(Code::ContractUnknown))?;
    calls.pay(&context.contract, &contract, value)?;
    let view = if context.view { View::Yes } else { View::No };
    let (code_hash, caller) = (record.code_hash, context.contract);
    let entry = Entry { contract, code_hash, caller, input, value, view };
    calls.run_method(entry, method, record.paused.is_on(), gas)
}

impl Host for Frame<'_, '_, '_> {
    fn code(&mut self, code_hash: &Hash) -> Result<Option<Vec<u8>>, HostError> {
        let code = self.calls.overlay.get(&key::code(code_hash));
        self.read(code)
    }

    fn storage_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
        Ok(self.stored(key)?.1)
    }

    fn storage_set(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), HostError> {
        self.writable()?;
        if value.len() > MAX_STORAGE_VALUE_BYTES {
            return Err(HostError::Fail(Code::StorageLimit));
        }
        let raw = self.storage_key(key)?;
        self.calls.overlay.set(&raw, value);
        Ok(())
    }

    fn storage_remove(&mut self, key: &[u8]) -> Result<bool, HostError> {
        self.writable()?;
        let (raw, value) = self.stored(key)?;
        self.calls.overlay.remove(&raw);
        Ok(value.is_some())
    }

    fn storage_has(&mut self, key: &[u8]) -> Result<bool, HostError> {
        Ok(self.stored(key)?.1.is_some())
    }

    fn storage_scan(
        &mut self,
        prefix: &[u8],
        after: &[u8],
        limit: u32,
        max_bytes: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, HostError> {
        let own = self.storage_key(&[])?.len();
        let raw_prefix = self.storage_key(prefix)?;
        let mut after = (!after.is_empty()).then(|| self.storage_key(after)).transpose()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        let mut bytes = 0_usize;
        loop {
            let want = limit.saturating_sub(entries.len()).min(SCAN_PAGE);
            let page = self.calls.overlay.scan(&raw_prefix, after.as_deref(), want);
            let page = self.read(page)?;
            let last = page.len() < want || want == 0;
            for (raw, value) in page {
                let own_key = raw.get(own..).expect("a scan gives keys under its prefix");
                let entry = own_key.len().saturating_add(value.len());
                bytes = bytes.saturating_add(entry).saturating_add(SCAN_ENTRY_BYTES);
                if bytes > max_bytes {
                    return Ok(entries);
                }
                entries.push((own_key.to_vec(), value));
                after = Some(raw);
            }
            if last {
                return Ok(entries);
            }
        }
    }

    fn emit(&mut self, name: &str, data: &[u8]) -> Result<(), HostError> {
        self.writable()?;
        let event =
            Event { source: self.context.contract, name: name.to_owned(), data: data.to_vec() };
        self.calls.events.push(event).map_err(HostError::Fail)
    }

    fn transfer(&mut self, to: &Address, amount: Amount) -> Result<Result<(), Code>, HostError> {
        self.writable()?;
        let from = self.context.contract;
        match self.calls.transfer(&from, to, amount) {
            Ok(()) => Ok(Ok(())),
            // The money has moved by then: the whole call falls.
            Err(Stop::Failed(Code::TooManyEvents)) => Err(HostError::Fail(Code::TooManyEvents)),
            Err(Stop::Failed(code)) => Ok(Err(code)),
            Err(Stop::Read(error)) => self.read(Err(error)),
        }
    }

    fn call(&mut self, request: CallRequest<'_>) -> Result<CallReply, HostError> {
        if request.value > Amount::ZERO {
            self.writable()?;
        }
        let called = self.call_nested(&request);
        let (gas_used, result) = self.read(called)?;
        Ok(CallReply { gas_used, result })
    }

    fn context(&mut self) -> Result<Context, HostError> {
        Ok(self.context.clone())
    }

    fn has_role(&mut self, account: &Address, role: Role) -> Result<bool, HostError> {
        let held = native::holds_role(self.calls.overlay, account, role, self.context.time_ms);
        self.read(held)
    }

    fn balance(&mut self, account: &Address) -> Result<Amount, HostError> {
        let balance = native::balance(self.calls.overlay, account);
        self.read(balance)
    }

    fn randomness(&mut self, height: u64) -> Result<Option<[u8; 32]>, HostError> {
        let randomness = read::randomness(self.calls.overlay, Height(height));
        Ok(self.read(randomness)?.map(|randomness| randomness.0))
    }

    fn new_id(&mut self) -> Result<Hash, HostError> {
        let made = id::id_of_call(&self.context.call_id, self.ids);
        self.ids = self.ids.checked_add(1).ok_or(HostError::Fail(Code::Overflow))?;
        Ok(made)
    }

    fn verify_ed25519(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        sign::verify(key, message, signature)
    }

    fn merkle_verify(
        &self,
        root: &Hash,
        entry: &Hash,
        index: u64,
        count: u64,
        proof: &[Hash],
    ) -> bool {
        match (usize::try_from(index), usize::try_from(count)) {
            (Ok(index), Ok(count)) => merkle::verify(root, entry, index, count, proof),
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    fn derive(&self, name: &str, bytes: &[u8]) -> Hash {
        hash::derive(name, bytes)
    }

    fn log(&mut self, line: &str) {
        let log = &mut self.calls.log;
        if self.calls.setting.pool == vm::Pool::View && log.len() < MAX_LOG_LINES {
            log.push(line.to_owned());
        }
    }
}
