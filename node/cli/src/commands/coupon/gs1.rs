//! GS1 coupon codes: read and write the digits of AI (8110) and AI (8112).
//!
//! - **AI (8110)**, the paper coupon in GS1 DataBar: *North American Coupon Application Guideline
//!   Using GS1 DataBar Expanded Symbols*, R2.0 (2015), sections 4.1 (required fields), 4.2
//!   (optional fields) and 5 (data representation).
//! - **AI (8112)**, the serialised single-use coupon of a positive offer file: *GS1 AI (8112)
//!   Coupon Data Specification*.
//!
//! The General Specifications give both AIs up to 70 characters and leave their inner form to these
//! documents. Value ranges and the order of the optional fields are those of the published
//! checkers `couponcode` and `couponposoffer` of the GS1 Barcode Syntax Dictionary.
//!
//! Fields whose length varies have a length indicator (VLI) before them: one digit that gives the
//! length, for identifiers less six.

mod digits;
mod paper;
mod positive;

use crate::commands::files;
use crate::commands::output::Output;
use crate::commands::render;
use crate::exit::{Exit, Meaning, Outcome};
use clap::{Args, Subcommand};
pub(crate) use paper::PaperCoupon;
pub(crate) use positive::PositiveOffer;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Most characters after either AI (GS1 General Specifications, figure of AIs: X..70).
const MAX_DATA: usize = 70;
/// Largest JSON description of a code. Unit: bytes.
const MAX_DESCRIPTION_BYTES: u64 = 64 * 1024;

/// Why a text is no coupon code, or a description cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Gs1Error {
    #[error("the code begins with {found:?}: want (8110) or (8112)")]
    OtherIdentifier { found: String },
    #[error("the code has {found} characters after its AI, the limit is {MAX_DATA}")]
    TooLong { found: usize },
    #[error("digit {at} is {found:?}: want 0 to 9")]
    NotADigit { at: usize, found: char },
    #[error("{field} at digit {at} is {found}: allowed {allowed}")]
    Value { field: &'static str, at: usize, found: String, allowed: &'static str },
    #[error("{field} at digit {at} has {found} digits of {wanted}: the code ends too early")]
    Truncated { field: &'static str, at: usize, found: usize, wanted: usize },
    #[error("the code goes on after digit {at} with {rest:?}: no field begins so")]
    Excess { at: usize, rest: String },
    #[error("expiry {expiry} is before start {start}")]
    ExpiryBeforeStart { expiry: String, start: String },
}

/// A coupon code of either kind.
#[expect(clippy::large_enum_variant, reason = "one is made for each scan, and none is kept")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ai")]
pub(crate) enum Code {
    /// A paper coupon with its rules inside.
    #[serde(rename = "8110")]
    Paper(PaperCoupon),
    /// A serialised coupon whose rules stand in the positive offer file.
    #[serde(rename = "8112")]
    Positive(PositiveOffer),
}

impl Code {
    /// Read a code as printed, `(8110)1061..`, or as scanned, `81101061..`, with or without the
    /// symbology identifier `]e0` before it.
    pub(crate) fn parse(text: &str) -> Result<Self, Gs1Error> {
        let text = text.trim();
        let bare = text.strip_prefix("]e0").or_else(|| text.strip_prefix("]C1")).unwrap_or(text);
        let after = |ai: &str| {
            let bracketed = bare.strip_prefix('(').and_then(|rest| rest.strip_prefix(ai));
            let bracketed = bracketed.and_then(|rest| rest.strip_prefix(')'));
            bracketed.or_else(|| bare.strip_prefix(ai))
        };
        if let Some(data) = after("8110") {
            return PaperCoupon::parse(check(data)?).map(Self::Paper);
        }
        if let Some(data) = after("8112") {
            return PositiveOffer::parse(check(data)?).map(Self::Positive);
        }
        Err(Gs1Error::OtherIdentifier { found: bare.chars().take(6).collect() })
    }

    /// The code as printed: the AI in brackets, then the digits.
    pub(crate) fn build(&self) -> Result<String, Gs1Error> {
        let (ai, data) = match self {
            Self::Paper(coupon) => ("8110", coupon.build()?),
            Self::Positive(offer) => ("8112", offer.build()?),
        };
        check(&data)?;
        Ok(format!("({ai}){data}"))
    }
}

fn check(data: &str) -> Result<&str, Gs1Error> {
    let found = data.chars().count();
    if found > MAX_DATA {
        return Err(Gs1Error::TooLong { found });
    }
    match data.chars().enumerate().find(|(_, digit)| !digit.is_ascii_digit()) {
        Some((at, found)) => Err(Gs1Error::NotADigit { at: at + 1, found }),
        None => Ok(data),
    }
}

/// Flags of `syndic coupon gs1`.
#[derive(Args, Debug)]
pub(crate) struct Gs1Arguments {
    #[command(subcommand)]
    command: Gs1Command,
}

#[derive(Debug, Subcommand)]
enum Gs1Command {
    /// Say what a coupon code means: `(8110)..` of paper coupons, `(8112)..` of serialised ones.
    Parse {
        /// The code as printed or as scanned.
        code: String,
    },
    /// Write the code of a JSON description, as `parse --json` prints it.
    Build {
        /// The description; `-` for standard input.
        file: PathBuf,
    },
}

/// What `parse` prints.
#[derive(Debug, Serialize)]
struct Parsed {
    #[serde(flatten)]
    code: Code,
    /// What a campaign would ask for, if the code says it in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<paper::CampaignRules>,
}

/// What `build` prints.
#[derive(Debug, Serialize)]
struct Built {
    code: String,
}

/// Run `syndic coupon gs1`.
pub(crate) fn execute(arguments: &Gs1Arguments, output: Output) -> Outcome {
    match &arguments.command {
        Gs1Command::Parse { code } => {
            let code = Code::parse(code).or_exit(Exit::Usage)?;
            let rules = match &code {
                Code::Paper(coupon) => coupon.rules(),
                Code::Positive(_) => None,
            };
            output.print(&Parsed { code, rules }, render::lines)?;
        }
        Gs1Command::Build { file } => {
            let text = if file.as_os_str() == "-" {
                std::io::read_to_string(std::io::stdin())?
            } else {
                let bytes = files::read(file, MAX_DESCRIPTION_BYTES).or_exit(Exit::Usage)?;
                String::from_utf8(bytes).or_exit(Exit::Usage)?
            };
            let mut reader = serde_json::Deserializer::from_str(&text);
            let code: Code = serde_path_to_error::deserialize(&mut reader).or_exit(Exit::Usage)?;
            let code = code.build().or_exit(Exit::Usage)?;
            output.print(&Built { code }, |built| built.code.clone())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
