use super::*;
use crate::testing::{self, grow, grown, make, options};
use crate::{Options, tables};
use state::{NodePath, NodeReader};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use types::TimestampMs;

fn flush(height: u64, puts: &[(NodePath, u8)], deletes: &[NodePath]) -> Flush {
    Flush {
        height: Height(height),
        root: testing::state_root(height),
        puts: puts.iter().map(|(path, byte)| (*path, vec![*byte; 40])).collect(),
        deletes: deletes.to_vec(),
    }
}

#[test]
fn a_commit_moves_the_tip_and_everything_with_it() {
    let (_folder, store) = grown(0);
    for height in 1..=12 {
        let tip = store.commit(&make(height, 64).batch()).unwrap();
        assert_eq!(tip.height, Height(height));
        assert_eq!(tip.state_root, testing::state_root(height));
        assert_eq!(tip.time_ms, TimestampMs(1_000 + height));
        assert_eq!(store.tip().unwrap(), tip);
        testing::assert_whole(&store, &tip);
    }
}

#[test]
#[should_panic(expected = "one above the tip")]
fn a_block_that_skips_a_height_is_a_broken_program() {
    let (_folder, store) = grown(2);
    let _ = store.commit(&make(4, 64).batch());
}

#[test]
#[should_panic(expected = "parent is the tip")]
fn a_block_on_another_parent_is_a_broken_program() {
    let (_folder, store) = grown(2);
    let mut made = make(3, 64);
    made.header.parent = BlockId([1; 32]);
    let _ = store.commit(&made.batch());
}

#[test]
#[should_panic(expected = "builds on the tip's state")]
fn a_block_on_another_state_is_a_broken_program() {
    let (_folder, store) = grown(2);
    let mut made = make(3, 64);
    made.header.prev_state_root = Hash([1; 32]);
    let _ = store.commit(&made.batch());
}

#[test]
#[should_panic(expected = "the header speaks of")]
fn a_body_of_another_size_is_a_broken_program() {
    let (_folder, store) = grown(2);
    let mut made = make(3, 64);
    made.body.push(0);
    let _ = store.commit(&made.batch());
}

#[test]
#[should_panic(expected = "initialised once")]
fn genesis_is_written_once() {
    let (_folder, store) = grown(1);
    testing::initialise(&store);
}

#[test]
#[should_panic(expected = "two commits at the same time")]
fn two_commits_at_the_same_time_are_a_broken_program() {
    let (_folder, store) = grown(1);
    let other = store.committing.lock().unwrap();
    std::thread::scope(|threads| {
        let second = threads.spawn(|| store.commit(&make(2, 64).batch()));
        let panic = second.join().unwrap_err();
        drop(other);
        std::panic::resume_unwind(panic);
    });
}

#[test]
fn a_flush_of_the_tree_replaces_nodes_and_forgets_change_sets() {
    let (folder, store) = grown(6);
    let left = NodePath::ROOT.child(1);
    store.flush_tree(&flush(3, &[(NodePath::ROOT, 1), (left, 2)], &[])).unwrap();
    assert_eq!(store.node(&NodePath::ROOT).unwrap(), Some(vec![1; 40]));
    assert_eq!(store.node(&left).unwrap(), Some(vec![2; 40]));
    let error = store.change_sets(Height(3), Height(6)).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "changes", .. }), "{error}");
    assert_eq!(store.change_sets(Height(4), Height(6)).unwrap().len(), 3);

    store.flush_tree(&flush(5, &[(NodePath::ROOT, 3)], &[left])).unwrap();
    drop(store);
    let store = Store::open(folder.path(), &options()).unwrap();
    assert_eq!(store.node(&NodePath::ROOT).unwrap(), Some(vec![3; 40]));
    assert_eq!(store.node(&left).unwrap(), None);
    let position = store.tree_position().unwrap().unwrap();
    assert_eq!((position.height, position.root), (Height(5), testing::state_root(5)));
    testing::assert_whole(&store, &store.tip().unwrap());
}

