use super::*;

fn reader(keys: &[&str]) -> MapReader {
    let entries = keys.iter().map(|key| {
        let raw = [[9; 33].as_slice(), key.as_bytes()].concat();
        (raw, Some(key.as_bytes().to_vec()))
    });
    let mut reader = MapReader::new();
    reader.apply(&ChangeSet::from_sorted(entries.collect()).unwrap());
    reader
}

fn raw(key: &str) -> Vec<u8> {
    [[9; 33].as_slice(), key.as_bytes()].concat()
}

fn found(page: Page) -> Vec<String> {
    page.into_iter().map(|(_, value)| String::from_utf8(value).unwrap()).collect()
}

#[test]
fn a_scan_gives_the_keys_with_its_prefix_in_order() {
    let reader = reader(&["a", "ab", "abc", "b", "ba"]);
    assert_eq!(found(reader.scan(&raw("ab"), None, 9).unwrap()), ["ab", "abc"]);
    assert_eq!(found(reader.scan(&raw(""), None, 3).unwrap()), ["a", "ab", "abc"]);
    assert_eq!(found(reader.scan(&[], None, 9).unwrap()).len(), 5);
    assert!(reader.scan(&raw("c"), None, 9).unwrap().is_empty());
}

#[test]
fn a_scan_goes_on_above_a_key_that_need_not_be_there() {
    let reader = reader(&["a", "ab", "abc", "b"]);
    assert_eq!(found(reader.scan(&raw("a"), Some(&raw("ab")), 9).unwrap()), ["abc"]);
    assert_eq!(found(reader.scan(&raw("a"), Some(&raw("aa")), 9).unwrap()), ["ab", "abc"]);
    assert_eq!(found(reader.scan(&raw("b"), Some(&raw("a")), 9).unwrap()), ["b"]);
    assert!(reader.scan(&raw("a"), Some(&raw("b")), 9).unwrap().is_empty());
}

#[test]
fn removed_keys_are_gone() {
    let mut reader = reader(&["a", "b"]);
    reader.apply(&ChangeSet::from_sorted(vec![(raw("a"), None)]).unwrap());
    assert_eq!(reader.value(&raw("a")).unwrap(), None);
    assert_eq!(reader.value(&raw("b")).unwrap(), Some(b"b".to_vec()));
}

#[test]
fn a_decode_error_says_what_is_corrupt() {
    let error = types::decode::<u8>("lane record", &[], 1).unwrap_err();
    assert!(matches!(ReadError::from(error), ReadError::Corrupt { what: "lane record", .. }));
}
