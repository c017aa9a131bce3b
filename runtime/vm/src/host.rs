//! What a contract asks of the chain: the executor's frame answers, or a script in a test.

use crate::error::Fatal;
use types::{Address, Amount, Code, Context, Failure, Gas, Hash, PublicKey, Role, Signature};

/// Why an answer did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The contract may not do this: the whole call fails with this code and uses all its gas.
    Fail(Code),
    /// The node cannot read its state: it must stop.
    Fatal(Fatal),
}

/// A call from one contract to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest<'a> {
    /// Whom.
    pub contract: Address,
    /// Which of its methods, without `call:` or `view:`. Its pattern is the host's to check: a
    /// method that cannot exist is unknown.
    pub method: &'a str,
    /// Its arguments, at most [`types::contract::MAX_INPUT_BYTES`].
    pub input: &'a [u8],
    /// Money that goes along.
    pub value: Amount,
    /// The most it may use. The machine has applied the 63/64 rule already.
    pub gas: Gas,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallReply {
    /// What the caller pays, at most the request's gas.
    pub gas_used: Gas,
    /// What it returned, or why it failed; a contract's own failure comes along.
    pub result: Result<Vec<u8>, (Code, Option<Failure>)>,
}

/// The chain as one running call sees it. The machine has charged for each of these, and has
/// checked every size against [`crate::limits`], before it asks. A view's writes are the host's to
/// refuse ([`Code::ViewWrites`]), and so is a place that is full.
///
/// # Errors
/// Each answers [`HostError`] as said there.
pub trait Host {
    /// The deployed code of this hash, asked for if it is not compiled yet.
    fn code(&mut self, code_hash: &Hash) -> Result<Option<Vec<u8>>, HostError>;
    /// The contract's value under `key`, at most [`crate::limits::MAX_KEY_BYTES`].
    fn storage_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostError>;
    /// Set it, at most [`crate::limits::MAX_VALUE_BYTES`].
    fn storage_set(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), HostError>;
    /// Remove it; whether there was one.
    fn storage_remove(&mut self, key: &[u8]) -> Result<bool, HostError>;
    /// Whether there is one.
    fn storage_has(&mut self, key: &[u8]) -> Result<bool, HostError>;
    /// Entries whose key begins with `prefix`, ascending, above `after` unless that is empty; at
    /// most `limit`, and no more than fit `max_bytes` of keys and values with 8 bytes for each
    /// entry.
    #[allow(clippy::type_complexity)] // Pairs of key and value, as the store gives them.
    fn storage_scan(
        &mut self,
        prefix: &[u8],
        after: &[u8],
        limit: u32,
        max_bytes: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, HostError>;
    /// Add an event; the name has the pattern `[A-Z][A-Za-z0-9]{0,63}`.
    fn emit(&mut self, name: &str, data: &[u8]) -> Result<(), HostError>;
    /// Move money of the contract; the inner result is the contract's to judge.
    fn transfer(&mut self, to: &Address, amount: Amount) -> Result<Result<(), Code>, HostError>;
    /// Call another contract.
    fn call(&mut self, request: CallRequest<'_>) -> Result<CallReply, HostError>;
    /// Where and for whom this call runs.
    fn context(&mut self) -> Result<Context, HostError>;
    /// Whether the account holds the role at this block's time.
    fn has_role(&mut self, account: &Address, role: Role) -> Result<bool, HostError>;
    /// What the account holds.
    fn balance(&mut self, account: &Address) -> Result<Amount, HostError>;
    /// The randomness of this height, if the chain still keeps it.
    fn randomness(&mut self, height: u64) -> Result<Option<[u8; 32]>, HostError>;
    /// `H("id", {call_id, n})`, n counting up from 0 within one call.
    fn new_id(&mut self) -> Result<Hash, HostError>;
    /// Whether the signature holds under the chain's one rule for ed25519.
    fn verify_ed25519(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool;
    /// Whether the entry stands at `index` of the list of `count` entries with this root
    /// (`docs/protocol.md` 1.5).
    fn merkle_verify(
        &self,
        root: &Hash,
        entry: &Hash,
        index: u64,
        count: u64,
        proof: &[Hash],
    ) -> bool;
    /// `H(name, bytes)` of the chain's own notation.
    fn derive(&self, name: &str, bytes: &[u8]) -> Hash;
    /// A line for the log of this node alone.
    fn log(&mut self, line: &str);
}
