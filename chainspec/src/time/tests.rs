use super::*;

fn parse(text: &str) -> Option<TimestampMs> {
    from_datetime(&text.parse().unwrap())
}

#[test]
fn reads_known_dates() {
    // Seconds from `date -u -d ... +%s`.
    let known = [
        ("1970-01-01T00:00:00Z", 0),
        ("2000-02-29T12:00:00Z", 951_825_600_000),
        ("2026-11-24T08:30:15.250Z", 1_795_509_015_250),
        ("2026-11-24T10:30:15.250+02:00", 1_795_509_015_250),
        ("2026-11-23T23:30:15.250-09:00", 1_795_509_015_250),
        ("2100-03-01T00:00:00Z", 4_107_542_400_000),
    ];
    for (text, ms) in known {
        assert_eq!(parse(text), Some(TimestampMs(ms)), "{text}");
    }
}

#[test]
fn refuses_dates_without_offset_or_before_1970() {
    for text in ["2026-11-24", "2026-11-24T08:30:15", "08:30:15", "1969-12-31T23:59:59Z"] {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn every_day_of_eight_centuries_comes_back() {
    for day in 0..292_000_u64 {
        let time = TimestampMs(day * 86_400_000 + 86_399_999);
        assert_eq!(parse(&to_rfc3339(time).unwrap()), Some(time));
    }
}

#[test]
fn writes_no_year_above_9999() {
    assert_eq!(to_rfc3339(TimestampMs(253_402_300_799_999)).unwrap(), "9999-12-31T23:59:59.999Z");
    assert_eq!(to_rfc3339(TimestampMs(253_402_300_800_000)), None);
    assert_eq!(to_rfc3339(TimestampMs(u64::MAX)), None);
}