#[test]
#[should_panic(expected = "never flushed past the newest batch")]
fn the_tree_is_not_flushed_ahead_of_the_blocks() {
    let (_folder, store) = grown(2);
    let _ = store.flush_tree(&flush(3, &[], &[]));
}

#[test]
#[should_panic(expected = "flushed forwards")]
fn the_tree_is_not_flushed_backwards() {
    let (_folder, store) = grown(3);
    store.flush_tree(&flush(2, &[], &[])).unwrap();
    let _ = store.flush_tree(&flush(2, &[], &[]));
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The write-ahead log that is being written: the one with the greatest number.
fn newest_log(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|ending| ending == "log")).max().unwrap()
}

/// Forty blocks with everything that is written between them, and a flush to disk on the way, so
/// that tables and log hold different parts.
fn busy_store(folder: &Path) -> Store {
    let store = Store::open(folder, &options()).unwrap();
    testing::initialise(&store);
    for height in 1..=40 {
        store.commit(&make(height, 400).batch()).unwrap();
        store.put_seal(&testing::seal(height, 1)).unwrap();
        store.put_votes(Height(height), &[1; 30]).unwrap();
        if height % 7 == 0 {
            store.flush_tree(&flush(height - 2, &[(NodePath::ROOT, 1)], &[])).unwrap();
        }
        if height == 9 {
            store.db.flush_cf(store.handle(Table::State)).unwrap();
        }
    }
    store
}

/// After a power cut the log ends anywhere behind the last sync. Wherever it ends, the store is
/// that of one height, whole, and goes on from it.
#[test]
fn a_log_cut_anywhere_leaves_a_whole_store_of_one_height() {
    let folder = TempDir::new().unwrap();
    let store = busy_store(&folder.path().join("store"));
    let log = newest_log(store.path());
    let length = written_bytes(&log);
    let mut heights = Vec::new();
    for part in 0..=60 {
        let cut = length * part / 60;
        let copy = folder.path().join(format!("cut-{part}"));
        copy_folder(store.path(), &copy);
        let file = fs::File::options().write(true).open(newest_log(&copy)).unwrap();
        file.set_len(cut).unwrap();
        let torn = Store::open(&copy, &options()).unwrap();
        let tip = torn.tip().unwrap();
        testing::assert_whole(&torn, &tip);
        grow(&torn, tip.height.0 + 1);
        heights.push(tip.height.0);
        drop(torn);
        fs::remove_dir_all(&copy).unwrap();
    }
    assert!(heights.is_sorted(), "a longer log never holds less: {heights:?}");
    assert_eq!(heights.first(), Some(&9), "the tables were flushed at height 9");
    assert_eq!(heights.last(), Some(&40));
    let mut distinct = heights.clone();
    distinct.dedup();
    assert!(distinct.len() > 25, "the cuts lie in many blocks: {heights:?}");
}

/// The same with bytes of the log overwritten: what follows them is dropped, never half of it.
#[test]
fn garbage_in_the_log_leaves_a_whole_store_of_an_earlier_height() {
    let folder = TempDir::new().unwrap();
    let store = busy_store(&folder.path().join("store"));
    let length = written_bytes(&newest_log(store.path()));
    let mut random = testing::Random::new(5);
    for part in 0..20 {
        let copy = folder.path().join(format!("garbage-{part}"));
        copy_folder(store.path(), &copy);
        let path = newest_log(&copy);
        let mut bytes = fs::read(&path).unwrap();
        let at = usize::try_from(random.next() % (length - 64)).unwrap();
        bytes[at..at + 64].copy_from_slice(&random.bytes(64));
        fs::write(&path, bytes).unwrap();
        let torn = Store::open(&copy, &options()).unwrap();
        let tip = torn.tip().unwrap();
        assert!((9..40).contains(&tip.height.0), "{tip:?} with garbage at {at} of {length}");
        testing::assert_whole(&torn, &tip);
        drop(torn);
        fs::remove_dir_all(&copy).unwrap();
    }
}

