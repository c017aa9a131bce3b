use super::super::passed::{CouponText, Passed};
use super::{Held, in_fours};
use std::time::{Duration, Instant};
use types::{Address, Hash};

fn coupon() -> String {
    let serial = vec![7; 16];
    let text = CouponText { contract: Address([1; 32]), campaign: Hash([2; 32]), serial };
    Passed::Coupon(text).to_text()
}

#[test]
fn a_code_gives_its_coupon_once_and_in_time() {
    let (life, now) = (Duration::from_secs(120), Instant::now());
    let mut held = Held::new(life);
    held.put(now, "1111222233334444", &coupon()).unwrap();
    assert_eq!(held.take(now, "1111222233334445"), None);
    assert_eq!(held.take(now, "1111222233334444"), Some(coupon()));
    assert_eq!(held.take(now, "1111222233334444"), None);
    held.put(now, "1111222233334444", &coupon()).unwrap();
    assert_eq!(held.take(now + life, "1111222233334444"), None);
}

#[test]
fn the_box_takes_nothing_but_coupons() {
    let mut held = Held::new(Duration::from_secs(1));
    assert!(held.put(Instant::now(), "1", "hello").is_err());
}

#[test]
fn a_code_is_read_aloud_in_fours() {
    assert_eq!(in_fours("1111222233334444"), "1111 2222 3333 4444");
}
