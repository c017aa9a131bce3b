//! `chain_v1`: the functions that a contract may import, their types and what they do.
//!
//! Each charges first, then looks at sizes and names, then reads the guest's memory, then asks the
//! host. The host is never given what [`crate::limits`] does not allow. Pointers and lengths are
//! unsigned; amounts are 16 bytes little-endian; addresses and hashes 32 bytes.

use crate::error::{Fatal, Halt};
use crate::gas::{self, charge, each};
use crate::host::{CallReply, CallRequest, HostError};
use crate::limits;
use crate::machine::State;
use crate::memory::{self, guest};
use core::fmt;
use sha2::{Digest, Sha256};
use types::contract::{MAX_INPUT_BYTES, is_event_name, is_failure_name};
use types::{Address, Amount, Code, Gas, Hash, PublicKey, Role, Signature};
use wasmparser::ValType;
use wasmtime::{Caller, Linker, Result};

/// The module that contracts import from; its name is the version of what it offers.
pub(crate) const MODULE: &str = "chain_v1";

/// Most hashes of a Merkle proof.
const MAX_PROOF_HASHES: usize = 64;

/// The type of a host function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionType {
    parameters: &'static [ValType],
    results: &'static [ValType],
}

impl FunctionType {
    pub(crate) fn is(self, parameters: &[ValType], results: &[ValType]) -> bool {
        self.parameters == parameters && self.results == results
    }
}

impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?}", self.parameters, self.results)
    }
}

const I: ValType = ValType::I32;
const L: ValType = ValType::I64;

/// Every function with its parameters and results.
const FUNCTIONS: &[(&str, &[ValType], &[ValType])] = &[
    ("input_len", &[], &[I]),
    ("input_read", &[I], &[]),
    ("output", &[I, I], &[]),
    ("fail", &[I, I, I, I], &[]),
    ("storage_get", &[I, I, I, I], &[L]),
    ("storage_set", &[I, I, I, I], &[]),
    ("storage_remove", &[I, I], &[I]),
    ("storage_has", &[I, I], &[I]),
    ("storage_scan", &[I, I, I, I, I], &[I]),
    ("buffer_len", &[], &[I]),
    ("buffer_read", &[I], &[]),
    ("emit", &[I, I, I, I], &[]),
    ("transfer", &[I, I], &[I]),
    ("call", &[I, I, I, I, I, I, L], &[I]),
    ("context", &[I, I], &[I]),
    ("hash", &[I, I, I, I], &[]),
    ("verify", &[I, I, I, I, I], &[I]),
    ("merkle_verify", &[I, I, L, L, I, I], &[I]),
    ("has_role", &[I, I], &[I]),
    ("balance", &[I, I], &[]),
    ("randomness", &[L, I], &[I]),
    ("new_id", &[I], &[]),
    ("log", &[I, I], &[]),
];

/// The type of an import; `None` if there is no such function.
pub(crate) fn signature(module: &str, name: &str) -> Option<FunctionType> {
    let found = FUNCTIONS.iter().find(|(known, _, _)| module == MODULE && *known == name);
    found.map(|(_, parameters, results)| FunctionType { parameters, results })
}

/// Offer all of them.
///
/// # Errors
/// Never, unless two have one name.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<()> {
    linker
        .func_wrap(MODULE, "input_len", input_len)?
        .func_wrap(MODULE, "input_read", input_read)?
        .func_wrap(MODULE, "output", output)?
        .func_wrap(MODULE, "fail", fail)?
        .func_wrap(MODULE, "storage_get", storage_get)?
        .func_wrap(MODULE, "storage_set", storage_set)?
        .func_wrap(MODULE, "storage_remove", storage_remove)?
        .func_wrap(MODULE, "storage_has", storage_has)?
        .func_wrap(MODULE, "storage_scan", storage_scan)?
        .func_wrap(MODULE, "buffer_len", buffer_len)?
        .func_wrap(MODULE, "buffer_read", buffer_read)?
        .func_wrap(MODULE, "emit", emit)?
        .func_wrap(MODULE, "transfer", transfer)?
        .func_wrap(MODULE, "call", call)?
        .func_wrap(MODULE, "context", context)?
        .func_wrap(MODULE, "hash", hash)?
        .func_wrap(MODULE, "verify", verify)?
        .func_wrap(MODULE, "merkle_verify", merkle_verify)?
        .func_wrap(MODULE, "has_role", has_role)?
        .func_wrap(MODULE, "balance", balance)?
        .func_wrap(MODULE, "randomness", randomness)?
        .func_wrap(MODULE, "new_id", new_id)?
        .func_wrap(MODULE, "log", log)?;
    Ok(())
}

