//! The virtual machine for tests of contracts, started by them: see `sdk::testing`.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let served = rig::serve(&mut io::stdin(), &mut io::stdout(), None);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("contract-rig: {error}");
            ExitCode::FAILURE
        }
    }
}