/// The length of a log without the zeros that the file system was asked for ahead.
fn written_bytes(log: &Path) -> u64 {
    let bytes = fs::read(log).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    u64::try_from(end).unwrap() + 1
}

/// A file system in memory, unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` if this user may not mount.
    fn new(megabytes: u32) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then(|| Self(folder))
    }

    fn grow(&self, megabytes: u32) {
        let size = format!("remount,size={megabytes}m");
        let grown = Command::new("mount").args(["-o", &size]).arg(self.0.path()).status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_named_closes_the_store_and_harms_no_block() {
    let Some(disk) = SmallDisk::new(12) else {
        println!("skipped: this user may not mount a file system");
        return;
    };
    let folder = disk.0.path().join("store");
    let small = Options { table_buffer_bytes: 256 * 1024, ..options() };
    let store = Store::open(&folder, &small).unwrap();
    testing::initialise(&store);
    let (mut height, error) = (1..)
        .find_map(|height| {
            let made = make(height, 200_000);
            store.commit(&made.batch()).err().map(|error| (height, error))
        })
        .unwrap();
    assert!(height > 5, "a few blocks fit");
    assert!(matches!(&error, StoreError::DiskFull { path, .. } if *path == folder), "{error:?}");
    assert!(error.to_string().contains(folder.to_str().unwrap()), "{error}");

    // There is room again, but what reached the disk is known only after a restart.
    disk.grow(64);
    let closed = |error: StoreError| {
        assert!(matches!(error, StoreError::Poisoned { .. }), "{error:?}");
        assert!(error.to_string().contains("No space left"), "{error}");
    };
    closed(store.commit(&make(height, 64).batch()).unwrap_err());
    closed(store.put_seal(&testing::seal(1, 1)).unwrap_err());
    closed(store.tip().unwrap_err());
    closed(store.header(Height(1)).unwrap_err());
    closed(store.snapshot().map(drop).unwrap_err());
    assert!(store.value(&[1; 33]).is_err());
    drop(store);

    let store = Store::open(&folder, &small).unwrap();
    let tip = store.tip().unwrap();
    assert!(tip.height.0 + 1 == height || tip.height.0 == height, "{tip:?}, failed at {height}");
    testing::assert_whole(&store, &tip);
    height = tip.height.0 + 3;
    testing::assert_whole(&store, &grow(&store, height));
}

/// A table that could not be written in the background is a failed write like any other, even if
/// there is room again by the next commit.
#[test]
fn a_flush_that_met_a_full_disk_closes_the_store() {
    let Some(disk) = SmallDisk::new(12) else {
        println!("skipped: this user may not mount a file system");
        return;
    };
    let folder = disk.0.path().join("store");
    let store = Store::open(&folder, &options()).unwrap();
    testing::initialise(&store);
    for height in 1..=5 {
        store.commit(&make(height, 200_000).batch()).unwrap();
    }
    let filler = disk.0.path().join("filler");
    fs::write(&filler, vec![0; 16 * 1024 * 1024]).unwrap_err();
    store.db.flush_cf(store.handle(Table::Body)).unwrap_err();
    fs::remove_file(&filler).unwrap();
    let error = store.commit(&make(6, 64).batch()).unwrap_err();
    // The text log lies on the full disk as well: whether RocksDB could name the reason is luck.
    let named = matches!(&error, StoreError::DiskFull { path, .. } if *path == folder);
    assert!(named || error.to_string().contains("full"), "{error:?}");
    assert!(matches!(store.tip(), Err(StoreError::Poisoned { .. })));
}

#[test]
fn keys_sort_by_number() {
    let heights = [0, 1, 255, 256, 65_536, u64::MAX];
    let keys = heights.map(|height| tables::height_key(Height(height)));
    assert!(keys.is_sorted());
    let receipts = [(1, 0), (1, 255), (1, 256), (2, 0)];
    let keys =
        receipts.map(|(height, index)| tables::receipt_key(testing::position(height, index)));
    assert!(keys.is_sorted());
}
