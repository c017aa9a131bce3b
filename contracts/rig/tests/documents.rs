//! What `docs/contracts` and `contracts/artifacts` say, held against the modules and the machine.
#![allow(clippy::unwrap_used)]

use borsh::BorshDeserialize;
use sdk::testing::REWRITE;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};
use types::abi::{Abi, MAX_ABI_BYTES, SECTION, Type};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Every committed module by file name.
fn modules() -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(root().join("contracts/artifacts")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let modules = paths.filter(|path| path.extension().is_some_and(|end| end == "wasm"));
    let named = |path: PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
    };
    modules.map(named).collect()
}

#[test]
fn buildinfo_names_every_module_as_it_is() {
    let buildinfo = read("contracts/artifacts/BUILDINFO");
    let lines: Vec<&str> = buildinfo.lines().filter(|line| line.starts_with("module ")).collect();
    let expected = modules().into_iter().map(|(name, module)| {
        let digest = Sha256::digest(&module);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("module {name} {} sha256:{hex}", module.len())
    });
    assert_eq!(lines, expected.collect::<Vec<_>>());
    assert!(buildinfo.starts_with("rustc "), "it names the compiler first");
}

#[test]
fn every_module_is_accepted_and_carries_its_interface() {
    for (name, module) in modules() {
        vm::check(&module).unwrap_or_else(|error| panic!("{name}: {error}"));
        let abi = interface(&module).unwrap_or_else(|| panic!("{name}: no section {SECTION}"));
        let abi: Abi = types::decode("interface", abi, MAX_ABI_BYTES).unwrap();
        abi.check().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// The contents of the custom section `abi` (WebAssembly core specification, 5.5.3).
fn interface(module: &[u8]) -> Option<&[u8]> {
    let mut rest = module.get(8..)?;
    while let Some((id, after)) = rest.split_first() {
        let (length, body) = leb128(after)?;
        let (section, next) = body.split_at_checked(length)?;
        if *id == 0 {
            let (name_length, named) = leb128(section)?;
            let (name, contents) = named.split_at_checked(name_length)?;
            if name == SECTION.as_bytes() {
                return Some(contents);
            }
        }
        rest = next;
    }
    None
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (position, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[position + 1..]));
        }
    }
    None
}

/// Rows of `chain_v1.md`: name and type, as a text-format import.
fn documented_imports() -> Vec<String> {
    let document = read("docs/contracts/chain_v1.md");
    let table = document.split("<!-- functions -->").nth(1).unwrap();
    let table = table.split("<!-- end -->").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let import = |row: &str| {
        let mut quoted = row.split('`').skip(1).step_by(2);
        let (name, of) = (quoted.next().unwrap(), quoted.next().unwrap());
        let (parameters, result) = of.split_once(" -> ").unwrap_or((of, ""));
        let types = parameters.trim_matches(['(', ')']).split(", ").filter(|one| !one.is_empty());
        let types: Vec<&str> = types.map(|one| one.split_once(": ").unwrap().1).collect();
        let result = if result.is_empty() { String::new() } else { format!("(result {result})") };
        format!("(import \"chain_v1\" \"{name}\" (func (param {}) {result}))", types.join(" "))
    };
    rows.map(import).collect()
}

#[test]
fn the_documented_functions_are_those_of_the_machine() {
    let imports = documented_imports();
    assert_eq!(imports.len(), 23);
    let module = |imports: &str| {
        let rest = r#"(memory (export "memory") 1) (func (export "init"))"#;
        wat::parse_str(format!("(module {imports} {rest})")).unwrap()
    };
    vm::check(&module(&imports.join("\n"))).unwrap();
    // The check looks at types: one parameter more is another function.
    let wrong = imports[0].replace("(param ", "(param i64 ");
    assert!(vm::check(&module(&wrong)).is_err());
}

#[test]
fn the_documented_types_are_those_of_the_interface() {
    let document = read("docs/contracts/abi.md");
    let table = document.split("<!-- types -->").nth(1).unwrap();
    let rows = table.lines().skip_while(|line| !line.starts_with("| 0 ")).map_while(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        Some((cells.next()?.parse::<u8>().ok()?, cells.next()?.trim_matches('`')))
    });
    let documented: BTreeMap<u8, &str> = rows.collect();
    for number in 0..=u8::MAX {
        // Whatever follows a number, zero bytes are a value of it: no length, position 0.
        let bytes = [&[number][..], &[0; 16]].concat();
        let found = Type::deserialize(&mut bytes.as_slice()).ok();
        let found = found.map(|found| format!("{found:?}"));
        let name = found.as_deref().map(|debug| debug.split(' ').next().unwrap());
        assert_eq!(documented.get(&number).copied(), name, "type {number}");
    }
}

#[test]
fn the_table_of_costs_is_what_was_measured() {
    let mut text = String::from(
        "# What contracts cost\n\n\
         Written by `SYNDIC_REWRITE=1 cargo test -p rig`; a test compares it. Modules are\n\
         built by `scripts/build-contracts.sh`. Gas is that of the call alone: a transaction\n\
         adds its own, for its bytes and signatures.\n\n\
         | module | bytes |\n|---|---|\n",
    );
    let modules = modules();
    for (name, module) in &modules {
        writeln!(text, "| `{name}` | {} |", module.len()).unwrap();
    }
    text.push_str("\n| call | gas |\n|---|---|\n");
    for name in modules.keys() {
        let contract = name.trim_end_matches(".wasm");
        for line in read(&format!("contracts/{contract}/gas.txt")).lines() {
            let (call, gas) = line.rsplit_once(' ').unwrap();
            writeln!(text, "| {contract}: {call} | {gas} |").unwrap();
        }
    }
    let document = root().join("docs/contracts/costs.md");
    if env::var_os(REWRITE).is_some() {
        fs::write(&document, &text).unwrap();
    }
    assert_eq!(read("docs/contracts/costs.md"), text);
}
