//! Walk a TOML document: every value knows its line, column and path.
//!
//! Reading by hand instead of by derived deserialisers keeps three promises that those break: an
//! unknown key names its nearest known one in every table, an amount may exceed 64 bits, and each
//! refusal names the path as well as the line.

use crate::error::{Place, SpecError};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Longest part of a refused value that an error repeats, in characters.
const SHOWN_CHARACTERS: usize = 40;

/// Least likeness (Jaro-Winkler, 0 to 1) at which a key is offered instead of an unknown one.
const LIKENESS: f64 = 0.75;

/// Line and column of a byte of `text`; what lies beyond the end is at the end.
pub(crate) fn place(text: &str, offset: usize, path: &str) -> Place {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        path: path.to_owned(),
    }
}

/// Read a whole document of at most `limit` bytes; a key that `read` did not ask for is refused.
pub(crate) fn read_root<T>(
    text: &str,
    limit: usize,
    read: impl FnOnce(&mut Section<'_>) -> Result<T, SpecError>,
) -> Result<T, SpecError> {
    if text.len() > limit {
        return Err(SpecError::TooLarge { bytes: text.len(), limit });
    }
    let table = DeTable::parse(text).map_err(|error| SpecError::Syntax {
        place: place(text, error.span().map_or(0, |span| span.start), ""),
        reason: error.message().to_owned(),
    })?;
    let mut root = Section::root(text, &table);
    let found = read(&mut root)?;
    root.finish()?;
    Ok(found)
}

/// One value of the document.
pub(crate) struct Entry<'a> {
    text: &'a str,
    path: String,
    span: Range<usize>,
    value: &'a DeValue<'a>,
}

/// One table of the document; remembers which keys were asked for.
pub(crate) struct Section<'a> {
    text: &'a str,
    path: String,
    span: Range<usize>,
    table: &'a DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The document itself.
    fn root(text: &'a str, table: &'a Spanned<DeTable<'a>>) -> Self {
        let (path, span) = (String::new(), table.span());
        Self { text, path, span, table: table.get_ref(), known: Vec::new() }
    }

    /// The value of a key, if the table has it.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Entry<'a>> {
        self.known.push(key);
        let value = self.table.get(key)?;
        let path =
            if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Some(Entry { text: self.text, path, span: value.span(), value: value.get_ref() })
    }

    /// The value of a key that must be there.
    pub(crate) fn required(&mut self, key: &'static str) -> Result<Entry<'a>, SpecError> {
        let place = place(self.text, self.span.start, &self.path);
        self.optional(key).ok_or(SpecError::MissingKey { place, key })
    }

    /// The entries of a list of tables; none if the key is missing.
    pub(crate) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Section<'a>) -> Result<T, SpecError>,
    ) -> Result<Vec<T>, SpecError> {
        let Some(list) = self.optional(key) else { return Ok(Vec::new()) };
        let mut read_all = Vec::new();
        for entry in list.entries()? {
            let mut section = entry.section()?;
            read_all.push(read(&mut section)?);
            section.finish()?;
        }
        Ok(read_all)
    }

    /// Refuse the keys that nobody asked for.
    pub(crate) fn finish(self) -> Result<(), SpecError> {
        let unknown = |key: &&Spanned<DeString<'_>>| !self.known.contains(&key.get_ref().as_ref());
        // The first in the text: the table itself is in alphabetical order.
        match self.table.keys().filter(unknown).min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => {
                let name = key.get_ref().as_ref();
                let path = if self.path.is_empty() {
                    name.to_owned()
                } else {
                    format!("{}.{name}", self.path)
                };
                Err(SpecError::UnknownKey {
                    place: place(self.text, key.span().start, &path),
                    nearest: nearest(name, self.known.iter().copied()),
                })
            }
        }
    }
}

impl<'a> Entry<'a> {
    /// The whole document text, for places.
    fn place(&self) -> Place {
        place(self.text, self.span.start, &self.path)
    }

