//! The rules of STYLE.md that a machine can check.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines at which a source file must be split.
const MAX_FILE_LINES: usize = 800;
/// Columns of a source line.
const MAX_COLUMNS: usize = 100;
/// Files that may hold `unsafe`, each with its reason.
const UNSAFE_FILES: &[&str] = &[
    // The functions of the machine are foreign to a contract, and so is the memory they fill.
    "contracts/sdk/src/host.rs",
    // What is said of it in a contract, which may not use it.
    "contracts/sdk-macros/src/tests.rs",
    // Takes compiled code back from this node's own folder.
    "runtime/vm/src/compile.rs",
    // Gives a borrowed host to a store, which keeps no lifetimes.
    "runtime/vm/src/lend.rs",
];
/// Words that say nothing about what a file holds.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "misc", "helper", "helpers", "manager"];
/// Crates whose code must give the same bytes on every node.
const DETERMINISTIC: &[&str] = &["node/consensus", "node/mempool", "node/replica"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above").to_owned()
}

/// The files git tracks or would track, relative to the root.
fn files() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "the tree is a git checkout");
    let names = String::from_utf8(output.stdout).expect("names are UTF-8");
    names.lines().map(PathBuf::from).filter(|file| root().join(file).is_file()).collect()
}

fn sources() -> Vec<(PathBuf, String)> {
    let is_source = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "rs");
    files().into_iter().filter(is_source).map(|file| (file.clone(), read(&file))).collect()
}

fn read(file: &Path) -> String {
    fs::read_to_string(root().join(file))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn is_test(file: &Path) -> bool {
    let text = file.to_string_lossy();
    text.contains("/tests/") || text.ends_with("tests.rs") || text.starts_with("tests/")
}

fn none(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breaches:\n{}", breaches.len(), breaches.join("\n"));
}

#[test]
fn source_files_stay_below_the_limit() {
    let mut breaches = Vec::new();
    for (file, text) in sources() {
        let lines = text.lines().count();
        if lines > MAX_FILE_LINES && !is_test(&file) {
            breaches
                .push(format!("{}: {lines} lines, the limit is {MAX_FILE_LINES}", file.display()));
        }
        for (number, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            // Text in quotes is not broken by the formatter, nor are addresses.
            let unbreakable = line.contains("http") || line.contains('"');
            if columns > MAX_COLUMNS && !unbreakable {
                let place = number + 1;
                breaches.push(format!("{}:{place}: {columns} columns", file.display()));
            }
        }
    }
    none(&breaches);
}

#[test]
fn no_file_has_an_empty_name() {
    let mut breaches = Vec::new();
    for (file, _) in sources() {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        if stem.is_some_and(|stem| EMPTY_NAMES.contains(&stem.as_str())) {
            breaches.push(file.display().to_string());
        }
    }
    none(&breaches);
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = ["todo!(", "unimplemented!(", "#[ignore", "TODO", "FIXME", "XXX", "dbg!("];
    let mut breaches = Vec::new();
    for (file, text) in sources().into_iter().filter(|(file, _)| file != Path::new("tests/tidy.rs"))
    {
        for (number, line) in text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
                breaches.push(format!("{}:{}: {mark}", file.display(), number + 1));
            }
        }
    }
    none(&breaches);
}

#[test]
fn unsafe_stands_only_in_listed_files() {
    let mut breaches = Vec::new();
    for (file, text) in sources().into_iter().filter(|(file, _)| file != Path::new("tests/tidy.rs"))
    {
        let uses = text.lines().any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            code.contains("unsafe {") || code.contains("unsafe fn") || code.contains("unsafe impl")
        });
        if uses && !UNSAFE_FILES.contains(&file.to_string_lossy().as_ref()) {
            breaches.push(file.display().to_string());
        }
    }
    none(&breaches);
}

