//! Why a calculation has no result.

use core::fmt;
use types::Amount;

/// Why a calculation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// The result, or a sum on the way to it, is not below 2^128.
    Overflow,
    /// A quotient by zero.
    ZeroDivisor,
    /// A split whose weights add up to nothing, or a pool without shares.
    NoWeight,
    /// A part is larger than its whole.
    AboveWhole {
        /// The part.
        part: u128,
        /// The whole.
        whole: u128,
    },
    /// More is asked for than there is.
    Insufficient {
        /// Asked for.
        wanted: Amount,
        /// There.
        found: Amount,
    },
    /// More was paid than is owed: the caller's books are broken.
    Overpaid {
        /// Paid so far.
        paid: Amount,
        /// Owed so far.
        owed: Amount,
    },
    /// A waterfall must end with its one tier that takes the rest.
    NoRest,
    /// More lots than an account may hold.
    TooManyLots {
        /// How many there would be.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow => write!(f, "the result is not below 2^128"),
            Self::ZeroDivisor => write!(f, "the divisor is 0"),
            Self::NoWeight => write!(f, "the weights add up to 0"),
            Self::AboveWhole { part, whole } => {
                write!(f, "the part {part} is larger than the whole {whole}")
            }
            Self::Insufficient { wanted, found } => {
                write!(f, "{wanted} wanted, {found} there")
            }
            Self::Overpaid { paid, owed } => write!(f, "{paid} paid, {owed} owed"),
            Self::NoRest => write!(f, "one tier takes the rest, and it is the last"),
            Self::TooManyLots { found, limit } => write!(f, "{found} lots, the limit is {limit}"),
        }
    }
}

impl core::error::Error for MoneyError {}
