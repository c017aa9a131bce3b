//! Puts the sources that a contract is built from into the program: `syndic contract new` unpacks
//! them into a project of its own, which needs nothing else of this tree.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The crates a contract needs, natively for its tests and as a module.
const CRATES: [&str; 5] =
    ["runtime/types", "runtime/crypto", "contracts/sdk", "contracts/sdk-macros", "contracts/money"];
/// The contract that a new project begins as.
const TEMPLATE: &str = "contracts/counter";

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = manifest.ancestors().nth(2).expect("the crate lies two folders deep").to_owned();
    let mut text = String::new();
    let crates: Vec<&Path> = CRATES.iter().map(Path::new).collect();
    list(&mut text, "VENDOR", &root, &crates, Tests::Leave);
    list(&mut text, "TEMPLATE", &root, &[Path::new(TEMPLATE)], Tests::Take);
    let workspace = root.join("Cargo.toml");
    writeln!(text, "const WORKSPACE: &str = include_str!({workspace:?});").expect("in memory");
    let lock = root.join("Cargo.lock");
    writeln!(text, "const LOCK: &str = include_str!({lock:?});").expect("in memory");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("sources.rs"), text).expect("the build folder can be written");
    println!("cargo::rerun-if-changed={}", workspace.display());
    println!("cargo::rerun-if-changed={}", lock.display());
}

/// Whether tests come along: of a project's own contract they do, of what it stands on not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tests {
    Take,
    Leave,
}

/// A table of paths, from the folder above each crate on, and texts.
fn list(text: &mut String, name: &str, root: &Path, crates: &[&Path], tests: Tests) {
    writeln!(text, "const {name}: &[(&str, &str)] = &[").expect("in memory");
    for folder in crates {
        let above = root.join(folder.parent().expect("crates lie in folders"));
        let mut files = Vec::new();
        collect(&root.join(folder), tests, &mut files);
        files.sort();
        for file in files {
            let path = file.strip_prefix(&above).expect("it lies below");
            writeln!(text, "    ({path:?}, include_str!({file:?})),").expect("in memory");
        }
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    text.push_str("];\n");
}

/// The manifest and the Rust sources of a crate.
fn collect(folder: &Path, tests: Tests, files: &mut Vec<PathBuf>) {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a crate's folder can be read") {
            let path = entry.expect("a folder's entries can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_test = name == "tests" || name == "tests.rs" || name == "examples";
            if is_test && tests == Tests::Leave {
                continue;
            }
            // What macros expand to is checked in beside a contract, for reading only.
            let is_source = name.ends_with(".rs") && name != "expanded.rs";
            if path.is_dir() {
                open.push(path);
            } else if name == "Cargo.toml" || is_source {
                files.push(path);
            }
        }
    }
}
