//! `syndic contract new|build|test`: a project of one's own, outside this tree.

use super::check;
use crate::commands::files;
use crate::commands::output::Output;
use crate::commands::render;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::{Context, anyhow};
use serde::Serialize;
use serde_json::json;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// What a project's manifest begins with; `NAME` stands for the package's.
const MANIFEST: &str = include_str!("project/manifest.toml");
/// The target that modules are compiled for.
const TARGET: &str = "wasm32-unknown-unknown";
/// The name of the contract that new projects begin as.
const TEMPLATE_NAME: &str = "counter";
/// Where `scripts/build-contracts.sh` unpacks a compiler with the target when the system's has
/// none, below the user's cache.
const TOOLCHAIN: &str = "syndic/wasm-toolchain";
/// Names the user's cache; else it is `.cache` below the home.
const CACHE_VARIABLE: &str = "XDG_CACHE_HOME";
/// The profile that modules are compiled with.
const PROFILE: &str = "contract";
/// Names another place for that compiler.
const TOOLCHAIN_VARIABLE: &str = "SYNDIC_WASM_TOOLCHAIN";
/// Bytes of a contract's own stack, as in `scripts/build-contracts.sh`: a page more costs every
/// call gas.
const STACK_BYTES: u32 = 32_768;
/// Set for `cargo test`: the program that runs modules, as `<program> contract machine`.
const VM_VARIABLE: &str = "SYNDIC_TEST_VM";
/// Set for `cargo test`: the folder that holds the modules.
const MODULES_VARIABLE: &str = "SYNDIC_TEST_MODULES";

/// What the calls of a project cost, as its tests found.
const GAS_TABLE: &str = "gas.txt";
/// Set for `cargo test`: write such a table instead of comparing.
const REWRITE_VARIABLE: &str = "SYNDIC_REWRITE";

/// Write a project into a folder that does not exist yet.
pub(super) fn new(path: &Path, output: Output) -> Outcome {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    check_name(&name)?;
    if path.exists() {
        let error = anyhow!("{} is there already: choose another name", path.display());
        return Err(Failure { exit: Exit::Usage, error });
    }
    for (file, text) in VENDOR {
        let text = if file.ends_with("Cargo.toml") { without_tests(text) } else { (*text).into() };
        write(&path.join("vendor").join(file), &text)?;
    }
    for (file, text) in TEMPLATE {
        let inner = file.strip_prefix(TEMPLATE_NAME).unwrap_or(file).trim_start_matches('/');
        if inner != "Cargo.toml" {
            let inner = inner.replace(TEMPLATE_NAME, &name);
            let own = format!("{}::", name.replace('-', "_"));
            write(&path.join(inner), &text.replace(&format!("{TEMPLATE_NAME}::"), &own))?;
        }
    }
    write(&path.join("Cargo.toml"), &manifest(&name)?)?;
    // The versions that this tree was tested with; cargo leaves out what the project does not use.
    write(&path.join("Cargo.lock"), LOCK)?;
    write(&path.join(".gitignore"), "/target\n")?;
    let shown = json!({ "project": path, "next": [
        format!("cd {}", path.display()),
        "syndic contract test",
        "syndic contract build",
    ]});
    output.print(&shown, render::lines)?;
    Ok(())
}

/// A name that is good for a package and a folder.
fn check_name(name: &str) -> Outcome {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if starts && name.len() <= 64 && name.bytes().all(good) {
        return Ok(());
    }
    let error = anyhow!("the name {name:?}: want lower-case letters, digits and `-`, up to 64");
    Err(Failure { exit: Exit::Usage, error })
}

fn write(path: &Path, text: &str) -> Outcome {
    let folder = path.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("file {}", path.display()))?;
    Ok(())
}

