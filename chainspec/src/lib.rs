//! Describe a chain: its parameters, members, validators and first balances.
//!
//! A chain begins with a [`Document`]: TOML that people read and write. [`Document::parse`] turns
//! it into a plain [`types::Genesis`], [`validate()`] says everything that is wrong with
//! one, [`render()`] writes it with units and bounds beside each parameter, [`draw()`] makes a
//! whole one from key material, and [`join`] puts one together from the signed files of parties who
//! share no machine. Nothing here reads a file, a clock or a random number.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod document;
pub mod draw;
pub mod error;
pub mod join;
pub mod preset;
pub mod recovery;
pub mod render;
mod source;
mod time;
pub mod validate;

pub use document::Document;
pub use draw::{Draft, DraftError, DraftValidator, draw};
pub use error::{Place, SpecError};
pub use join::{Join, JoinSignatures, Terms, assemble};
pub use preset::Preset;
pub use recovery::Origin;
pub use render::{render, render_join};
pub use validate::{Problem, validate, validate_document};
