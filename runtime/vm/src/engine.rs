//! The engines: one configuration, one pool of places for blocks, another for views.
//!
//! Whatever decides a result or a unit of gas stands here and in [`crate::gas`], [`crate::limits`]
//! and [`crate::stack`]; [`hash`] covers all of it. A new version of wasmtime is a protocol change.

use crate::error::MachineError;
use crate::gas;
use crate::limits;
use std::hash::{Hash as _, Hasher};
use types::Hash;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    Strategy,
};

/// Calls from outside that run at one time in one pool; each may have
/// [`limits::MAX_CALL_DEPTH`] instances.
pub(crate) const PLACES: u32 = 8;

const INSTANCES: u32 = PLACES * limits::MAX_CALL_DEPTH as u32;

/// The engine's version, as pinned in the workspace: the engine itself does not tell.
const WASMTIME: &str = "wasmtime 48.0.8";

/// Bytes of a slot's memory that are cleared by hand when it is used again; the rest goes back to
/// the system.
const KEEP_RESIDENT_BYTES: usize = 64 * 1024;

/// What an instance itself may take, its tables of functions and globals: the limits of a module
/// keep below it, with a test.
const MAX_INSTANCE_BYTES: usize = 1024 * 1024;

/// An engine for one pool.
///
/// # Errors
/// [`MachineError::Engine`] if this processor or system is not one it runs on.
pub(crate) fn new() -> Result<Engine, MachineError> {
    Engine::new(&config()).map_err(|error| MachineError::Engine { reason: format!("{error:#}") })
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        // Contracts have no floats; the pass over the module has one, for its price alone.
        .cranelift_nan_canonicalization(true)
        .consume_fuel(true)
        .operator_cost(gas::operators())
        .max_wasm_stack(limits::NATIVE_STACK_BYTES)
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .relaxed_simd_deterministic(true)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_bulk_memory(true)
        .wasm_multi_value(true)
        .memory_init_cow(true)
        .memory_reservation(limits::MAX_MEMORY_BYTES as u64)
        .memory_guard_size(64 * 1024)
        .native_unwind_info(false)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    config
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let table_elements = usize::try_from(limits::MAX_TABLE_ELEMENTS).expect("a limit fits");
    pool.total_core_instances(INSTANCES)
        .total_memories(INSTANCES)
        .total_tables(INSTANCES)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .max_core_instance_size(MAX_INSTANCE_BYTES)
        .max_memory_size(limits::MAX_MEMORY_BYTES)
        .table_elements(table_elements)
        .max_unused_warm_slots(INSTANCES)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// What must be equal on two nodes for their results to be: version and settings of the engine,
/// every price, and the version of limits, checks and pass.
pub(crate) fn hash() -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key("syndic/v1/engine");
    hasher.update(WASMTIME.as_bytes());
    hasher.update(&limits::VERSION.to_le_bytes());
    // Words for people, but of fixed text for fixed settings under a pinned version.
    hasher.update(format!("{:?} {:?}", gas::operators(), gas::PRICES).as_bytes());
    Hash(*hasher.finalize().as_bytes())
}

/// What must be equal for compiled code to be used again on this machine: [`hash`], the processor's
/// features, and whatever else the engine's compiler looks at.
pub(crate) fn artifact_hash(engine: &Engine) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key("syndic/v1/engine-artifact");
    hasher.update(&hash().0);
    engine.precompile_compatibility_hash().hash(&mut Feed(&mut hasher));
    Hash(*hasher.finalize().as_bytes())
}

/// Lets what can only be hashed the standard library's way be hashed by blake3.
struct Feed<'a>(&'a mut blake3::Hasher);

impl Hasher for Feed<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.finalize();
        let (first, _) = digest.as_bytes().as_chunks::<8>();
        u64::from_le_bytes(first[0])
    }
}
