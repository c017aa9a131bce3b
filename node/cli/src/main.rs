//! The `syndic` program.
fn main() {}
