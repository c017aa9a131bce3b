//! What calls cost, kept in a file.

use super::env::TestEnv;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use std::path::{Path, PathBuf};
use std::{env, fs};
use types::Gas;

/// Gas by call, compared with a file that was committed: a change that makes a call dearer shows.
///
/// Natively nothing costs gas, and nothing is compared.
#[derive(Debug, Default)]
pub struct GasTable {
    measured: BTreeMap<String, Gas>,
}

impl GasTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Note what the last call cost.
    pub fn note(&mut self, name: &str, env: &TestEnv) {
        if let Some(gas) = env.last_gas() {
            self.measured.insert(name.into(), gas);
        }
    }

    /// Compare with `gas.txt` of the package whose test `source` is (`file!()`), or write that if
    /// [`super::REWRITE`] is set.
    ///
    /// # Panics
    /// If a figure differs, with both tables.
    pub fn compare(&self, source: &str) {
        if self.measured.is_empty() {
            return;
        }
        let file = beside(source).join("gas.txt");
        let lines = self.measured.iter().map(|(name, gas)| format!("{name} {gas}\n"));
        let measured: String = lines.collect();
        if env::var_os(super::REWRITE).is_some() {
            fs::write(&file, &measured)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == measured,
            "{} differs; {}=1 writes it anew.\nkept:\n{kept}\nmeasured:\n{measured}",
            file.display(),
            super::REWRITE
        );
    }
}

/// The package that holds a test: the folder above the test's own. The compiler names sources from
/// the workspace on, so that is looked for first.
fn beside(source: &str) -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into());
    let package = PathBuf::from(package);
    let found = package.ancestors().map(|folder| folder.join(source)).find(|path| path.is_file());
    let folder = found.as_deref().and_then(Path::parent).and_then(Path::parent);
    folder.unwrap_or_else(|| panic!("{source} is not above {}", package.display())).to_path_buf()
}
