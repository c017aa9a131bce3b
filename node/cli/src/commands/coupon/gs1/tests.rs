use super::{Code, Gs1Error, PositiveOffer};

/// The example of a DataBar coupon that barcode generators print: 5.00 off one item of company
/// 0614141, until 31 December 2010, off the whole purchase.
const PAPER: &str = "(8110)106141416543213500110000310123196000";
fn paper() -> super::PaperCoupon {
    match Code::parse(PAPER).unwrap() {
        Code::Paper(coupon) => coupon,
        Code::Positive(_) => panic!("AI (8110) is a paper coupon"),
    }
}

#[test]
fn reads_the_fields_of_a_paper_coupon() {
    let coupon = paper();
    assert_eq!(coupon.company_prefix, "0614141");
    assert_eq!(coupon.offer_code, "654321");
    assert_eq!(coupon.save_value, "500");
    assert_eq!(coupon.purchase.requirement, "1");
    assert_eq!(coupon.purchase.requirement_code, 0);
    assert_eq!(coupon.purchase.family_code, "000");
    assert_eq!(coupon.expiry.as_deref(), Some("101231"));
    assert_eq!(coupon.miscellaneous.unwrap().save_value_code, 6);
    let rules = coupon.rules().unwrap();
    assert_eq!((rules.face_value, rules.min_quantity, rules.min_basket), (500, 1, 0));
}

#[test]
fn builds_what_it_reads() {
    let codes = [
        PAPER,
        "(8110)012345612345611110123",
        "(8110)0123456123456111101231011012341234567890",
        "(8110)012345612345611110123101101239",
        "(8110)01234561234561111012321101239",
        "(8110)01234561234561111012332512314250101",
        "(8110)0123456123456111101235012345661123456790000",
        "(8112)001234561234560123456",
        "(8112)061234567890121234569123456789012345",
        "(8112)10123456123456412345678 90",
    ];
    for code in codes.map(|code| code.replace(' ', "")) {
        let parsed = Code::parse(&code).unwrap_or_else(|error| panic!("{code}: {error}"));
        assert_eq!(parsed.build().unwrap(), code);
        let json = serde_json::to_string(&parsed).unwrap();
        assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), parsed);
    }
}

#[test]
fn takes_codes_as_printed_and_as_scanned() {
    let printed = Code::parse(PAPER).unwrap();
    for text in [PAPER.replace(['(', ')'], ""), format!("]e0{}", PAPER.replace(['(', ')'], ""))] {
        assert_eq!(Code::parse(&text).unwrap(), printed);
    }
}

#[test]
fn names_field_place_and_limit_of_what_is_wrong() {
    let table = [
        ("(01)09501101530003", "the code begins with \"(01)09\": want (8110) or (8112)"),
        ("(8110)01234a6", "digit 6 is 'a': want 0 to 9"),
        ("(8110)7123456", "company_prefix at digit 1 is length indicator 7: allowed 0 to 6"),
        ("(8110)012345", "company_prefix at digit 2 has 5 digits of 6: the code ends too early"),
        ("(8110)012345612345661", "save_value at digit 14 is length indicator 6: allowed 1 to 5"),
        ("(8110)012345612345611115123", "requirement_code at digit 18 is 5: allowed 012349"),
        (
            "(8110)0123456123456111101237",
            "the code goes on after digit 21 with \"7\": no field begins so",
        ),
        (
            "(8110)0123456123456111101233251301",
            "expiry at digit 0 is 251301: allowed a date YYMMDD",
        ),
        ("(8110)01234561234561111012332501014250102", "expiry 250101 is before start 250102"),
        ("(8112)201234561234560123456", "format at digit 1 is 2: allowed 01"),
        ("(8112)019878987444444", "serial at digit 16 has 0 digits of 1: the code ends too early"),
        ("(8112)0012345612345601234567", "the code goes on after digit 21"),
    ];
    for (code, expected) in table {
        match Code::parse(code) {
            Ok(parsed) => panic!("{code} was read as {parsed:?}"),
            Err(error) => assert!(error.to_string().starts_with(expected), "{code}: {error}"),
        }
    }
    let long = format!("(8112){}", "0".repeat(71));
    assert_eq!(Code::parse(&long), Err(Gs1Error::TooLong { found: 71 }));
}

#[test]
fn writes_no_code_that_it_would_not_read() {
    let offer = PositiveOffer {
        format: 0,
        funder: "0614141".to_owned(),
        offer_code: "654321".to_owned(),
        serial: "123456789012345".to_owned(),
    };
    let code = Code::Positive(offer.clone()).build().unwrap();
    assert_eq!(code, "(8112)0106141416543219123456789012345");
    let broken = [
        PositiveOffer { format: 2, ..offer.clone() },
        PositiveOffer { funder: "12345".to_owned(), ..offer.clone() },
        PositiveOffer { offer_code: "1234567".to_owned(), ..offer.clone() },
        PositiveOffer { serial: "12a456".to_owned(), ..offer.clone() },
        PositiveOffer { serial: "1234567890123456".to_owned(), ..offer },
    ];
    for offer in broken {
        assert!(Code::Positive(offer.clone()).build().is_err(), "{offer:?}");
    }
    let mut coupon = paper();
    coupon.purchase_rules_code = Some(1);
    assert!(Code::Paper(coupon).build().is_err(), "rules without a second purchase");
}
