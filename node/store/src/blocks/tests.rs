use super::*;
use crate::db::Durability;
use crate::tables::meta;
use crate::testing::{
    self, EVERYWHERE, Random, account, block_id, certificate, grown, make, position, seal, tx_hash,
};
use rocksdb::WriteBatch;
use types::{FinalityCertificate, Hash};

fn finality(height: u64) -> FinalityCertificate {
    FinalityCertificate {
        version: types::Version,
        chain_id: testing::CHAIN,
        height: Height(height),
        block_id: block_id(height),
        state_root: testing::state_root(height),
        receipts_root: testing::receipts_root(height),
        seals: Vec::new(),
    }
}

#[test]
fn gives_back_a_block_and_what_became_of_it() {
    let (_folder, store) = grown(3);
    let made = make(2, 64);
    assert_eq!(store.header(Height(2)).unwrap(), Some(made.header));
    assert_eq!(store.block_id(Height(2)).unwrap(), Some(block_id(2)));
    assert_eq!(store.height_of(&block_id(2)).unwrap(), Some(Height(2)));
    assert_eq!(store.body(Height(2)).unwrap(), Some(testing::body(2, 64)));
    assert_eq!(store.certificate(Height(2)).unwrap(), Some(certificate(2)));
    assert_eq!(store.receipts(Height(2)).unwrap(), Some(made.receipts.clone()));
    assert_eq!(store.receipt_at(position(2, 1)).unwrap().as_ref(), made.receipts.get(1));
    assert_eq!(store.returned_at(position(2, 1)).unwrap(), [1, 2, 3]);
    assert!(store.returned_at(position(2, 0)).unwrap().is_empty(), "it returned nothing");
    assert!(store.returned_at(position(9, 0)).unwrap().is_empty(), "above the tip");
    assert_eq!(store.receipt_at(position(2, 3)).unwrap(), None);
    assert_eq!(store.tx_position(&tx_hash(2, 2)).unwrap(), Some(position(2, 2)));
    assert_eq!(store.tx_position(&tx_hash(4, 2)).unwrap(), None);
}

#[test]
fn nothing_is_above_the_tip_and_genesis_has_a_header_only() {
    let (_folder, store) = grown(3);
    for height in [Height(4), Height::MAX] {
        assert_eq!(store.header(height).unwrap(), None);
        assert_eq!(store.body(height).unwrap(), None);
        assert_eq!(store.certificate(height).unwrap(), None);
        assert_eq!(store.receipts(height).unwrap(), None);
        assert_eq!(store.seals(height).unwrap(), []);
        assert_eq!(store.synced_blocks(height, 10, usize::MAX).unwrap(), []);
    }
    assert!(store.header(Height(0)).unwrap().is_some());
    assert_eq!(store.body(Height(0)).unwrap(), None);
    assert_eq!(store.synced_blocks(Height(0), 10, usize::MAX).unwrap(), []);
    assert_eq!(store.oldest(), Height(1));
}

#[test]
fn pages_through_a_history_without_gap_or_repetition() {
    let (_folder, store) = grown(9);
    let mut expected: Vec<Position> =
        (1..=9).flat_map(|height| [position(height, 1), position(height, 2)]).collect();
    expected.reverse();
    for limit in [1, 2, 5, 18, 100] {
        let mut seen = Vec::new();
        loop {
            let page = store.history(&EVERYWHERE, seen.last().copied(), limit).unwrap();
            let last = page.len() < limit;
            seen.extend(page);
            if last {
                break;
            }
        }
        assert_eq!(seen, expected, "pages of {limit}");
    }
    assert_eq!(store.history(&account(4), None, 100).unwrap(), [position(4, 2)]);
    assert_eq!(store.history(&account(4), Some(position(4, 2)), 100).unwrap(), []);
    assert_eq!(store.history(&account(99), None, 100).unwrap(), []);
    assert_eq!(store.history(&EVERYWHERE, None, 0).unwrap(), []);
    let zero = Position { height: Height(0), index: 0 };
    assert_eq!(store.history(&EVERYWHERE, Some(zero), 9).unwrap(), []);
}

