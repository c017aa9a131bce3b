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

/// The target that modules are compiled for.
const TARGET: &str = "wasm32-unknown-unknown";
/// The name of the contract that new projects begin as.
const TEMPLATE_NAME: &str = "counter";
/// Where `scripts/build-contracts.sh` unpacks a compiler with the target when the system's has none,
/// below the user's home.
const TOOLCHAIN: &str = ".cache/syndic/wasm-toolchain/rustc";
/// The profile that modules are compiled with.
const PROFILE: &str = "contract";
/// Set for `cargo test`: the program whose virtual machine runs the modules that are tested.
const VM_VARIABLE: &str = "SYNDIC_TEST_VM";

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
    Ok(format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n\
         [features]\n# For other contracts that call this one.\nlibrary = []\n\n\
         [dependencies]\nsdk.workspace = true\nmoney.workspace = true\n\n\
         # Small modules: every byte of code is paid for when it is deployed.\n\
         [profile.{PROFILE}]\ninherits = \"release\"\nopt-level = \"z\"\nlto = true\ncodegen-units = 1\npanic = \"abort\"\n\
         strip = true\noverflow-checks = true\n\n{shared}"
    ))
}

/// What a build made.
#[derive(Serialize)]
struct Built {
    module: PathBuf,
    #[serde(flatten)]
    verdict: check::Verdict,
}

/// Compile the project in a folder to a module, and judge it.
pub(super) fn build(folder: &Path, output: Output) -> Outcome {
    let package = package_of(folder)?;
    let compiler = compiler()?;
    let root = fs::canonicalize(folder).with_context(|| format!("{}", folder.display()))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| below_home(".cargo"));
    // The same sources give the same bytes wherever they lie.
    let mut flags = vec![format!("--remap-path-prefix={}=/c", root.display())];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=/cargo", home.display())));
    flags.push("-Clink-arg=-zstack-size=131072".to_owned());
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["build", "--profile", PROFILE, "--target", TARGET, "--lib"]);
    cargo.args(["--package", &package]);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    if let Some(compiler) = compiler {
        cargo.env("RUSTC", compiler);
    }
    run(cargo, "cargo build")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let file = format!("{TARGET}/{PROFILE}/{}.wasm", package.replace('-', "_"));
    let made = target.join(file);
    let module = root.join(format!("{package}.wasm"));
    let code = files::read(&made, u64::from(u32::MAX)).or_exit(Exit::Failed)?;
    files::write(&module, &code).or_exit(Exit::Failed)?;
    let verdict = check::judge(&code)?;
    let refused = verdict.error(&module);
    output.print(&Built { module, verdict }, render::lines)?;
    refused.map_or(Ok(()), Err)
}

/// Run the project's tests, natively or with its module in the node's own virtual machine.
pub(super) fn test(folder: &Path, vm: bool, output: Output) -> Outcome {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).arg("test");
    if vm {
        build(folder, output)?;
        let program = std::env::current_exe().context("this program's own path")?;
        cargo.env(VM_VARIABLE, program);
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
    if let Some(found) = below_home(TOOLCHAIN).filter(|rustc| knows(rustc.as_os_str())) {
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
