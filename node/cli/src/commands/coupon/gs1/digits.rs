//! Take fields from a string of digits, and put them there.

use super::Gs1Error;

/// What a length indicator must be.
#[derive(Clone, Copy)]
pub(super) struct Length {
    /// Smallest indicator.
    pub(super) least: u8,
    /// Largest.
    pub(super) most: u8,
    /// Added to the indicator to give the length.
    pub(super) plus: usize,
    /// The two bounds in words.
    pub(super) allowed: &'static str,
}

/// A GS1 company prefix or funder: 6 to 12 digits.
pub(super) const PREFIX: Length = Length { least: 0, most: 6, plus: 6, allowed: "0 to 6" };
/// A value: 1 to 5 digits.
pub(super) const VALUE: Length = Length { least: 1, most: 5, plus: 0, allowed: "1 to 5" };
/// A serial number: 6 to 15 digits.
pub(super) const SERIAL: Length = Length { least: 0, most: 9, plus: 6, allowed: "0 to 9" };
/// A retailer's company prefix or location number: 7 to 13 digits.
pub(super) const RETAILER: Length = Length { least: 1, most: 7, plus: 6, allowed: "1 to 7" };

/// The digits that are not read yet.
pub(super) struct Reader<'a> {
    data: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a str) -> Self {
        Self { data, at: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.data[self.at..]
    }

    /// A field of fixed length.
    pub(super) fn fixed(&mut self, field: &'static str, wanted: usize) -> Result<String, Gs1Error> {
        let (rest, at) = (self.rest(), self.at + 1);
        let Some(digits) = rest.get(..wanted) else {
            return Err(Gs1Error::Truncated { field, at, found: rest.len(), wanted });
        };
        self.at += wanted;
        Ok(digits.to_owned())
    }

    /// One digit out of `allowed`.
    pub(super) fn one_of(
        &mut self,
        field: &'static str,
        allowed: &'static str,
    ) -> Result<u8, Gs1Error> {
        let digit = self.fixed(field, 1)?;
        if allowed.contains(&digit) {
            return Ok(value(&digit));
        }
        Err(Gs1Error::Value { field, at: self.at, found: digit, allowed })
    }

    /// A field with its length indicator before it.
    pub(super) fn variable(
        &mut self,
        field: &'static str,
        length: Length,
    ) -> Result<String, Gs1Error> {
        let indicator = self.fixed(field, 1)?;
        let number = value(&indicator);
        if !(length.least..=length.most).contains(&number) {
            let (found, allowed) = (format!("length indicator {indicator}"), length.allowed);
            return Err(Gs1Error::Value { field, at: self.at, found, allowed });
        }
        self.fixed(field, usize::from(number) + length.plus)
    }

    /// Whether the optional field of this indicator begins here; its indicator is then read.
    pub(super) fn begins(&mut self, indicator: char) -> bool {
        let begins = self.rest().starts_with(indicator);
        self.at += usize::from(begins);
        begins
    }

    /// Nothing is left.
    pub(super) fn end(self) -> Result<(), Gs1Error> {
        if self.rest().is_empty() {
            return Ok(());
        }
        Err(Gs1Error::Excess { at: self.at, rest: self.rest().to_owned() })
    }
}

/// The value of one digit.
fn value(digit: &str) -> u8 {
    digit.bytes().next().map_or(0, |byte| byte.wrapping_sub(b'0'))
}

/// Digits being written.
#[derive(Default)]
pub(super) struct Writer {
    data: String,
}

impl Writer {
    pub(super) fn fixed(
        &mut self,
        field: &'static str,
        digits: &str,
        wanted: usize,
        allowed: &'static str,
    ) -> Result<(), Gs1Error> {
        self.check(field, digits, digits.len() == wanted, allowed)?;
        self.data.push_str(digits);
        Ok(())
    }

    pub(super) fn one_of(
        &mut self,
        field: &'static str,
        number: u8,
        allowed: &'static str,
    ) -> Result<(), Gs1Error> {
        let digit = number.to_string();
        self.check(field, &digit, digit.len() == 1 && allowed.contains(&digit), allowed)?;
        self.data.push_str(&digit);
        Ok(())
    }

    pub(super) fn variable(
        &mut self,
        field: &'static str,
        digits: &str,
        length: Length,
    ) -> Result<(), Gs1Error> {
        let indicator = digits.len().checked_sub(length.plus).and_then(|n| u8::try_from(n).ok());
        let indicator = indicator.filter(|n| (length.least..=length.most).contains(n));
        self.check(field, digits, indicator.is_some(), length.allowed)?;
        self.data.push_str(&indicator.unwrap_or_default().to_string());
        self.data.push_str(digits);
        Ok(())
    }

    fn check(
        &self,
        field: &'static str,
        found: &str,
        fits: bool,
        allowed: &'static str,
    ) -> Result<(), Gs1Error> {
        if fits && found.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(());
        }
        let at = self.data.len() + 1;
        Err(Gs1Error::Value { field, at, found: found.to_owned(), allowed })
    }

    pub(super) fn push(&mut self, indicator: char) {
        self.data.push(indicator);
    }

    pub(super) fn finish(self) -> String {
        self.data
    }
}

/// Check a date YYMMDD; years 00 to 50 are 2000 to 2050 (General Specifications, 7.12).
pub(super) fn check_date(field: &'static str, at: usize, date: &str) -> Result<(), Gs1Error> {
    let part = |from: usize| date.get(from..from + 2).and_then(|two| two.parse::<u32>().ok());
    let days = match (part(0), part(2)) {
        (Some(_), Some(4 | 6 | 9 | 11)) => 30,
        (Some(year), Some(2)) => 28 + u32::from(year % 4 == 0),
        (Some(_), Some(1..=12)) => 31,
        _ => 0,
    };
    if part(4).is_some_and(|day| (1..=days).contains(&day)) && date.len() == 6 {
        return Ok(());
    }
    Err(Gs1Error::Value { field, at, found: date.to_owned(), allowed: "a date YYMMDD" })
}
