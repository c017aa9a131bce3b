//! A basket as a till writes it, JSON or CSV, and whether a coupon is for it.

use crate::commands::files;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::path::Path;
use types::Hash;

/// Largest basket file. Unit: bytes.
const MAX_BASKET_BYTES: u64 = 256 * 1024;
/// Most lines of a basket.
const MAX_LINES: usize = 200;
/// Most items of a line.
const MAX_QUANTITY: u32 = 100_000;
/// Highest price of an item. Unit: the currency's smallest.
const MAX_PRICE: u64 = 1_000_000_000_000;
/// Largest list of products. Unit: bytes.
const MAX_PRODUCTS_BYTES: u64 = 16 * 1024 * 1024;
/// The columns of a CSV basket, in this order.
const COLUMNS: &str = "gtin,quantity,price";

/// What is bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Basket {
    /// Its lines, in the order they were scanned.
    pub(crate) lines: Vec<Line>,
}

/// Some items of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// The product: 8, 12, 13 or 14 digits with the GS1 check digit.
    pub(crate) gtin: String,
    /// How many.
    pub(crate) quantity: u32,
    /// What one costs. Unit: the currency's smallest.
    pub(crate) price: u64,
}

impl Basket {
    /// Read a basket: JSON, or CSV if the file's name ends so.
    ///
    /// # Errors
    /// Names the line and the column that is wrong, and what is allowed.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = || format!("basket {}", path.display());
        let bytes = files::read(path, MAX_BASKET_BYTES).with_context(name)?;
        let text = std::str::from_utf8(&bytes).with_context(name)?;
        let is_csv = path.extension().is_some_and(|extension| extension == "csv");
        let basket = if is_csv { Self::from_csv(text) } else { Self::from_json(text) };
        let basket = basket.with_context(name)?;
        basket.check().with_context(name)?;
        Ok(basket)
    }

    fn from_json(text: &str) -> anyhow::Result<Self> {
        let mut reader = serde_json::Deserializer::from_str(text);
        // The error tells the path to the field, such as `lines[2].prise`.
        Ok(serde_path_to_error::deserialize(&mut reader)?)
    }

    fn from_csv(text: &str) -> anyhow::Result<Self> {
        let mut rows = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
        let header = rows.next().map_or("", |(_, row)| row.trim());
        if header != COLUMNS {
            bail!("line 1: the columns are `{header}`, want `{COLUMNS}`");
        }
        let mut lines = Vec::new();
        for (at, row) in rows {
            lines.push(Line::from_csv(row).with_context(|| format!("line {}", at + 1))?);
        }
        Ok(Self { lines })
    }

    fn check(&self) -> anyhow::Result<()> {
        if !(1..=MAX_LINES).contains(&self.lines.len()) {
            bail!("{} lines, allowed are 1 to {MAX_LINES}", self.lines.len());
        }
        for (at, line) in self.lines.iter().enumerate() {
            line.check().with_context(|| format!("lines[{at}]"))?;
        }
        Ok(())
    }

    /// What it costs. Unit: the currency's smallest. 200 lines at their limits fit.
    pub(crate) fn total(&self) -> u128 {
        self.lines.iter().map(|line| u128::from(line.quantity) * u128::from(line.price)).sum()
    }

    /// How many of a product are in it.
    pub(crate) fn quantity_of(&self, gtin: u64) -> u32 {
        let lines = self.lines.iter().filter(|line| gtin_number(&line.gtin).ok() == Some(gtin));
        lines.fold(0, |sum, line| line.quantity.saturating_add(sum))
    }
}

impl Line {
    fn from_csv(row: &str) -> anyhow::Result<Self> {
        let fields: Vec<&str> = row.split(',').map(str::trim).collect();
        let [gtin, quantity, price] = fields.as_slice() else {
            bail!("{} columns, want 3: `{COLUMNS}`", fields.len());
        };
        Ok(Self {
            gtin: (*gtin).to_owned(),
            quantity: quantity
                .parse()
                .with_context(|| format!("column quantity is `{quantity}`"))?,
            price: price.parse().with_context(|| format!("column price is `{price}`"))?,
        })
    }

    fn check(&self) -> anyhow::Result<()> {
        gtin_number(&self.gtin)?;
        if !(1..=MAX_QUANTITY).contains(&self.quantity) {
            bail!("quantity is {}, allowed are 1 to {MAX_QUANTITY}", self.quantity);
        }
        if self.price > MAX_PRICE {
            bail!("price is {}, the limit is {MAX_PRICE}", self.price);
        }
        Ok(())
    }
}

/// A GTIN as a number, once its length and check digit are seen to be right (GS1 General
/// Specifications, 7.9.1: weights 3 and 1 from the right, up to the next ten).
///
/// # Errors
/// If it is none.
pub(crate) fn gtin_number(text: &str) -> anyhow::Result<u64> {
    let digits = text.as_bytes();
    if !matches!(digits.len(), 8 | 12 | 13 | 14) || !digits.iter().all(u8::is_ascii_digit) {
        bail!("gtin is {text:?}: want 8, 12, 13 or 14 digits");
    }
    let weights = [1, 3].into_iter().cycle();
    let sum: u32 = digits
        .iter()
        .rev()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    if !sum.is_multiple_of(10) {
        bail!("gtin is {text}: its check digit is wrong");
    }
    Ok(text.parse()?)
}

/// The products that a campaign is for: ascending, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Products(Vec<u64>);

impl Products {
    /// Read a list: one GTIN a line.
    ///
    /// # Errors
    /// Names the line that is wrong.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = || format!("products {}", path.display());
        let bytes = files::read(path, MAX_PRODUCTS_BYTES).with_context(name)?;
        let text = std::str::from_utf8(&bytes).with_context(name)?;
        let mut list = Vec::new();
        for (at, row) in text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
            let gtin = gtin_number(row.trim()).with_context(|| format!("line {}", at + 1));
            list.push(gtin.with_context(name)?);
        }
        Ok(Self::new(list))
    }

    /// These products.
    pub(crate) fn new(mut list: Vec<u64>) -> Self {
        list.sort_unstable();
        list.dedup();
        Self(list)
    }

    /// The list's root and length, as a campaign names them; zero for any product.
    pub(crate) fn root(&self) -> (Hash, u64) {
        if self.0.is_empty() {
            return (Hash::ZERO, 0);
        }
        (crypto::merkle::root(&self.leaves()), self.0.len() as u64)
    }

    fn leaves(&self) -> Vec<Hash> {
        self.0.iter().map(|gtin| leaf(*gtin)).collect()
    }

    /// The first product of the basket that is on the list with its proof; `None` if none is.
    pub(crate) fn find(&self, basket: &Basket) -> Option<coupon::Product> {
        let numbers = basket.lines.iter().filter_map(|line| gtin_number(&line.gtin).ok());
        let (gtin, index) = numbers
            .filter_map(|gtin| Some((gtin, self.0.binary_search(&gtin).ok()?)))
            .max_by_key(|(gtin, _)| basket.quantity_of(*gtin))?;
        let proof = crypto::merkle::prove(&self.leaves(), index)?;
        let quantity = basket.quantity_of(gtin);
        Some(coupon::Product { gtin, index: index as u64, proof, quantity })
    }
}

fn leaf(gtin: u64) -> Hash {
    crypto::hash::derive(coupon::GTIN_DOMAIN, &gtin.to_le_bytes())
}

#[cfg(test)]
mod tests;