#[test]
fn a_sync_answer_keeps_to_count_and_budget() {
    let (_folder, store) = grown(0);
    for height in 1..=6 {
        store.commit(&make(height, 1_000).batch()).unwrap();
    }
    let heights = |blocks: Vec<SyncedBlock>| -> Vec<u64> {
        blocks.iter().map(|block| block.block.header.height.0).collect()
    };
    let ask =
        |from, count, budget| heights(store.synced_blocks(Height(from), count, budget).unwrap());
    assert_eq!(ask(1, 256, usize::MAX), [1, 2, 3, 4, 5, 6]);
    assert_eq!(ask(3, 2, usize::MAX), [3, 4]);
    assert_eq!(ask(6, 9, usize::MAX), [6]);
    assert_eq!(ask(1, 0, usize::MAX), [0_u64; 0]);
    assert_eq!(ask(1, 9, 0), [1], "one block always goes, or nobody could ever sync past it");
    assert_eq!(ask(1, 9, 1_500), [1, 2], "the second body crosses the budget");
    let block = &store.synced_blocks(Height(5), 1, 1).unwrap()[0];
    assert_eq!(block.block.header, make(5, 1_000).header);
    assert_eq!(block.block.body, testing::body(5, 1_000));
    assert_eq!(block.certificate, certificate(5));
}

#[test]
fn keeps_the_seals_of_each_height() {
    let (_folder, store) = grown(3);
    store.put_seal(&seal(2, 1)).unwrap();
    store.put_seal(&seal(2, 200)).unwrap();
    store.put_seal(&seal(3, 1)).unwrap();
    // Our own one of height 2 came with batch 3.
    assert_eq!(store.seals(Height(2)).unwrap(), [seal(2, 1), seal(2, 9), seal(2, 200)]);
    assert_eq!(store.seals(Height(3)).unwrap(), [seal(3, 1)]);
    assert_eq!(store.seals(Height(0)).unwrap(), []);
}

#[test]
fn knows_the_newest_finality_certificate() {
    let (_folder, store) = grown(3);
    assert_eq!(store.newest_finality().unwrap(), None);
    for height in [2, 3, 1] {
        store.put_finality(&finality(height)).unwrap();
    }
    assert_eq!(store.newest_finality().unwrap(), Some(finality(3)));
    assert_eq!(store.finality(Height(2)).unwrap(), Some(finality(2)));
    assert_eq!(store.finality_at_or_below(Height(2)).unwrap(), Some(finality(2)));
    assert_eq!(store.finality_at_or_below(Height(0)).unwrap(), None);
    assert_eq!(store.finality(Height(4)).unwrap(), None);
}

#[test]
fn keeps_votes_until_they_are_dropped() {
    let (_folder, store) = grown(1);
    for height in [3, 1, 2] {
        store.put_votes(Height(height), &[u8::try_from(height).unwrap(); 10]).unwrap();
    }
    store.put_votes(Height(2), &[]).unwrap();
    let all = [(Height(1), vec![1; 10]), (Height(2), Vec::new()), (Height(3), vec![3; 10])];
    assert_eq!(store.votes(Height(0), usize::MAX).unwrap(), all);
    assert_eq!(store.votes(Height(2), usize::MAX).unwrap(), all[1..]);
    assert_eq!(store.votes(Height(0), 5).unwrap(), all[..1], "the budget bounds the answer");
    store.drop_votes(Height(3)).unwrap();
    assert_eq!(store.votes(Height(0), usize::MAX).unwrap(), all[2..]);
}

/// A table, the key of a row that is there, and a read that must decode it.
type Probe = (Table, Vec<u8>, fn(&Store) -> Result<(), StoreError>);

