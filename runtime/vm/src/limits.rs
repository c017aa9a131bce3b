//! What a module and a call may take (`docs/protocol.md` 5.6 and 8). A change is a protocol
//! change: [`VERSION`] goes up, and with it the engine hash.

pub use types::contract::{
    MAX_CALL_DEPTH, MAX_CODE_BYTES, MAX_FAILURE_BYTES, MAX_INPUT_BYTES, MAX_NAME_BYTES,
    MAX_RETURN_BYTES,
};

/// Version of the numbers here, of the checks in [`crate::module`] and of the pass over the stack.
pub const VERSION: u32 = 1;

/// Most functions of a module, imported ones included.
pub const MAX_FUNCTIONS: u32 = 5_000;
/// Most types of functions.
pub const MAX_TYPES: u32 = 5_000;
/// Most parameters of a function.
pub const MAX_PARAMETERS: usize = 128;
/// Most results of a function or block.
pub const MAX_RESULTS: usize = 16;
/// Largest body of a function, in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Most locals of a function, parameters not included.
pub const MAX_LOCALS: u32 = 1_000;
/// Most globals of a module.
pub const MAX_GLOBALS: u32 = 1_000;
/// Deepest nesting of blocks in a function.
pub const MAX_NESTING: u32 = 256;
/// Most targets of a `br_table`, the default not included.
pub const MAX_BRANCH_TARGETS: u32 = 1_024;
/// Most work of compiling a module, beyond its bytes; `work.rs` says what is counted. A
/// contract of 150 KB that rustc made has 3 million.
pub const MAX_COMPILE_WORK: u64 = 200_000_000;
/// Largest memory, in pages of 64 KiB.
pub const MAX_MEMORY_PAGES: u64 = 256;
/// Largest memory, in bytes.
pub const MAX_MEMORY_BYTES: usize = 16 * 1024 * 1024;
/// Largest table, in elements.
pub const MAX_TABLE_ELEMENTS: u64 = 4_096;
/// Most bytes of data and elements (8 bytes each) together.
pub const MAX_SEGMENT_BYTES: usize = 512 * 1024;

const _: () = assert!(MAX_MEMORY_PAGES * 65_536 == MAX_MEMORY_BYTES as u64);

/// Longest key of storage, in bytes (`docs/protocol.md` 7.1).
pub const MAX_KEY_BYTES: usize = 256;
/// Largest value of storage, in bytes (`docs/protocol.md` 7.1).
pub const MAX_VALUE_BYTES: usize = 64 * 1024;
/// Largest data of one event, in bytes; the receipt bounds them together.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;
/// Most bytes of one scan.
pub const MAX_SCAN_BYTES: usize = 64 * 1024;
/// Most entries of one scan.
pub const MAX_SCAN_ENTRIES: u32 = 1_024;
/// Longest log line, in bytes.
pub const MAX_LOG_BYTES: usize = 1_024;

/// What a function takes of the stack by `crate::stack`, in bytes, for all calls together.
pub const STACK_BYTES: u32 = 512 * 1024;
/// What the compiled code of one contract call may take of the native stack, in bytes.
pub const NATIVE_STACK_BYTES: usize = 2 * 1024 * 1024;
/// Stack of a thread that runs contracts, in bytes: [`MAX_CALL_DEPTH`] calls with the host's own
/// frames between them.
pub const THREAD_STACK_BYTES: usize = 32 * 1024 * 1024;

const _: () = assert!(THREAD_STACK_BYTES >= 2 * NATIVE_STACK_BYTES * MAX_CALL_DEPTH as usize);
