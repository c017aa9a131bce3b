//! AI (8110): a paper coupon with its purchase rules inside.

use super::Gs1Error;
use super::digits::{PREFIX, RETAILER, Reader, SERIAL, VALUE, Writer, check_date};
use serde::{Deserialize, Serialize};

/// Codes of a purchase requirement: 0 units, 1 cash value of the items, 2 cash value of the whole
/// purchase, 3 pounds, 4 kilograms, 9 others.
const REQUIREMENTS: &str = "012349";
/// How several requirements go together.
const PURCHASE_RULES: &str = "0123";
/// Codes of the saving: 0 money off, 1 and 2 free items, 5 a part of the price, 6 money off the
/// whole purchase.
const SAVINGS: &str = "01256";
/// The indicator that stands for the first purchase's company prefix.
const SAME_PREFIX: char = '9';

/// What must be bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Purchase {
    /// How much, 1 to 5 digits; its unit is the code's. Money is in hundredths.
    pub(crate) requirement: String,
    /// What `requirement` counts: 0 units, 1 cash value of the items, 2 of the whole purchase, 3
    /// pounds, 4 kilograms, 9 others.
    pub(crate) requirement_code: u8,
    /// The family of products, 3 digits; `000` for all of the company's.
    pub(crate) family_code: String,
}

/// A second or third purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FurtherPurchase {
    /// What must be bought.
    pub(crate) purchase: Purchase,
    /// Whose, 6 to 12 digits; left out: the same company as the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) company_prefix: Option<String>,
}

/// The last optional field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Miscellaneous {
    /// What `save_value` counts: 0 money off, 1 and 2 free items, 5 a part, 6 money off it all.
    pub(crate) save_value_code: u8,
    /// Which purchase it applies to: 0 first, 1 second, 2 third.
    pub(crate) applies_to: u8,
    /// Set by a store for its own coupons.
    pub(crate) store_coupon: u8,
    /// 1: stores must not multiply it.
    pub(crate) do_not_multiply: u8,
}

/// The fields of AI (8110), digits as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperCoupon {
    /// Who pays: a GS1 company prefix, 6 to 12 digits.
    pub(crate) company_prefix: String,
    /// The offer, 6 digits.
    pub(crate) offer_code: String,
    /// What is saved, 1 to 5 digits; hundredths of the currency unless `miscellaneous` says else.
    pub(crate) save_value: String,
    /// What must be bought.
    pub(crate) purchase: Purchase,
    /// How the purchases go together, 0 to 3; there exactly if `second` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) purchase_rules_code: Option<u8>,
    /// A second purchase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) second: Option<FurtherPurchase>,
    /// A third purchase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) third: Option<FurtherPurchase>,
    /// Last day, YYMMDD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expiry: Option<String>,
    /// First day, YYMMDD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<String>,
    /// Serial number, 6 to 15 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) serial: Option<String>,
    /// The only retailer that takes it, 7 to 13 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retailer: Option<String>,
    /// What kind of saving it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) miscellaneous: Option<Miscellaneous>,
}

/// What a campaign on the chain would ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CampaignRules {
    /// Money off, in hundredths.
    pub(crate) face_value: u32,
    /// Least basket, in hundredths.
    pub(crate) min_basket: u32,
    /// Least number of items.
    pub(crate) min_quantity: u32,
    /// Last day, YYMMDD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expiry: Option<String>,
    /// First day, YYMMDD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<String>,
}

impl PaperCoupon {
    pub(super) fn parse(data: &str) -> Result<Self, Gs1Error> {
        let mut reader = Reader::new(data);
        let mut coupon = Self {
            company_prefix: reader.variable("company_prefix", PREFIX)?,
            offer_code: reader.fixed("offer_code", 6)?,
            save_value: reader.variable("save_value", VALUE)?,
            purchase: Purchase::parse(&mut reader)?,
            purchase_rules_code: None,
            second: None,
            third: None,
            expiry: None,
            start: None,
            serial: None,
            retailer: None,
            miscellaneous: None,
        };
        if reader.begins('1') {
            let rules = reader.one_of("purchase_rules_code", PURCHASE_RULES)?;
            coupon.purchase_rules_code = Some(rules);
            coupon.second = Some(FurtherPurchase::parse(&mut reader)?);
        }
        if reader.begins('2') {
            coupon.third = Some(FurtherPurchase::parse(&mut reader)?);
        }
        if reader.begins('3') {
            coupon.expiry = Some(reader.fixed("expiry", 6)?);
        }
        if reader.begins('4') {
            coupon.start = Some(reader.fixed("start", 6)?);
        }
        if reader.begins('5') {
            coupon.serial = Some(reader.variable("serial", SERIAL)?);
        }
        if reader.begins('6') {
            coupon.retailer = Some(reader.variable("retailer", RETAILER)?);
        }
        if reader.begins('9') {
            coupon.miscellaneous = Some(Miscellaneous::parse(&mut reader)?);
        }
        reader.end()?;
        coupon.check_dates()?;
        Ok(coupon)
    }