#[test]
fn tests_do_not_sleep_away_races() {
    let mut breaches = Vec::new();
    for (file, text) in sources().into_iter().filter(|(file, _)| file != Path::new("tests/tidy.rs"))
    {
        for (number, line) in text.lines().enumerate() {
            // Waiting for a condition with a deadline polls; it says so.
            if is_test(&file) && line.contains("sleep(") && !line.contains("// poll") {
                breaches.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    none(&breaches);
}

#[test]
fn the_deterministic_crates_share_one_clippy_file() {
    let reference = read(Path::new("runtime/clippy.toml"));
    let breaches: Vec<String> = DETERMINISTIC
        .iter()
        .map(|crate_folder| format!("{crate_folder}/clippy.toml"))
        .filter(|file| read(Path::new(file)) != reference)
        .collect();
    none(&breaches);
}

#[test]
fn the_deterministic_core_has_no_hash_maps() {
    let mut breaches = Vec::new();
    for (file, text) in sources() {
        let text_path = file.to_string_lossy().into_owned();
        let inside = text_path.starts_with("runtime/")
            || DETERMINISTIC.iter().any(|folder| text_path.starts_with(folder));
        for (number, line) in text.lines().enumerate().filter(|_| inside && !is_test(&file)) {
            let code = line.split("//").next().unwrap_or_default();
            if code.contains("HashMap") || code.contains("HashSet") || code.contains("f64") {
                breaches.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    none(&breaches);
}

#[test]
fn every_crate_says_in_one_sentence_what_it_does_and_the_readme_repeats_it() {
    let readme = read(Path::new("README.md"));
    let mut breaches = Vec::new();
    for file in files().into_iter().filter(|file| file.ends_with("Cargo.toml")) {
        let manifest = read(&file);
        let Some(description) = manifest
            .lines()
            .find_map(|line| line.strip_prefix("description = \""))
            .and_then(|rest| rest.strip_suffix('"'))
        else {
            continue;
        };
        if !readme.contains(description) {
            breaches.push(format!("README.md lacks `{description}` of {}", file.display()));
        }
    }
    none(&breaches);
}

#[test]
fn documents_link_to_files_that_exist() {
    let mut breaches = Vec::new();
    for file in files().into_iter().filter(|file| file.extension().is_some_and(|e| e == "md")) {
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        for target in links(&read(&file)) {
            if !root().join(&folder).join(&target).exists() {
                breaches.push(format!("{}: no file {target}", file.display()));
            }
        }
    }
    none(&breaches);
}

/// Targets of `[text](target)` that are files of the tree.
fn links(text: &str) -> Vec<String> {
    let parts = text.split("](").skip(1);
    let targets = parts.filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.contains(' '))
        .collect()
}

/// What deny.toml asks for, checked without a network or another program.
#[test]
fn dependencies_keep_to_the_licences_and_sources_of_deny_toml() {
    let deny = read(Path::new("deny.toml"));
    let allowed = quoted_list(&deny, "allow = [");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let mut breaches = Vec::new();
    for package in metadata["packages"].as_array().expect("a list") {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or("none");
        if !licence_is_allowed(licence, &allowed) {
            breaches.push(format!("{name}: licence {licence}"));
        }
        let source = package["source"].as_str().unwrap_or("path");
        if source != "path"
            && !source.starts_with("registry+https://github.com/rust-lang/crates.io")
        {
            breaches.push(format!("{name}: source {source}"));
        }
    }
    none(&breaches);
}

fn quoted_list(text: &str, start: &str) -> BTreeSet<String> {
    let rest = text.split(start).nth(1).unwrap_or_default();
    let list = rest.split(']').next().unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// One alternative of every part must be allowed: `A OR B`, `(A OR B) AND C`, `A/B`.
fn licence_is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let flat = expression.replace('/', " OR ").replace(['(', ')'], "");
    let parts = flat.split(" AND ");
    parts.into_iter().all(|part| part.split(" OR ").any(|one| allowed.contains(one.trim())))
}

#[test]
fn banned_versions_are_not_in_the_lock_file() {
    let lock = read(Path::new("Cargo.lock"));
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut lines = lock.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("name = \"").and_then(|l| l.strip_suffix('"')) else {
            continue;
        };
        let version = lines.next().and_then(|l| l.strip_prefix("version = \""));
        let version = version.and_then(|l| l.strip_suffix('"')).expect("a version follows a name");
        versions.entry(name).or_default().push(version);
    }
    assert!(!versions.contains_key("openssl-sys"), "rustls is the one TLS library");
    for (name, floor) in [("libp2p-gossipsub", [0, 50, 1]), ("age", [0, 11, 1])] {
        for version in &versions[name] {
            let parts: Vec<u64> = version
                .split(['.', '-', '+'])
                .take(3)
                .map(|part| part.parse().expect("a version is numbers"))
                .collect();
            assert!(parts.as_slice() >= floor.as_slice(), "{name} {version} is below {floor:?}");
        }
    }
}

#[test]
fn nothing_names_this_machine_or_its_tools() {
    let words = ["/work/", "subagent", "farm-", "/root/"];
    let mut breaches = Vec::new();
    for file in files().into_iter().filter(|file| file != Path::new("tests/tidy.rs")) {
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        for word in words.iter().filter(|word| text.contains(**word)) {
            breaches.push(format!("{}: {word}", file.display()));
        }
    }
    none(&breaches);
}
