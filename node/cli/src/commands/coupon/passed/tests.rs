use super::{ConsumerText, CouponText, Passed, coupon, signature};
use types::{Address, Hash, PublicKey, Signature};

fn sample() -> Passed {
    let serial = vec![7; 16];
    Passed::Coupon(CouponText { contract: Address([1; 32]), campaign: Hash([2; 32]), serial })
}

#[test]
fn a_text_comes_back_as_it_was() {
    let consumer = ConsumerText { key: PublicKey([3; 32]), reader: [4; 32] };
    for passed in [sample(), Passed::Consumer(consumer), Passed::Signature(Signature([5; 64]))] {
        assert_eq!(Passed::from_text(&format!(" {}\n", passed.to_text())).unwrap(), passed);
    }
}

#[test]
fn a_torn_or_mistyped_text_is_noticed() {
    let text = sample().to_text();
    let start = "syndic-coupon:".len();
    for at in start..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let typo = String::from_utf8(bytes).unwrap();
        assert!(Passed::from_text(&typo).is_err(), "character {at}");
        assert!(Passed::from_text(&text[..at]).is_err(), "torn at {at}");
    }
    assert!(coupon("http://example").unwrap_err().to_string().contains("want syndic-coupon:"));
}

#[test]
fn a_text_of_another_kind_is_named() {
    let error = signature(&sample().to_text()).unwrap_err().to_string();
    assert_eq!(error, "the text is a coupon, want a signature");
}
