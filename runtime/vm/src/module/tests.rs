use super::*;

const GOOD: &str = r#"(module
    (import "chain_v1" "input_len" (func (result i32)))
    (memory (export "memory") 3)
    (global (export "__heap_base") i32 (i32.const 5))
    (data (i32.const 0) "0123")
    (table 1 funcref) (elem (i32.const 0) 1)
    (func (export "view:b") (local i32 i64)
      (drop (i32.add (memory.grow (i32.const 1)) (i32.const 1)))
      (block (block (return))))
    (func (export "init")) (func (export "migrate")) (func (export "call:a_1"))
    (@custom "abi" "text"))"#;

#[test]
fn a_good_module_says_what_it_has() {
    let inspection = inspect(&wat::parse_str(GOOD).unwrap()).unwrap();
    let facts = &inspection.facts;
    assert_eq!(facts.methods, ["call:a_1", "init", "migrate", "view:b"]);
    assert_eq!(facts.sections, [("abi".to_owned(), b"text".to_vec())]);
    assert_eq!((facts.functions, facts.memory_pages), (5, 3));
    assert_eq!(inspection.globals, 1);
    assert_eq!(inspection.segment_bytes, 12);
    let view = &inspection.functions[0];
    assert_eq!(view.slots, 2 + 2, "two locals, two operands");
    let edits: Vec<Edit> = view.edits.iter().map(|(_, edit)| *edit).collect();
    assert_eq!(edits, [Edit::Grow, Edit::Return { nesting: 2 }]);
}

#[test]
fn a_refusal_names_rule_place_value_and_limit() {
    let code = GOOD.replace("(local i32 i64)", &format!("(local{})", " i64".repeat(1_001)));
    let error = check(&wat::parse_str(code).unwrap()).unwrap_err();
    let limit = limits::MAX_LOCALS.to_string();
    let expected = ("LOCALS", "function 1", "1001", limit.as_str());
    assert_eq!((error.rule, &*error.what, &*error.value, &*error.limit), expected);
    assert_eq!(error.to_string(), "LOCALS: function 1: 1001, allowed is 1000");
}

#[test]
fn the_limits_themselves_are_allowed() {
    let locals = GOOD.replace("(local i32 i64)", &format!("(local{})", " i64".repeat(1_000)));
    let pages = GOOD.replace("\"memory\") 3", "\"memory\") 256");
    let nesting = format!("(func {}{})", "(block ".repeat(256), ")".repeat(256));
    let nesting =
        GOOD.replace("(func (export \"init\"))", &format!("{nesting} (func (export \"init\"))"));
    for (name, text) in [("locals", locals), ("pages", pages), ("nesting", nesting)] {
        check(&wat::parse_str(text).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