/// A manifest without what only its tests need: projects do not test what they stand on.
fn without_tests(manifest: &str) -> String {
    let mut kept = String::new();
    let mut in_tests = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_tests = line == "[dev-dependencies]";
        }
        if !in_tests {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The project's manifest: its own package, and what the vendored crates inherit.
fn manifest(name: &str) -> Outcome<String> {
    let source: toml::Table = WORKSPACE.parse().context("the workspace's own manifest")?;
    let workspace = source.get("workspace").and_then(toml::Value::as_table);
    let workspace = workspace.context("the workspace's own manifest has a workspace")?;
    let mut needed = toml::Table::new();
    for (file, text) in VENDOR.iter().filter(|(file, _)| file.ends_with("Cargo.toml")) {
        let folder = Path::new(file).parent().context("a manifest lies in a folder")?;
        let own = folder.to_string_lossy().into_owned();
        let mut entry = toml::Table::new();
        entry.insert("path".to_owned(), format!("vendor/{own}").into());
        needed.insert(own, entry.into());
        let inherited = without_tests(text);
        let inherited = inherited.lines().filter_map(|line| line.split_once('.'));
        for (dependency, _) in inherited.filter(|(_, rest)| rest.starts_with("workspace")) {
            let known = workspace.get("dependencies").and_then(|all| all.get(dependency));
            if let Some(known) = known
                && known.get("path").is_none()
            {
                needed.insert(dependency.to_owned(), known.clone());
            }
        }
    }
    let of = |part: &str| workspace.get(part).cloned().unwrap_or(toml::Table::new().into());
    let mut inner = toml::Table::new();
    inner.insert("resolver".to_owned(), "3".into());
    inner.insert("package".to_owned(), of("package"));
    inner.insert("lints".to_owned(), of("lints"));
    inner.insert("dependencies".to_owned(), needed.into());
    let mut outer = toml::Table::new();
    outer.insert("workspace".to_owned(), inner.into());
    let shared = toml::to_string(&outer).context("a manifest")?;
    Ok(MANIFEST.replace("NAME", name) + &shared)
}

/// What a build made.
#[derive(Serialize)]
struct Built {
    module: PathBuf,
    #[serde(flatten)]
    verdict: check::Verdict,
}

/// Compile the project in a folder to a module beside it, and judge that.
pub(super) fn build(folder: &Path, output: Output) -> Outcome {
    let (package, made) = compile(folder)?;
    let module = folder.join(format!("{package}.wasm"));
    let code = files::read(&made, u64::from(u32::MAX)).or_exit(Exit::Failed)?;
    files::write(&module, &code).or_exit(Exit::Failed)?;
    let verdict = check::judge(&code)?;
    let refused = verdict.error(&module);
    output.print(&Built { module, verdict }, render::lines)?;
    refused.map_or(Ok(()), Err)
}

/// Compile the project in a folder: the package's name, and where cargo put the module.
fn compile(folder: &Path) -> Outcome<(String, PathBuf)> {
    let package = package_of(folder)?;
    let compiler = compiler()?;
    let root = fs::canonicalize(folder).with_context(|| format!("{}", folder.display()))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| below_home(".cargo"));
    // The same sources give the same bytes wherever they lie.
    let mut flags = vec![format!("--remap-path-prefix={}=/c", root.display())];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=/cargo", home.display())));
    flags.push(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["build", "--profile", PROFILE, "--target", TARGET, "--lib"]);
    cargo.args(["--package", &package]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo.env("CARGO_INCREMENTAL", "0").env("SOURCE_DATE_EPOCH", "0");
    if let Some(compiler) = compiler {
        cargo.env("RUSTC", compiler);
    }
    run(cargo, "cargo build")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let file = format!("{TARGET}/{PROFILE}/{}.wasm", package.replace('-', "_"));
    Ok((package, target.join(file)))
}

/// Run the project's tests, natively or with its module in the node's own virtual machine.
pub(super) fn test(folder: &Path, vm: bool) -> Outcome {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).arg("test");
    if vm {
        let (_, module) = compile(folder)?;
        let program = std::env::current_exe().context("this program's own path")?;
        let modules = module.parent().context("a module lies in a folder")?;
        cargo.env(VM_VARIABLE, program).env(MODULES_VARIABLE, modules);
        // The first run writes down what calls cost; later ones compare.
        if !folder.join(GAS_TABLE).exists() {
            cargo.env(REWRITE_VARIABLE, "1");
        }
    }
    run(cargo, "cargo test")
}

fn run(mut command: Command, name: &str) -> Outcome {
    let status = command.status().with_context(|| format!("{name} cannot be started"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure { exit: Exit::Failed, error: anyhow!("{name}: {status}") })
}

/// The name of the package in a folder.
fn package_of(folder: &Path) -> Outcome<String> {
    let path = folder.join("Cargo.toml");
    let bytes = files::read(&path, 1024 * 1024).or_exit(Exit::Usage)?;
    let text = String::from_utf8(bytes).with_context(|| format!("{}", path.display()))?;
    let manifest: toml::Table = text.parse().with_context(|| format!("{}", path.display()))?;
    let name = manifest.get("package").and_then(|package| package.get("name"));
    let name = name.and_then(toml::Value::as_str).map(str::to_owned);
    name.with_context(|| format!("{}: no package.name", path.display())).or_exit(Exit::Usage)
}

/// The compiler to use instead of the one that cargo finds: `None` if that one knows the target.
fn compiler() -> Outcome<Option<OsString>> {
    let knows = |compiler: &std::ffi::OsStr| {
        let asked =
            Command::new(compiler).args(["--print", "target-libdir", "--target", TARGET]).output();
        let Ok(answer) = asked else { return false };
        let folder = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names = entries.map(|entry| entry.file_name());
        answer.status.success() && names.any(|name| name.to_string_lossy().starts_with("libcore-"))
    };
    let given = std::env::var_os("RUSTC");
    if knows(given.as_deref().unwrap_or("rustc".as_ref())) {
        return Ok(None);
    }
    let unpacked = std::env::var_os(TOOLCHAIN_VARIABLE).map(PathBuf::from);
    let cache = || std::env::var_os(CACHE_VARIABLE).filter(|cache| !cache.is_empty());
    let cache = || cache().map(PathBuf::from).or_else(|| below_home(".cache"));
    let unpacked = unpacked.or_else(|| cache().map(|cache| cache.join(TOOLCHAIN)));
    let unpacked = unpacked.map(|folder| folder.join("rustc"));
    if let Some(found) = unpacked.filter(|rustc| knows(rustc.as_os_str())) {
        return Ok(Some(found.into_os_string()));
    }
    let error = anyhow!("no compiler for {TARGET}: run `rustup target add {TARGET}`");
    Err(Failure { exit: Exit::Failed, error })
}

/// A path below the user's home.
fn below_home(path: &str) -> Option<PathBuf> {
    std::env::var_os("HOME").map(|home| Path::new(&home).join(path))
}

#[cfg(test)]
mod tests;
