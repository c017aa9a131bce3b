//! A merchant's day as CSV: one line an event, and totals that equal them.

use super::session::Session;
use crate::commands::node::ClientMeaning;
use crate::exit::Outcome;
use anyhow::Context;
use client::dto::{Cursor, Receipts};
use coupon::event::{Redeemed, RolledBack};
use sdk::Event;
use serde::Serialize;
use std::fmt::Write;
use types::{Address, Hash, Height, TimestampMs};

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Receipts of one question.
const PAGE: u32 = 100;

/// A day, in days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day(u64);

/// Read a day such as `2026-11-24`.
pub(crate) fn parse_day(text: &str) -> Result<Day, String> {
    let wrong = || format!("`{text}`: want a day such as 2026-11-24");
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return Err(wrong()) };
    let number = |text: &str, digits: usize| {
        let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { text.parse::<u64>().ok() } else { None }
    };
    let (year, month, day) = number(year, 4)
        .zip(number(month, 2))
        .zip(number(day, 2))
        .map(|((year, month), day)| (year, month, day))
        .ok_or_else(wrong)?;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let lengths = [31, 28 + u64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let fits = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=lengths[usize::try_from(month - 1).unwrap_or(0)]).contains(&day);
    if !fits {
        return Err(wrong());
    }
    // Leap days before this year, by the Gregorian rule, from those before 1970.
    let leaps = |year: u64| (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let days = (year - 1970) * 365 + leaps(year) - leaps(1970);
    let before: u64 = lengths.iter().take(usize::try_from(month - 1).unwrap_or(0)).sum();
    Ok(Day(days + before + day - 1))
}

impl Day {
    fn contains(self, time: TimestampMs) -> bool {
        time.0 / DAY_MS == self.0
    }

    fn is_before(self, time: TimestampMs) -> bool {
        time.0 / DAY_MS > self.0
    }
}

/// One line: a redemption counts, a rollback takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    cursor: Cursor,
    time: TimestampMs,
    kind: Kind,
    redemption: Hash,
    campaign: Hash,
    discount: u128,
    price: u128,
    reward: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Redeemed,
    RolledBack,
}

/// A merchant's day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settlement {
    lines: Vec<Line>,
}

/// Its sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Totals {
    /// Redemptions.
    pub(crate) redemptions: u64,
    /// Rollbacks.
    pub(crate) rollbacks: u64,
    /// What was taken off baskets and not rolled back. Unit: the currency's smallest.
    pub(crate) discount: i128,
    /// Coins spent and not given back. Unit: the chain's smallest.
    pub(crate) coins: i128,
    /// The merchant's own rewards. Unit: the chain's smallest.
    pub(crate) reward: i128,
}

impl Settlement {
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for line in &self.lines {
            let sign = match line.kind {
                Kind::Redeemed => 1,
                Kind::RolledBack => -1,
            };
            totals.redemptions += u64::from(sign == 1);
            totals.rollbacks += u64::from(sign == -1);
            let signed = |amount: u128| sign * i128::try_from(amount).unwrap_or(i128::MAX);
            totals.discount = totals.discount.saturating_add(signed(line.discount));
            totals.coins = totals.coins.saturating_add(signed(line.price));
            totals.reward = totals.reward.saturating_add(signed(line.reward));
        }
        totals
    }

    /// The lines, then the totals.
    pub(crate) fn to_csv(&self) -> String {
        let mut text =
            String::from("cursor,time_ms,event,redemption,campaign,discount,coin,reward\n");
        for line in &self.lines {
            let (name, sign) = match line.kind {
                Kind::Redeemed => ("redeemed", ""),
                Kind::RolledBack => ("rolled_back", "-"),
            };
            // Writing into a text cannot fail.
            let _ = writeln!(
                text,
                "{},{},{name},{},{},{sign}{},{sign}{},{sign}{}",
                line.cursor,
                line.time,
                line.redemption,
                line.campaign,
                line.discount,
                line.price,
                line.reward
            );
        }
        let totals = self.totals();
        let count = totals.redemptions + totals.rollbacks;
        let _ = writeln!(
            text,
            "total,,{count},,,{},{},{}",
            totals.discount, totals.coins, totals.reward
        );
        text
    }
}

/// A merchant's day from the chain's final blocks.
pub(crate) fn of_day(session: &Session, merchant: Address, day: Day) -> Outcome<Settlement> {
    let client = session.client();
    let newest = client.status().or_class()?.finalized.height;
    let mut settlement = Settlement::default();
    let mut height = first_height(session, day, newest)?;
    while height <= newest {
        let header = client.header(Some(height)).or_class()?;
        if day.is_before(header.time_ms) {
            break;
        }
        if day.contains(header.time_ms) {
            read_height(session, merchant, height, header.time_ms, &mut settlement)?;
        }
        height = height.next();
    }
    Ok(settlement)
}

/// The first height that is not before the day; block times rise, so halving finds it.
fn first_height(session: &Session, day: Day, newest: Height) -> Outcome<Height> {
    let (mut low, mut high) = (1, newest.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let header = session.client().header(Some(Height(middle))).or_class()?;
        if header.time_ms.0 / DAY_MS < day.0 { low = middle + 1 } else { high = middle }
    }
    Ok(Height(low))
}

fn read_height(
    session: &Session,
    merchant: Address,
    height: Height,
    time: TimestampMs,
    settlement: &mut Settlement,
) -> Outcome {
    let mut from = 0;
    loop {
        let page: Receipts = session.client().receipts(height, from, PAGE).or_class()?;
        let places = page.from..;
        for (receipt, held) in places.zip(&page.receipts) {
            for (event, view) in (0..).zip(&held.events) {
                let source = view.source.parse(&session.facts().prefix);
                if source.is_ok_and(|(_, address)| address == session.contract()) {
                    let cursor = Cursor { height, receipt, event };
                    let line = line(cursor, time, merchant, &view.name, &view.bytes.0)?;
                    settlement.lines.extend(line);
                }
            }
        }
        let read = u32::try_from(page.receipts.len()).unwrap_or(u32::MAX);
        from = from.saturating_add(read);
        if read == 0 || from >= page.count {
            return Ok(());
        }
    }
}

fn line(
    cursor: Cursor,
    time: TimestampMs,
    merchant: Address,
    name: &str,
    bytes: &[u8],
) -> anyhow::Result<Option<Line>> {
    if name == "Redeemed" {
        let event = Redeemed::decode(bytes).context("an event Redeemed")?;
        let own = event.rewards.iter().filter(|reward| reward.party == merchant);
        let line = Line {
            cursor,
            time,
            kind: Kind::Redeemed,
            redemption: event.redemption,
            campaign: event.campaign,
            discount: event.discount.0,
            price: event.price.0,
            reward: own.map(|reward| reward.amount.0).sum(),
        };
        return Ok((event.merchant == merchant).then_some(line));
    }
    if name == "RolledBack" {
        let event = RolledBack::decode(bytes).context("an event RolledBack")?;
        let own = event.rewards.iter().filter(|reward| reward.party == merchant);
        let line = Line {
            cursor,
            time,
            kind: Kind::RolledBack,
            redemption: event.redemption,
            campaign: event.campaign,
            discount: event.discount.0,
            price: event.price.0,
            reward: own.map(|reward| reward.amount.0).sum(),
        };
        return Ok((event.merchant == merchant).then_some(line));
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
