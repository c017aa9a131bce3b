//! The window survives a restart, as bytes.

use super::fixture::*;
use crate::watcher::{ImportError, MAX_SAVED_BYTES, MAX_SAVED_ENTRIES, Watcher};
use types::wire::ConsensusContent;
use types::{Height, Step};

fn restarted_at(height: u64) -> Watcher {
    let mut watcher = Watcher::new(CHAIN, WINDOW, 1 << 28);
    watcher.start_height(Height(height), &four(), &four(), &[]);
    watcher
}

fn filled() -> Watcher {
    let mut watcher = watcher_at(5);
    let contents: [ConsensusContent; 6] = [
        proposal(1, 4, 0, 1),
        prevote(0, 4, 0, Some(1)),
        prevote(0, 4, 0, None),
        precommit(2, 4, 1, None),
        seal(1, 4, 1),
        commit(&[0, 1, 2], 4, 3, 1),
    ];
    for content in &contents {
        watcher.see(content);
    }
    watcher.observe_evidence(&pair(3, (4, 0, Step::Precommit), None, Some(1)));
    watcher
}

#[test]
fn a_double_sign_is_detected_across_a_restart() {
    let before = filled();
    let mut after = restarted_at(5);
    assert_eq!(after.import(&before.export(Height(4)).unwrap(), &four()), Ok(10));
    let observed = after.see(&seal(1, 4, 2));
    assert_eq!(observed.conflicts.len(), 1);
    assert_eq!(after.held(Height(4)), before.held(Height(4)));
    assert_eq!(after.decided(Height(4)), before.decided(Height(4)));
    assert_eq!(after.index.conflicts(&id(3)), 1);
    assert!(after.see(&prevote(0, 4, 5, None)).new);
}

#[test]
fn what_was_imported_twice_is_known_once() {
    let bytes = filled().export(Height(4)).unwrap();
    let mut after = restarted_at(5);
    after.import(&bytes, &four()).unwrap();
    assert_eq!(after.import(&bytes, &four()), Ok(0));
}

#[test]
fn exports_are_canonical() {
    let before = filled();
    let bytes = before.export(Height(4)).unwrap();
    let mut after = restarted_at(5);
    after.import(&bytes, &four()).unwrap();
    assert_eq!(after.export(Height(4)), Some(bytes));
    assert_eq!(before.export(Height(77)), None);
}

#[test]
fn what_left_the_window_meanwhile_is_left_out() {
    let bytes = filled().export(Height(4)).unwrap();
    let mut after = restarted_at(4 + WINDOW + 1);
    assert_eq!(after.import(&bytes, &four()), Ok(0));
    let mut after = restarted_at(4 + WINDOW);
    assert_eq!(after.import(&bytes, &four()), Ok(10));
}

#[test]
fn damaged_bytes_are_refused_and_change_nothing() {
    let bytes = filled().export(Height(4)).unwrap();
    let mut after = restarted_at(5);
    let before = format!("{after:?}");
    let cut = after.import(&bytes[..bytes.len() - 1], &four());
    assert!(matches!(cut, Err(ImportError::Malformed(_))));
    let mut version = bytes.clone();
    version[0] = 2;
    assert!(matches!(after.import(&version, &four()), Err(ImportError::Malformed(_))));
    let large = vec![0; MAX_SAVED_BYTES + 1];
    assert!(matches!(after.import(&large, &four()), Err(ImportError::Malformed(_))));
    let other_set = set_of_power(&[1; 2]);
    let expected = ImportError::Stranger { height: Height(4), validator: id(3) };
    assert_eq!(after.import(&bytes, &other_set), Err(expected));
    assert_eq!(format!("{after:?}"), before);
}

#[test]
fn committed_heights_are_due_for_saving_once_and_again_when_late_votes_come() {
    let mut watcher = watcher_at(3);
    let heights = |saved: Vec<(Height, Vec<u8>)>| -> Vec<u64> {
        saved.into_iter().map(|(height, _)| height.0).collect()
    };
    assert_eq!(heights(watcher.take_unsaved(10)), vec![1, 2]);
    watcher.see(&prevote(0, 3, 0, None));
    assert_eq!(heights(watcher.take_unsaved(10)), Vec::<u64>::new());
    watcher.start_height(Height(4), &four(), &four(), &[]);
    watcher.start_height(Height(5), &four(), &four(), &[]);
    watcher.see(&prevote(0, 1, 0, None));
    watcher.observe(&prevote(0, 3, 0, None));
    assert_eq!(heights(watcher.take_unsaved(2)), vec![1, 3]);
    assert_eq!(heights(watcher.take_unsaved(2)), vec![4]);
    watcher.observe(&prevote(0, 3, 0, None));
    assert_eq!(heights(watcher.take_unsaved(2)), Vec::<u64>::new());
}

#[test]
fn nobody_has_to_take_what_is_unsaved_for_it_to_stay_bounded() {
    let watcher = watcher_at(10 * WINDOW);
    assert_eq!(watcher.unsaved.len() as u64, WINDOW);
}

#[test]
fn the_largest_saved_height_fits_its_bound() {
    let set = set_of_power(&[1; 100]);
    let mut watcher = watcher_with(5, &set, 1 << 30);
    let all: Vec<u16> = (0..100).collect();
    let mut round = 0;
    while watcher.index.count() <= MAX_SAVED_ENTRIES {
        watcher.observe(&polka(&all, 5, round, 1));
        watcher.observe(&commit(&all, 5, round, 1));
        round += 1;
    }
    let bytes = watcher.export(Height(5)).unwrap();
    assert!(bytes.len() <= MAX_SAVED_BYTES, "{}", bytes.len());
    let mut after = Watcher::new(CHAIN, WINDOW, 1 << 30);
    after.start_height(Height(5), &set, &set, &[]);
    assert_eq!(after.import(&bytes, &set), Ok(MAX_SAVED_ENTRIES));
}
