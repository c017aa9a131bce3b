use super::*;
use crate::testing::{self, EVERYWHERE, account, grow, grown};
use state::{ChangeSet, MapReader, Overlay, key};
use types::{Address, Height};

fn number(value: Option<Vec<u8>>) -> Option<u64> {
    value.map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
}

#[test]
fn reads_what_the_newest_block_left() {
    let (_folder, store) = grown(6);
    assert_eq!(number(store.value(&key::account(&EVERYWHERE)).unwrap()), Some(6));
    assert_eq!(store.value(&key::account(&account(1))).unwrap(), None, "removed by block 6");
    assert_eq!(store.value(&key::account(&account(7))).unwrap(), None);
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let (_folder, store) = grown(3);
    let snapshot = store.snapshot().unwrap();
    grow(&store, 9);
    assert_eq!(snapshot.tip().height, Height(3));
    assert_eq!(number(snapshot.value(&key::account(&EVERYWHERE)).unwrap()), Some(3));
    assert_eq!(number(snapshot.value(&key::account(&account(1))).unwrap()), Some(1));
    assert_eq!(snapshot.value(&key::account(&account(4))).unwrap(), None);
    let prefix = state::key::Space::Account;
    let page = snapshot.scan(&[prefix.byte()], None, 100).unwrap();
    assert!(page.iter().all(|(_, value)| number(Some(value.clone())).unwrap() <= 3));
    assert_eq!(number(store.value(&key::account(&EVERYWHERE)).unwrap()), Some(9));
}

/// Scans of a store and of the in-memory reader agree, whatever prefix, start and limit.
#[test]
fn scans_like_the_reader_in_memory() {
    let (_folder, store) = grown(0);
    let mut map = MapReader::new();
    map.apply(&testing::changes(0));
    for height in 1..=40 {
        let made = testing::make(height, 64);
        store.commit(&made.batch()).unwrap();
        map.apply(&made.changes);
    }
    let keys: Vec<Vec<u8>> = map.values().keys().cloned().collect();
    let mut prefixes: Vec<&[u8]> = vec![&[], &[0], &[0xff], &[0xff; 40]];
    prefixes.extend(keys.iter().flat_map(|key| [&key[..1], &key[..34], &key[..60], &key[..]]));
    for prefix in prefixes {
        for after in keys.iter().map(|key| Some(key.as_slice())).chain([None, Some(&[0][..])]) {
            for limit in [0, 1, 3, 1_000] {
                let expected = map.scan(prefix, after, limit).unwrap();
                assert_eq!(store.scan(prefix, after, limit).unwrap(), expected);
                let snapshot = store.snapshot().unwrap();
                assert_eq!(snapshot.scan(prefix, after, limit).unwrap(), expected);
            }
        }
    }
}

#[test]
fn an_overlay_merges_its_writes_into_the_stores_scans() {
    let (_folder, store) = grown(8);
    let prefix = [key::Space::Account.byte()];
    let mut map = MapReader::new();
    (0..=8).for_each(|height| map.apply(&testing::changes(height)));
    let change = |overlay: &mut Overlay<'_>| {
        overlay.set(&key::account(&Address([0; 32])), vec![1]);
        overlay.set(&key::account(&account(8)), vec![2]);
        overlay.remove(&key::account(&account(7)));
        overlay.scan(&prefix, None, 100).unwrap()
    };
    let merged = change(&mut Overlay::new(&store));
    assert_eq!(merged, change(&mut Overlay::new(&map)));
    assert_eq!(merged.first().unwrap().1, vec![1]);
    assert!(merged.iter().all(|(key, _)| *key != key::account(&account(7))));
}

#[test]
fn keeps_empty_values_apart_from_missing_ones() {
    let (_folder, store) = grown(0);
    let mut made = testing::make(1, 64);
    let raw = key::account(&Address([1; 32]));
    made.changes = ChangeSet::from_sorted(vec![(raw.clone(), Some(Vec::new()))]).unwrap();
    store.commit(&made.batch()).unwrap();
    assert_eq!(store.value(&raw).unwrap(), Some(Vec::new()));
    let mut made = testing::make(2, 64);
    made.changes = ChangeSet::from_sorted(vec![(raw.clone(), None)]).unwrap();
    store.commit(&made.batch()).unwrap();
    assert_eq!(store.value(&raw).unwrap(), None);
}