    fn wrong_kind(&self, expected: &'static str) -> SpecError {
        let found = self.value.type_str();
        SpecError::WrongKind { place: self.place(), expected, found }
    }

    /// That this value means nothing here.
    pub(crate) fn refuse(&self, reason: impl Into<String>) -> SpecError {
        let written = self.text.get(self.span.clone()).unwrap_or_default();
        let written = written.trim_matches('"');
        let mut value: String = written.chars().take(SHOWN_CHARACTERS).collect();
        if value.len() < written.len() {
            value.push('…');
        }
        SpecError::BadValue { place: self.place(), value, reason: reason.into() }
    }

    /// A table.
    pub(crate) fn section(&self) -> Result<Section<'a>, SpecError> {
        let table = self.value.as_table().ok_or_else(|| self.wrong_kind("a table"))?;
        let (text, path, span) = (self.text, self.path.clone(), self.span.clone());
        Ok(Section { text, path, span, table, known: Vec::new() })
    }

    /// The values of a list.
    pub(crate) fn entries(&self) -> Result<Vec<Entry<'a>>, SpecError> {
        let list = self.value.as_array().ok_or_else(|| self.wrong_kind("a list"))?;
        let entries = list.iter().enumerate().map(|(position, value)| Entry {
            text: self.text,
            path: format!("{}[{position}]", self.path),
            span: value.span(),
            value: value.get_ref(),
        });
        Ok(entries.collect())
    }

    /// A text.
    pub(crate) fn text(&self) -> Result<&'a str, SpecError> {
        self.value.as_str().ok_or_else(|| self.wrong_kind("a text in quotes"))
    }

    /// A whole number, or one in quotes: amounts exceed what other TOML tools read as numbers.
    pub(crate) fn number(&self) -> Result<u128, SpecError> {
        let (digits, radix) = match self.value {
            DeValue::Integer(integer) => (integer.as_str(), integer.radix()),
            DeValue::String(digits) => (digits.as_ref(), 10),
            DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => return Err(self.wrong_kind("a whole number")),
        };
        let negative = digits.starts_with('-');
        u128::from_str_radix(digits, radix).map_err(|_| {
            self.refuse(if negative { "is below 0" } else { "is not a whole number below 2^128" })
        })
    }

    /// A whole number from `minimum` to `maximum`.
    pub(crate) fn bounded(&self, minimum: u128, maximum: u128) -> Result<u128, SpecError> {
        let number = self.number()?;
        if (minimum..=maximum).contains(&number) {
            return Ok(number);
        }
        Err(self.refuse(format!("is out of bounds, {minimum} to {maximum}")))
    }

    /// A whole number of one of our types.
    pub(crate) fn fitting<T: TryFrom<u128>>(&self, maximum: T) -> Result<T, SpecError>
    where
        u128: From<T>,
    {
        let limit = u128::from(maximum);
        let number = self.bounded(0, limit)?;
        T::try_from(number).map_err(|_| self.refuse(format!("exceeds {limit}")))
    }

    /// Bytes in hexadecimal digits.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, SpecError> {
        hex::decode(self.text()?)
            .map_err(|error| self.refuse(format!("is not hexadecimal: {error}")))
    }

    /// Exactly `N` bytes in hexadecimal digits.
    pub(crate) fn exact<const N: usize>(&self) -> Result<[u8; N], SpecError> {
        let bytes = self.bytes()?;
        let count = bytes.len();
        bytes.try_into().map_err(|_| {
            self.refuse(format!(
                "has {count} bytes, {N} belong here ({} hexadecimal digits)",
                2 * N
            ))
        })
    }

    /// A date with time and offset, if it is one.
    pub(crate) fn datetime(&self) -> Option<&'a toml::value::Datetime> {
        self.value.as_datetime()
    }
}

/// The known name most like an unknown one.
pub(crate) fn nearest(
    unknown: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    known
        .map(|name| (strsim::jaro_winkler(unknown, name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
