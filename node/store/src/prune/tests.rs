use super::*;
use crate::testing::{self, EVERYWHERE, account, block_id, grow, grown, position, tx_hash};
use rocksdb::IteratorMode;

const TIP: u64 = PRUNE_STEP_HEIGHTS + 10;
const OLDEST: u64 = PRUNE_STEP_HEIGHTS + 1;

fn rows(store: &Store, table: Table) -> usize {
    store.db.iterator_cf(store.handle(table), IteratorMode::Start).count()
}

fn assert_pruned<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::Pruned { oldest }) if oldest == Height(OLDEST)),
        "{result:?}"
    );
}

#[test]
fn forgets_old_blocks_and_says_so() {
    let (folder, store) = grown(TIP);
    let few = store.prune(Height(PRUNE_STEP_HEIGHTS)).unwrap();
    assert_eq!(few, Pruning { oldest: Height(1), more: false }, "one height short of a step");
    let step = store.prune(Height(OLDEST + 2)).unwrap();
    assert_eq!(step, Pruning { oldest: Height(OLDEST), more: false });
    drop(store);
    // The bound was written with the rows' removal.
    let store = Store::open(folder.path(), &testing::options()).unwrap();
    assert_eq!(store.oldest(), Height(OLDEST));
    let gone = Height(OLDEST - 1);
    assert_pruned(store.body(gone));
    assert_pruned(store.certificate(gone));
    assert_pruned(store.receipts(gone));
    assert_pruned(store.receipt_at(position(gone.0, 1)));
    assert_eq!(store.synced_blocks(gone, 9, usize::MAX).unwrap(), []);
    assert_eq!(store.tx_position(&tx_hash(gone.0, 1)).unwrap(), None);
    assert_eq!(store.history(&account(gone.0), None, 9).unwrap(), []);
    assert_eq!(store.seals(gone).unwrap(), []);
    let history = store.history(&EVERYWHERE, None, 1_000).unwrap();
    assert_eq!(history.len() as u64, 2 * (TIP - OLDEST + 1));
    assert_eq!(history.last(), Some(&position(OLDEST, 1)));
    // What is kept is whole.
    assert_eq!(store.body(Height(OLDEST)).unwrap(), Some(testing::body(OLDEST, 64)));
    assert_eq!(store.block_id(gone).unwrap(), Some(block_id(gone.0)), "headers stay");
    testing::assert_whole(&store, &store.tip().unwrap());
    grow(&store, TIP + 1);
}

#[test]
fn never_forgets_the_tip() {
    let (_folder, store) = grown(TIP);
    let step = store.prune(Height::MAX).unwrap();
    assert_eq!(step, Pruning { oldest: Height(OLDEST), more: false });
    assert_eq!(store.prune(Height::MAX).unwrap(), step, "nine heights are less than a step");
    assert!(store.body(Height(TIP)).unwrap().is_some());
}

#[test]
fn compaction_drops_the_index_entries_of_pruned_heights() {
    let (_folder, store) = grown(TIP);
    let compact = |table| {
        store.db.compact_range_cf(store.handle(table), None::<&[u8]>, None::<&[u8]>);
    };
    let kept = usize::try_from(TIP + 1 - OLDEST + 1).unwrap();
    let all = usize::try_from(TIP).unwrap();
    compact(Table::Transaction);
    assert_eq!(rows(&store, Table::Transaction), 2 * all, "nothing is pruned yet");
    store.prune(Height(OLDEST)).unwrap();
    compact(Table::Transaction);
    assert_eq!(rows(&store, Table::Transaction), 2 * all, "the bound is not durable yet");
    grow(&store, TIP + 1);
    for table in [Table::Transaction, Table::History] {
        store.db.flush_cf(store.handle(table)).unwrap();
        // RocksDB rewrites files at the lowest level only if told so.
        let mut options = rocksdb::CompactOptions::default();
        options.set_bottommost_level_compaction(rocksdb::BottommostLevelCompaction::Force);
        store.db.compact_range_cf_opt(store.handle(table), None::<&[u8]>, None::<&[u8]>, &options);
    }
    assert_eq!(rows(&store, Table::Transaction), 2 * kept);
    assert_eq!(rows(&store, Table::History), 3 * kept);
    assert_eq!(store.tx_position(&tx_hash(OLDEST, 1)).unwrap(), Some(position(OLDEST, 1)));
}
