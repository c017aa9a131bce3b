//! Write `tests/vectors/*.json` anew, after a change of bytes that was meant:
//! `cargo run -p crypto --example write_vectors`, then let `tests/vectors/second/check.py` agree.

#[path = "../tests/vectors/cases.rs"]
mod cases;

use std::path::Path;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    for (name, made) in cases::files() {
        let text = serde_json::to_string_pretty(&made).expect("plain values are JSON") + "\n";
        std::fs::write(folder.join(name), text).expect("the folder can be written");
        println!("{name}: {} vectors", made.as_array().map_or(0, Vec::len));
    }
}