type Guest<'a> = Caller<'a, State>;

fn input_len(mut caller: Guest<'_>) -> Result<u32> {
    charge(&mut caller, gas::HOST)?;
    Ok(length(caller.data().input.len()))
}

fn input_read(mut caller: Guest<'_>, destination: u32) -> Result<()> {
    let bytes = caller.data().input.len();
    charge(&mut caller, price(gas::HOST, bytes, gas::BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    Ok(memory::write(memory, destination, &state.input)?)
}

fn output(mut caller: Guest<'_>, pointer: u32, len: u32) -> Result<()> {
    let len = at_most("the return", len, limits::MAX_RETURN_BYTES, Code::ReturnTooLarge)?;
    charge(&mut caller, price(gas::HOST, len, gas::BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    state.output = memory::read(memory, pointer, len)?.to_vec();
    Ok(())
}

fn fail(mut caller: Guest<'_>, name: u32, name_len: u32, data: u32, len: u32) -> Result<()> {
    let name_len = at_most("a name", name_len, limits::MAX_NAME_BYTES, Code::BadInput)?;
    let len = at_most("a failure", len, limits::MAX_FAILURE_BYTES, Code::BadInput)?;
    charge(&mut caller, price(gas::HOST, len, gas::BYTE))?;
    let (memory, _) = guest(&mut caller)?;
    let name = text("failure", memory::read(memory, name, name_len)?, is_failure_name)?.to_owned();
    let data = memory::read(memory, data, len)?.to_vec();
    Err(Halt::Failed { name, data }.into())
}

fn storage_get(
    mut caller: Guest<'_>,
    key: u32,
    key_len: u32,
    destination: u32,
    capacity: u32,
) -> Result<i64> {
    let key_len = key_length(key_len)?;
    charge(&mut caller, price(READ, key_len, gas::READ_BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    let found = state.host.storage_get(memory::read(memory, key, key_len)?);
    let Some(value) = found.map_err(refused)? else { return Ok(-1) };
    charge(&mut caller, each(value.len(), gas::READ_BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    let value_len = length(value.len());
    if value_len <= capacity {
        memory::write(memory, destination, &value)?;
    } else {
        state.buffer = value;
    }
    Ok(i64::from(value_len))
}

fn storage_set(
    mut caller: Guest<'_>,
    key: u32,
    key_len: u32,
    value: u32,
    value_len: u32,
) -> Result<()> {
    let key_len = key_length(key_len)?;
    let limit = limits::MAX_VALUE_BYTES;
    let value_len = at_most("a value", value_len, limit, Code::StorageLimit)?;
    charge(&mut caller, price(WRITE, key_len.saturating_add(value_len), gas::WRITE_BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    let value = memory::read(memory, value, value_len)?.to_vec();
    let key = memory::read(memory, key, key_len)?;
    Ok(state.host.storage_set(key, value).map_err(refused)?)
}

fn storage_remove(mut caller: Guest<'_>, key: u32, key_len: u32) -> Result<u32> {
    let key_len = key_length(key_len)?;
    charge(&mut caller, price(WRITE.saturating_add(gas::READ), key_len, gas::READ_BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    let removed = state.host.storage_remove(memory::read(memory, key, key_len)?);
    Ok(u32::from(removed.map_err(refused)?))
}

fn storage_has(mut caller: Guest<'_>, key: u32, key_len: u32) -> Result<u32> {
    let key_len = key_length(key_len)?;
    charge(&mut caller, price(READ, key_len, gas::READ_BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    let found = state.host.storage_has(memory::read(memory, key, key_len)?);
    Ok(u32::from(found.map_err(refused)?))
}

fn storage_scan(
    mut caller: Guest<'_>,
    prefix: u32,
    prefix_len: u32,
    after: u32,
    after_len: u32,
    limit: u32,
) -> Result<u32> {
    let (prefix_len, after_len) = (key_length(prefix_len)?, key_length(after_len)?);
    let limit = limit.min(limits::MAX_SCAN_ENTRIES);
    let entries = |count: u32| u64::from(count).saturating_mul(gas::SCAN_ENTRY);
    charge(&mut caller, READ.saturating_add(entries(limit)))?;
    let (memory, state) = guest(&mut caller)?;
    let prefix = memory::read(memory, prefix, prefix_len)?;
    let after = memory::read(memory, after, after_len)?;
    let found = state.host.storage_scan(prefix, after, limit, limits::MAX_SCAN_BYTES);
    let found = found.map_err(refused)?;
    let count = length(found.len());
    assert!(count <= limit, "the host gives at most what was asked for");
    let encoded = types::encode(&found);
    assert!(
        encoded.len() <= limits::MAX_SCAN_BYTES.saturating_add(4),
        "the host gives at most as many bytes as were asked for"
    );
    let unused = entries(limit.saturating_sub(count));
    let left = gas::left(&caller).saturating_add(unused);
    gas::set_left(&mut caller, left);
    charge(&mut caller, each(encoded.len(), gas::READ_BYTE))?;
    caller.data_mut().buffer = encoded;
    Ok(count)
}

fn buffer_len(mut caller: Guest<'_>) -> Result<u32> {
    charge(&mut caller, gas::HOST)?;
    Ok(length(caller.data().buffer.len()))
}

fn buffer_read(mut caller: Guest<'_>, destination: u32) -> Result<()> {
    let bytes = caller.data().buffer.len();
    charge(&mut caller, price(gas::HOST, bytes, gas::BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    Ok(memory::write(memory, destination, &state.buffer)?)
}

fn emit(mut caller: Guest<'_>, name: u32, name_len: u32, data: u32, len: u32) -> Result<()> {
    let name_len = at_most("a name", name_len, limits::MAX_NAME_BYTES, Code::BadInput)?;
    let len = at_most("an event", len, limits::MAX_EVENT_BYTES, Code::TooManyEvents)?;
    charge(&mut caller, price(EVENT, name_len.saturating_add(len), gas::EVENT_BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    let name = text("event", memory::read(memory, name, name_len)?, is_event_name)?;
    let data = memory::read(memory, data, len)?;
    Ok(state.host.emit(name, data).map_err(refused)?)
}

fn transfer(mut caller: Guest<'_>, to: u32, amount: u32) -> Result<u32> {
    charge(&mut caller, TRANSFER)?;
    let (memory, state) = guest(&mut caller)?;
    let to = Address(memory::array(memory, to)?);
    let done = state.host.transfer(&to, read_amount(memory, amount)?).map_err(refused)?;
    Ok(done.map_or_else(|code| u32::from(code.number()), |()| 0))
}

#[allow(clippy::too_many_arguments)] // As the contract passes them.
fn call(
    mut caller: Guest<'_>,
    contract: u32,
    method: u32,
    method_len: u32,
    input: u32,
    input_len: u32,
    value: u32,
    gas_asked: u64,
) -> Result<u32> {
    let method_len = at_most("a name", method_len, limits::MAX_NAME_BYTES, Code::BadInput)?;
    let input_len = at_most("an input", input_len, MAX_INPUT_BYTES, Code::BadInput)?;
    charge(&mut caller, price(CALL, input_len, gas::BYTE))?;
    let left = gas::left(&caller);
    let allotment = gas::allotment(left, gas_asked);
    let (memory, state) = guest(&mut caller)?;
    let request = CallRequest {
        contract: Address(memory::array(memory, contract)?),
        method: text("method", memory::read(memory, method, method_len)?, |_| true)?,
        input: memory::read(memory, input, input_len)?,
        value: read_amount(memory, value)?,
        gas: Gas(allotment),
    };
    let CallReply { gas_used, result } = state.host.call(request).map_err(refused)?;
    assert!(gas_used.0 <= allotment, "a call uses at most what it was given");
    let (code, buffer) = match result {
        Ok(returned) => (Code::Ok, returned),
        Err((code, failure)) => {
            (code, failure.map(|failure| types::encode(&failure)).unwrap_or_default())
        }
    };
    state.buffer = buffer;
    gas::set_left(&mut caller, left.saturating_sub(gas_used.0));
    Ok(u32::from(code.number()))
}

fn context(mut caller: Guest<'_>, destination: u32, capacity: u32) -> Result<u32> {
    charge(&mut caller, CONTEXT)?;
    let (memory, state) = guest(&mut caller)?;
    let encoded = types::encode(&state.host.context().map_err(refused)?);
    let encoded_len = length(encoded.len());
    if encoded_len <= capacity {
        memory::write(memory, destination, &encoded)?;
    }
    Ok(encoded_len)
}

fn hash(
    mut caller: Guest<'_>,
    algorithm: u32,
    pointer: u32,
    len: u32,
    destination: u32,
) -> Result<()> {
    let len = at_most("what is hashed", len, limits::MAX_MEMORY_BYTES, Code::BadInput)?;
    let per_byte = if algorithm == 1 { gas::SHA256_BYTE } else { gas::BLAKE3_BYTE };
    charge(&mut caller, price(HASH, len, per_byte))?;
    let (memory, state) = guest(&mut caller)?;
    let bytes = memory::read(memory, pointer, len)?;
    let digest: [u8; 32] = match algorithm {
        0 => *blake3::hash(bytes).as_bytes(),
        1 => Sha256::digest(bytes).into(),
        2 => {
            let (name, bytes): (String, Vec<u8>) = borsh::from_slice(bytes)
                .map_err(|_| Halt::bad_input("hash 2 takes the encoding of a name and bytes"))?;
            state.host.derive(&name, &bytes).0
        }
        _ => return Err(Halt::bad_input(format!("there is no hash {algorithm}")).into()),
    };
    Ok(memory::write(memory, destination, &digest)?)
}

fn verify(
    mut caller: Guest<'_>,
    algorithm: u32,
    key: u32,
    message: u32,
    message_len: u32,
    signature: u32,
) -> Result<u32> {
    let message_len = at_most("a message", message_len, limits::MAX_MEMORY_BYTES, Code::BadInput)?;
    charge(&mut caller, price(SIGNATURE, message_len, gas::SIGNATURE_BYTE))?;
    if algorithm != 0 {
        let message = format!("there is no signature algorithm {algorithm}");
        return Err(Halt::bad_input(message).into());
    }
    let (memory, state) = guest(&mut caller)?;
    let key = PublicKey(memory::array(memory, key)?);
    let signature = Signature(memory::array(memory, signature)?);
    let message = memory::read(memory, message, message_len)?;
    Ok(u32::from(state.host.verify_ed25519(&key, message, &signature)))
}

fn merkle_verify(
    mut caller: Guest<'_>,
    root: u32,
    leaf: u32,
    index: u64,
    count: u64,
    proof: u32,
    proof_len: u32,
) -> Result<u32> {
    let limit = MAX_PROOF_HASHES.saturating_mul(32);
    let proof_len = at_most("a proof", proof_len, limit, Code::BadInput)?;
    charge(&mut caller, price(HASH, proof_len.div_ceil(32), gas::PROOF_HASH))?;
    let (memory, state) = guest(&mut caller)?;
    let root = Hash(memory::array(memory, root)?);
    let leaf = Hash(memory::array(memory, leaf)?);
    let (proof, rest) = memory::read(memory, proof, proof_len)?.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(Halt::bad_input(format!("a proof of {proof_len} bytes is no hashes")).into());
    }
    let proof: Vec<Hash> = proof.iter().map(|hash| Hash(*hash)).collect();
    Ok(u32::from(state.host.merkle_verify(&root, &leaf, index, count, &proof)))
}

fn has_role(mut caller: Guest<'_>, account: u32, role: u32) -> Result<u32> {
    charge(&mut caller, READ)?;
    let known = usize::try_from(role).ok().and_then(|at| Role::ALL.get(at));
    let Some(known) = known else {
        return Err(Halt::bad_input(format!("there is no role {role}")).into());
    };
    let (memory, state) = guest(&mut caller)?;
    let account = Address(memory::array(memory, account)?);
    Ok(u32::from(state.host.has_role(&account, *known).map_err(refused)?))
}

fn balance(mut caller: Guest<'_>, account: u32, destination: u32) -> Result<()> {
    charge(&mut caller, READ)?;
    let (memory, state) = guest(&mut caller)?;
    let account = Address(memory::array(memory, account)?);
    let amount = state.host.balance(&account).map_err(refused)?;
    Ok(memory::write(memory, destination, &amount.0.to_le_bytes())?)
}

fn randomness(mut caller: Guest<'_>, height: u64, destination: u32) -> Result<u32> {
    charge(&mut caller, READ)?;
    let (memory, state) = guest(&mut caller)?;
    let Some(bytes) = state.host.randomness(height).map_err(refused)? else { return Ok(0) };
    memory::write(memory, destination, &bytes)?;
    Ok(1)
}

fn new_id(mut caller: Guest<'_>, destination: u32) -> Result<()> {
    charge(&mut caller, HASH)?;
    let (memory, state) = guest(&mut caller)?;
    let id = state.host.new_id().map_err(refused)?;
    Ok(memory::write(memory, destination, &id.0)?)
}

fn log(mut caller: Guest<'_>, pointer: u32, len: u32) -> Result<()> {
    let len = at_most("a log line", len, limits::MAX_LOG_BYTES, Code::BadInput)?;
    charge(&mut caller, price(LOG, len, gas::BYTE))?;
    let (memory, state) = guest(&mut caller)?;
    let line = String::from_utf8_lossy(memory::read(memory, pointer, len)?);
    state.host.log(&line);
    Ok(())
}

// A crossing is part of every price.
const READ: u64 = gas::HOST + gas::READ;
const WRITE: u64 = gas::HOST + gas::WRITE;
const EVENT: u64 = gas::HOST + gas::EVENT;
const TRANSFER: u64 = gas::HOST + gas::TRANSFER;
const CALL: u64 = gas::HOST + gas::CALL;
const CONTEXT: u64 = gas::HOST + gas::CONTEXT;
const HASH: u64 = gas::HOST + gas::HASH;
const SIGNATURE: u64 = gas::HOST + gas::SIGNATURE;
const LOG: u64 = gas::HOST + gas::LOG;

fn price(base: u64, units: usize, price_each: u64) -> u64 {
    base.saturating_add(each(units, price_each))
}

fn key_length(len: u32) -> Result<usize, Halt> {
    at_most("a key", len, limits::MAX_KEY_BYTES, Code::StorageLimit)
}

fn at_most(what: &str, len: u32, limit: usize, code: Code) -> Result<usize, Halt> {
    match usize::try_from(len) {
        Ok(len) if len <= limit => Ok(len),
        _ => {
            let message = format!("{what} of {len} bytes, the limit is {limit}");
            Err(Halt::Host { code, message })
        }
    }
}

fn text<'a>(what: &str, bytes: &'a [u8], good: fn(&str) -> bool) -> Result<&'a str, Halt> {
    core::str::from_utf8(bytes).ok().filter(|text| good(text)).ok_or_else(|| {
        let found = String::from_utf8_lossy(bytes).into_owned();
        Halt::bad_input(format!("{found:?} cannot name a {what}"))
    })
}

fn read_amount(memory: &[u8], pointer: u32) -> Result<Amount, Halt> {
    Ok(Amount(u128::from_le_bytes(memory::array(memory, pointer)?)))
}

/// Everything that the machine keeps for a call is below 2^32 bytes.
fn length(len: usize) -> u32 {
    u32::try_from(len).expect("inputs, buffers and answers are bounded")
}

fn refused(error: HostError) -> Halt {
    match error {
        HostError::Fail(code) => Halt::Host { code, message: code.meaning().to_owned() },
        HostError::Fatal(Fatal(reason)) => Halt::Fatal(Fatal(reason)),
    }
}
