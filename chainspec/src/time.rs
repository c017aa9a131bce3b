//! Turn milliseconds since 1970 into RFC 3339 dates and back.
//!
//! Days are counted by the civil calendar algorithm of Howard Hinnant
//! (<https://howardhinnant.github.io/date_algorithms.html>): years begin in March, so that the leap
//! day is the last, and 400 years are one era of 146,097 days.

use toml::value::{Datetime, Offset};
use types::TimestampMs;

const DAY_MS: i64 = 86_400_000;
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;

/// The time of a date with clock time and offset; `None` without either, before 1970, or with a
/// leap second.
pub(crate) fn from_datetime(datetime: &Datetime) -> Option<TimestampMs> {
    let (date, time, offset) = (datetime.date?, datetime.time?, datetime.offset?);
    let offset_minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let second = i64::from(time.second.unwrap_or(0));
    if second > 59 {
        return None;
    }
    let minutes = i64::from(time.hour) * 60 + i64::from(time.minute) - offset_minutes;
    let days = days_from_civil(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let milliseconds = i64::from(time.nanosecond.unwrap_or(0) / 1_000_000);
    let total = days * DAY_MS + (minutes * 60 + second) * 1_000 + milliseconds;
    u64::try_from(total).ok().map(TimestampMs)
}

/// The date, in UTC to the millisecond; `None` after the year 9999.
pub(crate) fn to_rfc3339(time: TimestampMs) -> Option<String> {
    let total = i64::try_from(time.0).ok()?;
    let (days, rest) = (total / DAY_MS, total % DAY_MS);
    let (year, month, day) = civil_from_days(days);
    if year > 9_999 {
        return None;
    }
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milliseconds) = (rest / 1_000 % 60, rest % 1_000);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z"
    ))
}

/// Days since 1970-01-01 of a date in the years 0 to 9999.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA_DAYS + day_of_era - EPOCH_DAYS
}

/// Year, month and day of the days since 1970-01-01.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests;
