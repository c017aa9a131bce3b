use super::{Day, Kind, Line, Settlement, line, parse_day};
use client::dto::Cursor;
use coupon::Reward;
use coupon::event::{Redeemed, RolledBack};
use sdk::Event;
use types::{Address, Amount, Hash, TimestampMs};

const MERCHANT: Address = Address([1; 32]);
const CONSUMER: Address = Address([2; 32]);

fn redeemed(merchant: Address) -> Redeemed {
    let reward = |party, amount| Reward { party, amount: Amount(amount) };
    Redeemed {
        redemption: Hash([9; 32]),
        campaign: Hash([8; 32]),
        serial_hash: Hash([7; 32]),
        order_hash: Hash([6; 32]),
        merchant,
        consumer: CONSUMER,
        discount: Amount(500),
        basket_total: Amount(2_300),
        price: Amount(1_001),
        rewards: vec![reward(CONSUMER, 334), reward(merchant, 333)],
        changes: Vec::new(),
    }
}

fn rolled_back() -> RolledBack {
    let event = redeemed(MERCHANT);
    RolledBack {
        redemption: event.redemption,
        campaign: event.campaign,
        serial_hash: event.serial_hash,
        merchant: MERCHANT,
        consumer: CONSUMER,
        discount: event.discount,
        price: event.price,
        rewards: event.rewards,
        reason: "returned".to_owned(),
        changes: Vec::new(),
    }
}

fn read(name: &str, bytes: &[u8]) -> Option<Line> {
    line(Cursor::START, TimestampMs(5), MERCHANT, name, bytes).unwrap()
}

#[test]
fn totals_equal_the_events() {
    let redeemed = redeemed(MERCHANT).encode();
    let rolled_back = rolled_back().encode();
    let lines: Vec<Line> = [
        read("Redeemed", &redeemed),
        read("Redeemed", &redeemed),
        read("RolledBack", &rolled_back),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert_eq!(lines[2].kind, Kind::RolledBack);
    let settlement = Settlement { lines };
    let totals = settlement.totals();
    assert_eq!((totals.redemptions, totals.rollbacks), (2, 1));
    assert_eq!((totals.discount, totals.coins, totals.reward), (500, 1_001, 333));
    let csv = settlement.to_csv();
    let last = csv.lines().last().unwrap();
    assert_eq!(last, "total,,3,,,500,1001,333");
    assert_eq!(csv.lines().count(), 5);
    // The columns add up to the line of totals.
    for (column, total) in [(5, 500), (6, 1_001), (7, 333)] {
        let values = csv.lines().skip(1).take(3).map(|row| row.split(',').nth(column).unwrap());
        assert_eq!(values.map(|value| value.parse::<i128>().unwrap()).sum::<i128>(), total);
    }
}

#[test]
fn another_merchants_and_other_events_do_not_count() {
    let other = redeemed(CONSUMER).encode();
    assert_eq!(read("Redeemed", &other), None);
    assert_eq!(read("OwnCashed", &[]), None);
    assert!(line(Cursor::START, TimestampMs(5), MERCHANT, "Redeemed", &[1]).is_err());
}

#[test]
fn a_day_is_read_and_counted() {
    assert_eq!(parse_day("1970-01-01"), Ok(Day(0)));
    assert_eq!(parse_day("2000-03-01"), Ok(Day(11_017)));
    assert_eq!(parse_day("2026-11-24"), Ok(Day(20_781)));
    assert_eq!(parse_day("2024-02-29"), Ok(Day(19_782)));
    for wrong in ["2026-02-29", "2026-13-01", "2026-1-1", "24.11.2026", "2026-11-31", "1969-12-31"]
    {
        assert!(parse_day(wrong).is_err(), "{wrong}");
    }
    let day = parse_day("1970-01-02").unwrap();
    assert!(day.contains(TimestampMs(86_400_000)) && !day.contains(TimestampMs(86_399_999)));
}
