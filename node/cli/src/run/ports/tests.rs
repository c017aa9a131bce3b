//! A journal that is kept for a height which is yet to come.

use super::*;
use consensus::{Timeout, TimeoutKind};
use types::Round;

const CHAIN: ChainId = ChainId([1; 32]);

fn header(height: u64) -> JournalRecord {
    JournalRecord::Header { chain_id: CHAIN, height: Height(height) }
}

fn timeout(height: u64) -> JournalRecord {
    let (round, kind) = (Round::ZERO, TimeoutKind::Propose);
    JournalRecord::Timeout(Timeout { height: Height(height), round, kind })
}

fn records(folder: &Path) -> Vec<JournalRecord> {
    JournalFile::open(folder).unwrap().1.records
}

#[test]
fn a_kept_journal_is_not_written_until_its_height_begins_and_is_gone_on_with_then() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = JournalFile::open(folder.path()).unwrap();
    journal.reset(CHAIN, Height(7)).unwrap();
    journal.flush().unwrap();
    journal.keep_for(Height(7));
    for height in [4, 5, 6] {
        journal.reset(CHAIN, Height(height)).unwrap();
        journal.append(&timeout(height));
        journal.flush().unwrap();
        assert_eq!(records(folder.path()), [header(7)]);
    }
    journal.reset(CHAIN, Height(7)).unwrap();
    journal.append(&timeout(7));
    journal.flush().unwrap();
    assert_eq!(records(folder.path()), [header(7), timeout(7)]);
    journal.reset(CHAIN, Height(8)).unwrap();
    journal.flush().unwrap();
    assert_eq!(records(folder.path()), [header(8)]);
}

#[test]
fn a_kept_journal_gives_way_to_a_height_above_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, _) = JournalFile::open(folder.path()).unwrap();
    journal.reset(CHAIN, Height(7)).unwrap();
    journal.flush().unwrap();
    journal.keep_for(Height(7));
    journal.reset(CHAIN, Height(9)).unwrap();
    journal.flush().unwrap();
    assert_eq!(records(folder.path()), [header(9)]);
}