    pub(super) fn build(&self) -> Result<String, Gs1Error> {
        self.check_dates()?;
        let mut writer = Writer::default();
        writer.variable("company_prefix", &self.company_prefix, PREFIX)?;
        writer.fixed("offer_code", &self.offer_code, 6, "6 digits")?;
        writer.variable("save_value", &self.save_value, VALUE)?;
        self.purchase.write(&mut writer)?;
        match (self.purchase_rules_code, &self.second) {
            (Some(code), Some(second)) => {
                writer.push('1');
                writer.one_of("purchase_rules_code", code, PURCHASE_RULES)?;
                second.write(&mut writer)?;
            }
            (None, None) => {}
            (code, _) => {
                let found = code.map_or_else(|| "missing".to_owned(), |code| code.to_string());
                let allowed = "a code exactly with a second purchase";
                let field = "purchase_rules_code";
                return Err(Gs1Error::Value { field, at: 0, found, allowed });
            }
        }
        if let Some(third) = &self.third {
            writer.push('2');
            third.write(&mut writer)?;
        }
        for (indicator, field, date) in [('3', "expiry", &self.expiry), ('4', "start", &self.start)]
        {
            if let Some(date) = date {
                writer.push(indicator);
                writer.fixed(field, date, 6, "a date YYMMDD")?;
            }
        }
        if let Some(serial) = &self.serial {
            writer.push('5');
            writer.variable("serial", serial, SERIAL)?;
        }
        if let Some(retailer) = &self.retailer {
            writer.push('6');
            writer.variable("retailer", retailer, RETAILER)?;
        }
        if let Some(miscellaneous) = &self.miscellaneous {
            writer.push('9');
            miscellaneous.write(&mut writer)?;
        }
        Ok(writer.finish())
    }

    fn check_dates(&self) -> Result<(), Gs1Error> {
        for (field, date) in [("expiry", &self.expiry), ("start", &self.start)] {
            if let Some(date) = date {
                check_date(field, 0, date)?;
            }
        }
        match (&self.expiry, &self.start) {
            (Some(expiry), Some(start)) if start > expiry => {
                Err(Gs1Error::ExpiryBeforeStart { expiry: expiry.clone(), start: start.clone() })
            }
            _ => Ok(()),
        }
    }

    /// What a campaign would ask for; `None` if the code asks for what a campaign cannot say: more
    /// than one purchase, a weight, a free item or a part of the price.
    pub(crate) fn rules(&self) -> Option<CampaignRules> {
        let saving = self.miscellaneous.map_or(0, |misc| misc.save_value_code);
        if self.second.is_some() || self.third.is_some() || !matches!(saving, 0 | 6) {
            return None;
        }
        let required = self.purchase.requirement.parse().ok()?;
        let (min_basket, min_quantity) = match self.purchase.requirement_code {
            0 => (0, required),
            1 | 2 => (required, 0),
            _ => return None,
        };
        Some(CampaignRules {
            face_value: self.save_value.parse().ok()?,
            min_basket,
            min_quantity,
            expiry: self.expiry.clone(),
            start: self.start.clone(),
        })
    }
}

impl Purchase {
    fn parse(reader: &mut Reader<'_>) -> Result<Self, Gs1Error> {
        Ok(Self {
            requirement: reader.variable("requirement", VALUE)?,
            requirement_code: reader.one_of("requirement_code", REQUIREMENTS)?,
            family_code: reader.fixed("family_code", 3)?,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), Gs1Error> {
        writer.variable("requirement", &self.requirement, VALUE)?;
        writer.one_of("requirement_code", self.requirement_code, REQUIREMENTS)?;
        writer.fixed("family_code", &self.family_code, 3, "3 digits")
    }
}

impl FurtherPurchase {
    fn parse(reader: &mut Reader<'_>) -> Result<Self, Gs1Error> {
        let purchase = Purchase::parse(reader)?;
        let same = reader.begins(SAME_PREFIX);
        let company_prefix = match same {
            true => None,
            false => Some(reader.variable("company_prefix", PREFIX)?),
        };
        Ok(Self { purchase, company_prefix })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), Gs1Error> {
        self.purchase.write(writer)?;
        match &self.company_prefix {
            Some(prefix) => writer.variable("company_prefix", prefix, PREFIX),
            None => {
                writer.push(SAME_PREFIX);
                Ok(())
            }
        }
    }
}

impl Miscellaneous {
    fn parse(reader: &mut Reader<'_>) -> Result<Self, Gs1Error> {
        Ok(Self {
            save_value_code: reader.one_of("save_value_code", SAVINGS)?,
            applies_to: reader.one_of("applies_to", "012")?,
            store_coupon: reader.one_of("store_coupon", "0123456789")?,
            do_not_multiply: reader.one_of("do_not_multiply", "01")?,
        })
    }

    fn write(&self, writer: &mut Writer) -> Result<(), Gs1Error> {
        writer.one_of("save_value_code", self.save_value_code, SAVINGS)?;
        writer.one_of("applies_to", self.applies_to, "012")?;
        writer.one_of("store_coupon", self.store_coupon, "0123456789")?;
        writer.one_of("do_not_multiply", self.do_not_multiply, "01")
    }
}
