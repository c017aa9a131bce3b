use super::{Basket, Products, gtin_number};
use std::fs;
use std::path::PathBuf;

fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn error(name: &str, text: &str) -> String {
    let (_folder, path) = file(name, text);
    format!("{:#}", Basket::read(&path).unwrap_err())
}

#[test]
fn reads_json_and_csv_alike() {
    let json = r#"{"lines":[{"gtin":"9501101530003","quantity":2,"price":1150}]}"#;
    let (_folder, json) = file("basket.json", json);
    let (_other, csv) = file("basket.csv", "gtin,quantity,price\n9501101530003, 2, 1150\n\n");
    let basket = Basket::read(&json).unwrap();
    assert_eq!(Basket::read(&csv).unwrap(), basket);
    assert_eq!(basket.total(), 2_300);
    assert_eq!(basket.quantity_of(9_501_101_530_003), 2);
}

#[test]
fn names_the_column_that_is_wrong() {
    let json = r#"{"lines":[{"gtin":"9501101530003","quantity":2,"prise":1150}]}"#;
    let text = error("basket.json", json);
    assert!(text.contains("lines[0].prise") && text.contains("`price`"), "{text}");
    let text = error("basket.json", r#"{"lines":[{"gtin":"9501101530003","quantity":"two"}]}"#);
    assert!(text.contains("lines[0].quantity"), "{text}");
    let text = error("basket.csv", "gtin,qty,price\n9501101530003,2,1150\n");
    assert!(text.contains("`gtin,qty,price`, want `gtin,quantity,price`"), "{text}");
    let text = error("basket.csv", "gtin,quantity,price\n9501101530003,2\n");
    assert!(text.contains("line 2") && text.contains("2 columns, want 3"), "{text}");
    let text = error("basket.csv", "gtin,quantity,price\n9501101530003,2,free\n");
    assert!(text.contains("line 2") && text.contains("column price is `free`"), "{text}");
}

#[test]
fn refuses_numbers_out_of_range() {
    let of = |gtin: &str, quantity: u64, price: u64| {
        let line = format!(r#"{{"gtin":"{gtin}","quantity":{quantity},"price":{price}}}"#);
        error("basket.json", &format!(r#"{{"lines":[{line}]}}"#))
    };
    assert!(of("9501101530004", 1, 1).contains("check digit"));
    assert!(of("950110153000", 0, 1).contains("lines[0]"));
    assert!(of("9501101530003", 0, 1).contains("quantity is 0, allowed are 1 to 100000"));
    assert!(of("9501101530003", 1, u64::MAX).contains("price is"));
    assert!(error("basket.json", r#"{"lines":[]}"#).contains("0 lines"));
    assert!(error("basket.json", "").contains("EOF"));
}

#[test]
fn finds_and_proves_the_product_that_a_campaign_is_for() {
    let (_folder, csv) = file(
        "basket.csv",
        "gtin,quantity,price\n40170725,1,300\n9501101530003,2,1150\n9501101530003,1,1150\n",
    );
    let basket = Basket::read(&csv).unwrap();
    let all: Vec<u64> = vec![4_006_381_333_931, 9_501_101_530_003, 1];
    let products = Products::new(all);
    let found = products.find(&basket).unwrap();
    assert_eq!((found.gtin, found.quantity), (9_501_101_530_003, 3));
    let (root, count) = products.root();
    let index = usize::try_from(found.index).unwrap();
    let leaf = super::leaf(found.gtin);
    let count = usize::try_from(count).unwrap();
    assert!(crypto::merkle::verify(&root, &leaf, index, count, &found.proof));
    assert_eq!(Products::new(vec![2]).find(&basket), None);
}

#[test]
fn knows_a_gtin_by_its_check_digit() {
    for good in ["40170725", "614141999996", "4006381333931", "00012345600012", "9501101530003"] {
        assert!(gtin_number(good).is_ok(), "{good}");
    }
    for bad in ["40170726", "4006381333932", "400638133393", "400638133393a", ""] {
        assert!(gtin_number(bad).is_err(), "{bad}");
    }
}
