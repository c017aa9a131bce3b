//! What a test and the program with the virtual machine say to each other, over its standard input
//! and output: frames of a length in four bytes, low byte first, and borsh.
//!
//! The test keeps the chain; the program only runs modules. Each call is a [`ToMachine::Run`]; the
//! program asks back with [`FromMachine::Ask`] until it ends with [`FromMachine::Done`]. While a
//! question is open that calls another contract, that contract's run comes first.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use std::io::{Error, ErrorKind, Read, Result, Write};
use types::{Address, Amount, Code, Context, Failure, Gas, Hash, Role};

/// Largest frame: a module with its hash is the largest thing said. Unit: bytes.
pub const MAX_FRAME_BYTES: u32 = 1024 * 1024;

/// From the test to the program.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ToMachine {
    /// Run a module's export.
    Run {
        /// BLAKE3 of the module.
        code_hash: Hash,
        /// The export.
        entry: String,
        /// The arguments.
        input: Vec<u8>,
        /// The most it may use.
        gas: Gas,
        /// Calls that it lies on.
        depth: u8,
    },
    /// What was asked.
    Answer(Answer),
}

/// Why a run failed: the code, and the contract's own name and values.
pub type Failed = (Code, Option<(String, Vec<u8>)>);

/// From the program to the test.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum FromMachine {
    /// The contract asks the chain.
    Ask(Question),
    /// A run has ended.
    Done {
        /// What it used.
        gas_used: Gas,
        /// What it returned, or why it failed.
        result: core::result::Result<Vec<u8>, Failed>,
    },
}

/// What a contract asks of the chain; hashes and signatures the program knows itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Question {
    /// A module's bytes.
    Code(Hash),
    /// A stored value.
    Get(Vec<u8>),
    /// Store a value.
    Set(Vec<u8>, Vec<u8>),
    /// Remove a value.
    Remove(Vec<u8>),
    /// Whether there is a value.
    Has(Vec<u8>),
    /// Entries under a prefix.
    Scan {
        /// The prefix.
        prefix: Vec<u8>,
        /// The key to begin above; empty for the first.
        after: Vec<u8>,
        /// Most entries.
        limit: u32,
    },
    /// Announce an event.
    Emit(String, Vec<u8>),
    /// Pay.
    Transfer(Address, Amount),
    /// Call another contract.
    Call {
        /// Which.
        contract: Address,
        /// Which of its methods.
        method: String,
        /// The arguments.
        input: Vec<u8>,
        /// Money that goes along.
        value: Amount,
        /// The most it may use.
        gas: Gas,
    },
    /// What the call knows.
    Context,
    /// Whether an account holds a role.
    HasRole(Address, Role),
    /// What an account holds.
    Balance(Address),
    /// The randomness of a height.
    Randomness(u64),
    /// A new identifier.
    NewId,
    /// A line for the log.
    Log(String),
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Answer {
    /// The call ends here, with this code.
    Stop(Code),
    /// Done.
    Done,
    /// Bytes, or none.
    Bytes(Option<Vec<u8>>),
    /// Yes or no.
    Truth(bool),
    /// Entries.
    Entries(Vec<(Vec<u8>, Vec<u8>)>),
    /// Whether money moved.
    Paid(core::result::Result<(), Code>),
    /// What became of a call.
    Called {
        /// What it used.
        gas_used: Gas,
        /// What it returned, or why it failed.
        result: core::result::Result<Vec<u8>, (Code, Option<Failure>)>,
    },
    /// What the call knows.
    Context(Context),
    /// Money.
    Amount(Amount),
    /// A hash, or none.
    Hash(Option<Hash>),
}

/// Send a frame.
///
/// # Errors
/// Those of the pipe, and [`ErrorKind::InvalidInput`] above [`MAX_FRAME_BYTES`].
pub fn send<T: BorshSerialize>(out: &mut impl Write, message: &T) -> Result<()> {
    let bytes = borsh::to_vec(message).map_err(|error| Error::other(error.to_string()))?;
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= MAX_FRAME_BYTES);
    let length = length.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&bytes)?;
    out.flush()
}

/// Receive a frame; `None` at the end of the pipe.
///
/// # Errors
/// Those of the pipe, and [`ErrorKind::InvalidData`] for what is not a frame of this kind.
pub fn receive<T: BorshDeserialize>(from: &mut impl Read) -> Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length);
    if length > MAX_FRAME_BYTES {
        return Err(Error::new(ErrorKind::InvalidData, "a frame above its limit"));
    }
    let mut bytes = alloc::vec![0; usize::try_from(length).map_err(Error::other)?];
    from.read_exact(&mut bytes)?;
    let message = borsh::from_slice(&bytes);
    message.map(Some).map_err(|error| Error::new(ErrorKind::InvalidData, error.to_string()))
}
