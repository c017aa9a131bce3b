use super::*;
use crate::folder::MARKER;
use crate::migrate::SCHEMA;
use crate::tables::SchemaRow;
use crate::testing::{self, grow, grown, initialise, options};
use std::fs;
use std::process::Command;
use tempfile::TempDir;
use types::codec::Version;

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, &options())
}

/// Put a row where only a broken or newer program would.
fn plant(store: &Store, key: &[u8], value: &[u8]) {
    let mut batch = WriteBatch::default();
    batch.put_cf(store.handle(Table::Meta), key, value);
    store.write(batch, Durability::Synced, "plant").unwrap();
}

#[test]
fn a_new_store_holds_no_chain() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("not/there/yet")).unwrap();
    assert!(!store.is_initialised());
    assert!(matches!(store.tip(), Err(StoreError::NotInitialised { .. })));
    assert_eq!(store.header(Height(0)).unwrap(), None);
    assert_eq!(store.tree_position().unwrap(), None);
}

#[test]
fn a_store_opened_again_is_what_it_was() {
    let (folder, store) = grown(7);
    let tip = store.tip().unwrap();
    drop(store);
    let store = open(folder.path()).unwrap();
    assert_eq!(store.tip().unwrap(), tip);
    assert_eq!(store.genesis().unwrap(), testing::genesis());
    assert_eq!(store.instance().unwrap(), testing::INSTANCE);
    testing::assert_whole(&store, &tip);
    assert_eq!(grow(&store, 9).height, Height(9));
}

#[test]
fn a_new_instance_stays() {
    let (folder, store) = grown(1);
    store.set_instance([5; 32]).unwrap();
    drop(store);
    assert_eq!(open(folder.path()).unwrap().instance().unwrap(), [5; 32]);
}

#[test]
fn refuses_a_folder_that_holds_something_else() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("letters.txt"), "dear").unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(&error, StoreError::Foreign { entry, .. } if entry == "letters.txt"));
    assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was put beside it");
}

#[test]
fn refuses_another_programs_database() {
    let folder = TempDir::new().unwrap();
    drop(DB::open_default(folder.path()).unwrap());
    assert!(matches!(open(folder.path()), Err(StoreError::Foreign { .. })));
}

#[test]
fn goes_on_where_making_a_store_was_interrupted() {
    let folder = TempDir::new().unwrap();
    folder::mark(folder.path()).unwrap();
    drop(open(folder.path()).unwrap());
    // The tables are made in order; here only the first ones were.
    let half = TempDir::new().unwrap();
    folder::mark(half.path()).unwrap();
    let mut make = rocksdb::Options::default();
    make.create_if_missing(true);
    make.create_missing_column_families(true);
    drop(DB::open_cf(&make, half.path(), ["header", "block_height"]).unwrap());
    initialise(&open(half.path()).unwrap());
}

#[test]
fn refuses_to_begin_anew_over_the_remains_of_a_store() {
    let (folder, store) = grown(3);
    drop(store);
    fs::remove_file(folder.path().join("CURRENT")).unwrap();
    assert!(matches!(open(folder.path()), Err(StoreError::Headless { .. })));
}

#[test]
fn refuses_the_store_of_another_chain_and_names_both() {
    let (folder, store) = grown(1);
    drop(store);
    let other_chain = Options { chain_id: ChainId([8; 32]), ..options() };
    let message = Store::open(folder.path(), &other_chain).unwrap_err().to_string();
    assert!(message.contains(&testing::CHAIN.to_string()), "{message}");
    assert!(message.contains(&ChainId([8; 32]).to_string()), "{message}");
    let other_genesis = Options { genesis_hash: BlockId([9; 32]), ..options() };
    let error = Store::open(folder.path(), &other_genesis).unwrap_err();
    assert!(matches!(error, StoreError::OtherChain { .. }), "{error}");
}

#[test]
fn refuses_a_newer_schema_and_names_both() {
    let (folder, store) = grown(1);
    let newer = SchemaRow { version: Version, schema: SCHEMA + 1 };
    plant(&store, meta::SCHEMA, &types::encode(&newer));
    drop(store);
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found, known, .. }
            if found == SCHEMA + 1 && known == SCHEMA));
    assert!(error.to_string().contains("schema 2"), "{error}");
}

