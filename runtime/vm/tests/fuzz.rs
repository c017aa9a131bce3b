//! Random and damaged modules: a verdict, never a panic; what is accepted compiles and runs alike.

#![allow(clippy::unwrap_used)]

mod script;

use script::{code_hash, run, wat};
use vm::{Machine, Pool, Settings, check};

/// A number that looks random, from its position (SplitMix64).
fn scatter(position: u64) -> u64 {
    let mut z = position.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The module with up to four bytes changed, taken out, doubled, or cut off.
fn damaged(code: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = code.to_vec();
    for round in 0..1 + seed % 4 {
        let random = scatter(seed * 4 + round);
        if bytes.is_empty() {
            break;
        }
        let at = (random >> 16) as usize % bytes.len();
        match random % 8 {
            0 => {
                bytes.remove(at);
            }
            1 => bytes.insert(at, bytes[at]),
            2 if random >> 60 == 0 => bytes.truncate(at),
            _ => bytes[at] = (random >> 8) as u8,
        }
    }
    bytes
}

#[test]
fn ten_thousand_damaged_modules_get_a_verdict_and_the_good_ones_compile() {
    let machine = Machine::new(Settings::default()).unwrap();
    let seeds = [wat(include_str!("modules/busy.wat")), wat(include_str!("modules/shapes.wat"))];
    let (mut refused, mut compiled) = (0, 0);
    for seed in 0..10_000 {
        let code = damaged(&seeds[seed as usize % 2], seed);
        match check(&code) {
            Err(error) => {
                assert!(!error.rule.is_empty() && error.to_string().len() < 1_000);
                refused += 1;
            }
            // Compiling takes milliseconds: every sixteenth will do.
            Ok(_) if seed % 16 == 0 => {
                machine.prepare(&code_hash(&code), &code).unwrap();
                compiled += 1;
            }
            Ok(_) => {}
        }
    }
    assert!(refused > 1_000 && compiled > 20, "{refused} refused, {compiled} compiled");
}

#[test]
fn random_modules_that_are_accepted_run_alike_in_both_pools() {
    let exports = wat(r#"(module (memory (export "memory") 1) (func (export "call:go")))"#);
    let machine = Machine::new(Settings::default()).unwrap();
    let mut accepted = 0;
    for seed in 0..300_u64 {
        let random: Vec<u8> =
            (0..512).flat_map(|at| scatter(seed * 512 + at).to_le_bytes()).collect();
        let config = wasm_smith::Config {
            allow_floats: false,
            allow_start_export: false,
            exceptions_enabled: false,
            exports: Some(exports.clone()),
            extended_const_enabled: false,
            gc_enabled: false,
            max_imports: 0,
            max_table_elements: 4_096,
            reference_types_enabled: false,
            relaxed_simd_enabled: false,
            simd_enabled: false,
            tail_call_enabled: false,
            threads_enabled: false,
            ..wasm_smith::Config::default()
        };
        let mut source = arbitrary::Unstructured::new(&random);
        let module = wasm_smith::Module::new(config, &mut source).unwrap();
        let code = module.to_bytes();
        if check(&code).is_err() {
            continue;
        }
        accepted += 1;
        let first = run(&machine, Pool::Block, &code, "call:go", 2_000_000);
        let second = run(&machine, Pool::View, &code, "call:go", 2_000_000);
        assert_eq!(first, second, "seed {seed}");
    }
    assert!(accepted > 100, "{accepted} of 300");
}
