//! Compare what this crate makes with the vectors in `tests/vectors/*.json`, which the second
//! implementation (`tests/vectors/second/check.py`) reproduces from the formulas alone.

#[path = "vectors/cases.rs"]
mod cases;

use std::path::Path;

#[test]
fn every_vector_file_is_what_this_crate_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    for (name, made) in cases::files() {
        let text = std::fs::read_to_string(folder.join(name)).expect("the file exists");
        let kept: serde_json::Value = serde_json::from_str(&text).expect("the file is JSON");
        let (kept, made) = (kept.as_array().expect("a list"), made.as_array().expect("a list"));
        for (position, (kept, made)) in kept.iter().zip(made).enumerate() {
            assert_eq!(kept, made, "{name}, vector {position}");
        }
        assert_eq!(kept.len(), made.len(), "{name}");
    }
}
