use super::*;
use bech32::{Bech32, ByteIterExt, Fe32, Fe32IterExt};

const ADDRESS: [u8; 32] = [0xa5; 32];

fn text() -> String {
    format_address("syn", AddressKind::Account, &ADDRESS)
}

#[test]
fn every_kind_survives_its_text_in_either_case() {
    for kind in (0..=4).map(|byte| AddressKind::from_byte(byte).expect("a known kind")) {
        let text = format_address("syn", kind, &ADDRESS);
        assert!(text.starts_with("syn1") && text.len() <= 90, "{text}");
        assert_eq!(parse_address("syn", &text), Ok((kind, ADDRESS)));
        assert_eq!(parse_address("syn", &text.to_uppercase()), Ok((kind, ADDRESS)));
    }
}

#[test]
fn refuses_every_single_mistyped_character() {
    let text = text();
    for at in 4..text.len() {
        for letter in "qpzry9x8gf2tvdw0s3jn54khce6mua7l".chars() {
            let mistyped = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
            if mistyped != text {
                assert_eq!(parse_address("syn", &mistyped), Err(TextError::Checksum));
            }
        }
    }
}

#[test]
fn refuses_another_chain_and_names_it() {
    let error = TextError::Prefix { found: "syn".into(), expected: "other".into() };
    assert_eq!(parse_address("other", &text()), Err(error));
}

#[test]
fn refuses_mixed_case_empty_and_the_older_checksum() {
    let mixed = text().replacen('q', "Q", 1);
    assert_eq!(parse_address("syn", &mixed), Err(TextError::Checksum));
    assert_eq!(parse_address("syn", ""), Err(TextError::Checksum));
    let prefix = Hrp::parse("syn").expect("a prefix");
    let old = bech32::encode::<Bech32>(prefix, &[0; 33]).expect("it fits");
    assert_eq!(parse_address("syn", &old), Err(TextError::Checksum));
}

#[test]
fn refuses_other_lengths_and_kinds() {
    let prefix = Hrp::parse("syn").expect("a prefix");
    for bytes in [0, 32, 34] {
        let text = bech32::encode::<Bech32m>(prefix, &vec![0; bytes]).expect("it fits");
        assert_eq!(parse_address("syn", &text), Err(TextError::Length { bytes }));
    }
    let text = bech32::encode::<Bech32m>(prefix, &[5; 33]).expect("it fits");
    assert_eq!(parse_address("syn", &text), Err(TextError::Kind { kind: 5 }));
}

#[test]
fn refuses_a_second_spelling_of_one_address() {
    // 33 bytes are 264 bits, 53 characters carry 265: the last bit says nothing and must be 0.
    let mut letters: Vec<Fe32> = [0_u8; 33].iter().copied().bytes_to_fes().collect();
    let last = letters.last_mut().expect("53 letters");
    *last = Fe32::try_from(last.to_u8() | 1).expect("five bits");
    let prefix = Hrp::parse("syn").expect("a prefix");
    let spelled: String = letters.into_iter().with_checksum::<Bech32m>(&prefix).chars().collect();
    assert_eq!(parse_address("syn", &spelled), Err(TextError::Padding));
}

#[test]
fn prefixes_are_short_lower_case_and_plain() {
    assert!(is_prefix("syn") && is_prefix("a1"));
    for bad in ["", "Syn", "s-n", "a b", "abcdefghijklmnopq"] {
        assert!(!is_prefix(bad), "{bad}");
    }
}
