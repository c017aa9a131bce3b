use super::*;
use crate::reader::MapReader;

fn raw(number: u8) -> Vec<u8> {
    let mut raw = vec![0; PREFIX_BYTES];
    raw.push(number);
    raw
}

fn changes(entries: &[(u8, Option<&str>)]) -> ChangeSet {
    let entries = entries
        .iter()
        .map(|(key, value)| (raw(*key), value.map(|value| value.as_bytes().to_vec())))
        .collect();
    ChangeSet::from_sorted(entries).unwrap()
}

#[test]
fn a_change_set_reads_back_from_its_table_value() {
    let set = changes(&[(1, Some("one")), (2, None), (3, Some(""))]);
    assert_eq!(ChangeSet::decode(&set.encode()).unwrap(), set);
    assert_eq!(set.get(&raw(1)), Some(Some(b"one".as_slice())));
    assert_eq!(set.get(&raw(2)), Some(None), "removed");
    assert_eq!(set.get(&raw(4)), None, "not touched");
}

#[test]
fn the_table_value_is_version_count_and_entries() {
    let mut expected = vec![1, 2, 0, 0, 0, 34, 0, 0, 0];
    expected.extend(raw(1));
    expected.extend([1, 1, 0, 0, 0, b'x', 34, 0, 0, 0]);
    expected.extend(raw(2));
    expected.push(0);
    assert_eq!(changes(&[(1, Some("x")), (2, None)]).encode(), expected);
}

#[test]
fn what_is_replaced_is_no_part_of_the_table_value_or_of_equality() {
    let entries = vec![(raw(1), Some(vec![1]))];
    let knows = ChangeSet::from_sorted_replacing(entries.clone(), vec![Some(vec![0])]).unwrap();
    let plain = ChangeSet::from_sorted(entries).unwrap();
    assert_eq!(knows.encode(), plain.encode());
    assert_eq!(knows, plain);
    assert_eq!(knows.replaced(), Some([Some(vec![0])].as_slice()));
    assert_eq!(ChangeSet::decode(&knows.encode()).unwrap().replaced(), None);
}

#[test]
fn refuses_entries_out_of_order_or_twice() {
    let twice = vec![(raw(1), None), (raw(1), None)];
    assert_eq!(ChangeSet::from_sorted(twice), Err(ChangeSetError::Unsorted { at: 1 }));
    let falling = vec![(raw(1), None), (raw(3), None), (raw(2), None)];
    assert_eq!(ChangeSet::from_sorted(falling), Err(ChangeSetError::Unsorted { at: 2 }));
    // The decoder holds to the same rule.
    let mut bytes = changes(&[(1, None), (2, None)]).encode();
    let last = bytes.len() - 2;
    bytes[last] = 1;
    assert!(ChangeSet::decode(&bytes).is_err());
}

#[test]
fn refuses_keys_and_values_that_state_cannot_hold() {
    let size = |bytes: usize| ChangeSet::from_sorted(vec![(vec![0; bytes], None)]);
    assert_eq!(size(32), Err(ChangeSetError::KeySize { at: 0, bytes: 32 }));
    assert_eq!(size(290), Err(ChangeSetError::KeySize { at: 0, bytes: 290 }));
    assert!(size(33).is_ok() && size(289).is_ok());
    let value = |bytes: usize| ChangeSet::from_sorted(vec![(raw(1), Some(vec![0; bytes]))]);
    assert!(value(MAX_VALUE_BYTES).is_ok());
    let bytes = MAX_VALUE_BYTES + 1;
    assert_eq!(value(bytes), Err(ChangeSetError::ValueSize { at: 0, bytes }));
}

#[test]
fn refuses_bytes_that_are_no_change_set() {
    let bytes = changes(&[(1, Some("x"))]).encode();
    assert!(ChangeSet::decode(&bytes[..bytes.len() - 1]).is_err());
    assert!(ChangeSet::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    assert!(ChangeSet::decode(&[&[2], &bytes[1..]].concat()).is_err(), "another version");
}

#[test]
fn merging_is_carrying_out_one_after_the_other() {
    let older = changes(&[(1, Some("a")), (2, Some("b")), (3, None), (5, Some("e"))]);
    let newer = changes(&[(0, Some("z")), (2, None), (3, Some("c")), (4, None), (6, None)]);
    let mut apart = MapReader::new();
    apart.apply(&changes(&[(3, Some("old")), (4, Some("old")), (6, Some("old"))]));
    let mut together = apart.clone();
    apart.apply(&older);
    apart.apply(&newer);
    let merged = older.merge(newer);
    together.apply(&merged);
    assert_eq!(apart, together);
    assert_eq!(merged.len(), 7);
    assert!(merged.entries().is_sorted());
}

#[test]
fn merging_with_nothing_changes_nothing() {
    let set = changes(&[(1, Some("a")), (2, None)]);
    assert_eq!(set.clone().merge(ChangeSet::default()), set);
    assert_eq!(ChangeSet::default().merge(set.clone()), set);
}