#[test]
fn refuses_tables_it_does_not_know_and_stores_that_lack_some() {
    let (folder, store) = grown(1);
    drop(store);
    let names = Table::ALL.map(Table::name);
    let mut db = DB::open_cf(&rocksdb::Options::default(), folder.path(), names).unwrap();
    db.create_cf("later", &rocksdb::Options::default()).unwrap();
    drop(db);
    let error = open(folder.path()).unwrap_err();
    assert!(
        matches!(&error, StoreError::UnknownTables { tables, .. } if *tables == ["later"]),
        "{error}"
    );

    let all = names.into_iter().chain(["later"]);
    let mut db = DB::open_cf(&rocksdb::Options::default(), folder.path(), all).unwrap();
    db.drop_cf("later").unwrap();
    db.drop_cf("seal").unwrap();
    drop(db);
    let error = open(folder.path()).unwrap_err();
    assert!(
        matches!(&error, StoreError::MissingTables { tables, .. } if *tables == ["seal"]),
        "{error}"
    );
}

#[test]
fn refuses_a_tip_that_belongs_to_no_header() {
    let (folder, store) = grown(3);
    let tip = Tip { height: Height(4), ..store.tip().unwrap() };
    plant(&store, meta::TIP, &types::encode(&tip));
    drop(store);
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "header", .. }), "{error}");
}

#[test]
fn refuses_a_tree_above_the_tip() {
    let (folder, store) = grown(3);
    let tree = TreePosition { version: Version, height: Height(4), root: types::Hash::ZERO };
    plant(&store, meta::TREE, &types::encode(&tree));
    drop(store);
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "meta", .. }), "{error}");
}

#[test]
fn a_stray_file_beside_the_tables_does_no_harm() {
    let (folder, store) = grown(2);
    drop(store);
    fs::write(folder.path().join("notes"), "mine").unwrap();
    assert_eq!(open(folder.path()).unwrap().tip().unwrap().height, Height(2));
    assert!(folder.path().join("notes").exists());
}

#[test]
fn refuses_a_second_opening_in_the_same_process() {
    let (folder, store) = grown(1);
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    drop(store);
    open(folder.path()).unwrap();
}

#[test]
fn refuses_a_second_process() {
    const FOLDER: &str = "STORE_TEST_SECOND_PROCESS";
    if let Some(path) = std::env::var_os(FOLDER) {
        // This is the second process; what it says is compared by the first.
        println!("refused: {}", open(Path::new(&path)).unwrap_err());
        return;
    }
    let (folder, store) = grown(1);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "db::tests::refuses_a_second_process", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = format!("refused: {}", StoreError::InUse { path: folder.path().to_path_buf() });
    assert!(said.contains(&expected), "{said}");
    assert_eq!(grow(&store, 2).height, Height(2), "the first process goes on");
}

#[test]
fn a_checkpoint_is_a_store_as_of_its_moment() {
    let (folder, store) = grown(4);
    let copy = folder.path().join("copy");
    store.checkpoint(&copy).unwrap();
    grow(&store, 6);
    let copy = open(&copy).unwrap();
    let tip = copy.tip().unwrap();
    assert_eq!(tip.height, Height(4));
    testing::assert_whole(&copy, &tip);
    assert!(copy.path().join(MARKER).exists());
}

#[test]
fn a_commit_waits_for_the_disk_once_and_nothing_else_does() {
    let (_folder, store) = grown(1);
    let syncs = || store.metrics().unwrap().log_syncs;
    let before = syncs();
    grow(&store, 4);
    assert_eq!(syncs(), before + 3);
    store.put_seal(&testing::seal(4, 1)).unwrap();
    store.put_votes(Height(4), &[1]).unwrap();
    store.prune(Height(4)).unwrap();
    assert_eq!(syncs(), before + 3);
    store.set_instance([1; 32]).unwrap();
    assert_eq!(syncs(), before + 4);
}

#[test]
fn metrics_speak_of_what_was_written() {
    let (_folder, store) = grown(5);
    let before = store.metrics().unwrap();
    assert!(before.write_buffer_bytes > 0, "{before:?}");
    assert_eq!(before.background_errors, 0);
    let snapshot = store.snapshot().unwrap();
    assert_eq!(store.metrics().unwrap().snapshots, 1);
    drop(snapshot);
    for table in Table::ALL {
        store.db.flush_cf(store.handle(table)).unwrap();
    }
    let after = store.metrics().unwrap();
    assert!(after.table_bytes > 0, "{after:?}");
    assert!(after.state_keys >= 5, "{after:?}");
}
