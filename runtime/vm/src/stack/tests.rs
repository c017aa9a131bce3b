use super::*;
use crate::module::inspect;
use wasmparser::{Validator, WasmFeatures};

fn pass(text: &str) -> Vec<u8> {
    let code = wat::parse_str(text).unwrap();
    let inspection = inspect(&code).unwrap();
    let instrumented = instrument(&code, &inspection);
    assert_eq!(instrument(&code, &inspection), instrumented, "the same bytes give the same bytes");
    let features = crate::module::FEATURES | WasmFeatures::FLOATS;
    Validator::new_with_features(features).validate_all(&instrumented).unwrap();
    instrumented
}

#[test]
fn what_the_pass_writes_is_valid() {
    pass(r#"(module (memory (export "memory") 1) (func (export "init")))"#);
    pass(include_str!("../../tests/modules/busy.wat"));
    pass(include_str!("../../tests/modules/shapes.wat"));
}

#[test]
fn the_pass_drops_what_only_tools_read() {
    let text =
        r#"(module (memory (export "memory") 1) (func (export "init")) (@custom "abi" "xyz"))"#;
    let found = pass(text).windows(3).any(|window| window == b"xyz");
    assert!(!found);
}

#[test]
fn a_call_weighs_what_the_protocol_says() {
    assert_eq!(weight(0), 64);
    assert_eq!(weight(5), 144);
}