fn probes() -> Vec<Probe> {
    let height = tables::height_key(Height(2)).to_vec();
    vec![
        (Table::Header, height.clone(), |s| s.header(Height(2)).map(drop)),
        (Table::BlockHeight, block_id(2).0.to_vec(), |s| s.height_of(&block_id(2)).map(drop)),
        (Table::Body, height.clone(), |s| s.body(Height(2)).map(drop)),
        (Table::Body, height.clone(), |s| s.synced_blocks(Height(1), 3, usize::MAX).map(drop)),
        (Table::Certificate, height.clone(), |s| s.certificate(Height(2)).map(drop)),
        (Table::Receipt, tables::receipt_key(position(2, 1)).to_vec(), |s| {
            s.receipts(Height(2)).map(drop)
        }),
        (Table::Receipt, tables::receipt_key(position(2, 1)).to_vec(), |s| {
            s.receipt_at(position(2, 1)).map(drop)
        }),
        (Table::Transaction, tx_hash(2, 1).0.to_vec(), |s| s.tx_position(&tx_hash(2, 1)).map(drop)),
        (Table::Changes, height.clone(), |s| s.change_sets(Height(1), Height(3)).map(drop)),
        (Table::Finality, height.clone(), |s| s.newest_finality().map(drop)),
        (Table::Finality, height.clone(), |s| s.finality(Height(2)).map(drop)),
        (Table::Seal, tables::seal_key(Height(2), &seal(2, 9).validator).to_vec(), |s| {
            s.seals(Height(2)).map(drop)
        }),
        (Table::Meta, meta::GENESIS.to_vec(), |s| s.genesis().map(drop)),
        (Table::Meta, meta::IDENTITY.to_vec(), |s| s.instance().map(drop)),
        (Table::Meta, meta::TIP.to_vec(), |s| s.snapshot().map(drop)),
        (Table::Meta, meta::TREE.to_vec(), |s| s.tree_position().map(drop)),
    ]
}

fn plant(store: &Store, table: Table, key: &[u8], value: &[u8]) {
    let mut batch = WriteBatch::default();
    batch.put_cf(store.handle(table), key, value);
    store.write(batch, Durability::Unsynced, "plant").unwrap();
}

/// Whatever stands in a table, a read says which table and key it cannot understand.
#[test]
fn names_table_and_key_of_a_corrupt_value() {
    let (_folder, store) = grown(3);
    store.put_finality(&finality(2)).unwrap();
    let flush =
        state::Flush { height: Height(0), root: Hash::ZERO, puts: Vec::new(), deletes: Vec::new() };
    store.flush_tree(&flush).unwrap();
    let mut random = Random::new(1);
    for (table, key, read) in probes() {
        read(&store).unwrap();
        let good = store.value_of(table, &key).unwrap().unwrap().to_vec();
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut bad = vec![Vec::new(), good[..good.len() - 1].to_vec(), [&good[..], &[0]].concat()];
        for length in [1, 10, 100, 10_000] {
            bad.push(random.bytes(length));
            // With the right version byte, so that the decoder goes on.
            bad.push([&[1, 0][..], &random.bytes(length)].concat());
        }
        for value in bad {
            plant(&store, table, &key, &value);
            match read(&store) {
                Err(StoreError::Corrupt { table: named, key, .. }) => {
                    assert_eq!((named, key), (table.name(), hex.clone()));
                }
                other => panic!("{table:?} with {} bytes: {other:?}", value.len()),
            }
        }
        plant(&store, table, &key, &good);
    }
}

#[test]
fn names_a_corrupt_entry_of_history_and_votes() {
    let (_folder, store) = grown(2);
    let good = tables::history_key(&EVERYWHERE, position(2, 1));
    plant(&store, Table::History, &good, &[9]);
    let error = store.history(&EVERYWHERE, None, 9).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "history", .. }), "{error}");
    plant(&store, Table::History, &good, &[1]);
    plant(&store, Table::History, &good[..41], &[1]);
    let error = store.history(&EVERYWHERE, None, 9).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "history", .. }), "{error}");
    plant(&store, Table::Vote, &[0, 1], &[1]);
    let error = store.votes(Height(0), usize::MAX).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "vote", .. }), "{error}");
}

#[test]
fn a_block_that_is_lost_is_not_taken_for_pruned() {
    let (_folder, store) = grown(2);
    let mut batch = WriteBatch::default();
    batch.delete_cf(store.handle(Table::Body), tables::height_key(Height(2)));
    store.write(batch, Durability::Unsynced, "plant").unwrap();
    let error = store.body(Height(2)).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "body", .. }), "{error}");
}
