//! AI (8112): the name of one serialised coupon; its rules stand in the positive offer file.

use super::Gs1Error;
use super::digits::{PREFIX, Reader, SERIAL, Writer};
use serde::{Deserialize, Serialize};

/// The fields of AI (8112), digits as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PositiveOffer {
    /// Coupon format, 0 or 1.
    pub(crate) format: u8,
    /// Who pays: a GS1 company prefix, 6 to 12 digits. For billing, never for product rules.
    pub(crate) funder: String,
    /// The offer, 6 digits.
    pub(crate) offer_code: String,
    /// This coupon, 6 to 15 digits, drawn at random.
    pub(crate) serial: String,
}

impl PositiveOffer {
    pub(super) fn parse(data: &str) -> Result<Self, Gs1Error> {
        let mut reader = Reader::new(data);
        let offer = Self {
            format: reader.one_of("format", "01")?,
            funder: reader.variable("funder", PREFIX)?,
            offer_code: reader.fixed("offer_code", 6)?,
            serial: reader.variable("serial", SERIAL)?,
        };
        reader.end()?;
        Ok(offer)
    }

    pub(super) fn build(&self) -> Result<String, Gs1Error> {
        let mut writer = Writer::default();
        writer.one_of("format", self.format, "01")?;
        writer.variable("funder", &self.funder, PREFIX)?;
        writer.fixed("offer_code", &self.offer_code, 6, "6 digits")?;
        writer.variable("serial", &self.serial, SERIAL)?;
        Ok(writer.finish())
    }
}
