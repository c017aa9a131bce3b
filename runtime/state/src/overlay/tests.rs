use super::*;
use crate::reader::MapReader;
use crate::tree::tests::Sequence;

fn raw(key: &str) -> Vec<u8> {
    [[3; PREFIX_BYTES].as_slice(), key.as_bytes()].concat()
}

fn base(keys: &[&str]) -> MapReader {
    let entries = keys.iter().map(|key| (raw(key), Some(b"base".to_vec()))).collect();
    let mut reader = MapReader::new();
    reader.apply(&ChangeSet::from_sorted(entries).unwrap());
    reader
}

fn keys(page: Page) -> Vec<String> {
    let text = |key: &[u8]| String::from_utf8(key[PREFIX_BYTES..].to_vec()).unwrap();
    page.iter().map(|(key, _)| text(key)).collect()
}

#[test]
fn an_overlay_sees_its_writes_first_and_the_state_below_otherwise() {
    let base = base(&["a", "b"]);
    let mut overlay = Overlay::new(&base);
    overlay.set(&raw("a"), b"mine".to_vec());
    overlay.remove(&raw("b"));
    overlay.set(&raw("c"), vec![]);
    assert_eq!(overlay.get(&raw("a")).unwrap(), Some(b"mine".to_vec()));
    assert_eq!(overlay.get(&raw("b")).unwrap(), None);
    assert_eq!(overlay.get(&raw("c")).unwrap(), Some(vec![]), "the empty value is a value");
    assert_eq!(overlay.get(&raw("d")).unwrap(), None);
    assert_eq!(base.value(&raw("a")).unwrap(), Some(b"base".to_vec()), "nothing below changed");
}

#[test]
fn a_rollback_takes_back_what_came_since_its_checkpoint_and_no_more() {
    let base = base(&["a"]);
    let mut overlay = Overlay::new(&base);
    overlay.set(&raw("a"), b"1".to_vec());
    overlay.checkpoint();
    overlay.set(&raw("a"), b"2".to_vec());
    overlay.checkpoint();
    overlay.remove(&raw("a"));
    overlay.set(&raw("b"), b"3".to_vec());
    overlay.rollback();
    assert_eq!(overlay.get(&raw("a")).unwrap(), Some(b"2".to_vec()));
    assert_eq!(overlay.get(&raw("b")).unwrap(), None);
    overlay.rollback();
    assert_eq!(overlay.get(&raw("a")).unwrap(), Some(b"1".to_vec()));
}

#[test]
fn what_an_inner_checkpoint_committed_goes_when_the_outer_one_is_rolled_back() {
    let base = base(&[]);
    let mut overlay = Overlay::new(&base);
    overlay.checkpoint();
    overlay.checkpoint();
    overlay.set(&raw("a"), b"1".to_vec());
    overlay.commit();
    assert_eq!(overlay.get(&raw("a")).unwrap(), Some(b"1".to_vec()));
    overlay.rollback();
    assert_eq!(overlay.get(&raw("a")).unwrap(), None);
    assert!(overlay.into_changes().unwrap().is_empty());
}

#[test]
fn sixteen_checkpoints_may_be_open() {
    let base = base(&[]);
    let mut overlay = Overlay::new(&base);
    (0..MAX_CHECKPOINTS).for_each(|_| overlay.checkpoint());
    assert_eq!(overlay.checkpoints(), 16);
}

#[test]
#[should_panic(expected = "at most 16 checkpoints")]
fn seventeen_checkpoints_may_not_be_open() {
    let base = base(&[]);
    let mut overlay = Overlay::new(&base);
    (0..=MAX_CHECKPOINTS).for_each(|_| overlay.checkpoint());
}

#[test]
#[should_panic(expected = "every checkpoint was committed or rolled back")]
fn changes_are_not_taken_while_a_checkpoint_is_open() {
    let base = base(&[]);
    let mut overlay = Overlay::new(&base);
    overlay.checkpoint();
    let _ = overlay.into_changes();
}

#[test]
fn a_write_of_what_was_there_is_no_change() {
    let base = base(&["a", "b", "c"]);
    let mut overlay = Overlay::new(&base);
    overlay.set(&raw("a"), b"base".to_vec());
    overlay.set(&raw("b"), b"new".to_vec());
    overlay.set(&raw("b"), b"base".to_vec());
    overlay.remove(&raw("d"));
    overlay.remove(&raw("c"));
    overlay.set(&raw("e"), vec![]);
    let changes = overlay.into_changes().unwrap();
    assert_eq!(changes.entries(), [(raw("c"), None), (raw("e"), Some(vec![]))]);
    assert_eq!(changes.replaced(), Some([Some(b"base".to_vec()), None].as_slice()));
}

#[test]
fn a_scan_merges_writes_with_the_state_below() {
    let base = base(&["b", "d", "f", "x"]);
    let mut overlay = Overlay::new(&base);
    overlay.set(&raw("a"), vec![1]);
    overlay.set(&raw("d"), vec![1]);
    overlay.checkpoint();
    overlay.remove(&raw("b"));
    overlay.set(&raw("e"), vec![2]);
    overlay.set(&raw("y"), vec![2]);
    let page = overlay.scan(&raw(""), None, 9).unwrap();
    assert_eq!(keys(page.clone()), ["a", "d", "e", "f", "x", "y"]);
    assert_eq!(page[1].1, vec![1], "the write hides what lies below");
    assert_eq!(keys(overlay.scan(&raw(""), Some(&raw("d")), 2).unwrap()), ["e", "f"]);
    assert_eq!(keys(overlay.scan(&raw("x"), None, 9).unwrap()), ["x"]);
    assert!(overlay.scan(&raw(""), None, 0).unwrap().is_empty());
}

#[test]
fn a_scan_finds_enough_behind_many_removed_keys() {
    let names: Vec<String> = (0..50).map(|number| format!("{number:02}")).collect();
    let base = base(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut overlay = Overlay::new(&base);
    names[..47].iter().for_each(|name| overlay.remove(&raw(name)));
    assert_eq!(keys(overlay.scan(&raw(""), None, 2).unwrap()), ["47", "48"]);
}

#[test]
fn an_overlay_on_an_overlay_sees_through_both() {
    let base = base(&["a", "b"]);
    let mut block = Overlay::new(&base);
    block.set(&raw("b"), b"block".to_vec());
    let mut view = Overlay::new(&block);
    view.set(&raw("c"), b"view".to_vec());
    assert_eq!(view.get(&raw("b")).unwrap(), Some(b"block".to_vec()));
    assert_eq!(keys(view.scan(&raw(""), None, 9).unwrap()), ["a", "b", "c"]);
}

/// Answers reads of single values once; scans and nodes not at all.
struct ReadOnce(Mutex<Vec<Vec<u8>>>);

impl NodeReader for ReadOnce {
    fn value(&self, raw: &[u8]) -> Result<Value, ReadError> {
        let mut seen = self.0.lock().unwrap();
        assert!(!seen.contains(&raw.to_vec()), "read twice");
        seen.push(raw.to_vec());
        Ok(Some(vec![1]))
    }

    fn scan(&self, _: &[u8], _: Option<&[u8]>, _: usize) -> Result<Page, ReadError> {
        Err(ReadError::Storage { reason: "the disk is gone".into() })
    }

    fn node(&self, _: &NodePath) -> Result<Option<Vec<u8>>, ReadError> {
        Err(ReadError::Storage { reason: "the disk is gone".into() })
    }
}

#[test]
fn what_was_read_from_below_is_not_read_again() {
    let base = ReadOnce(Mutex::default());
    let mut overlay = Overlay::new(&base);
    for _ in 0..3 {
        assert_eq!(overlay.get(&raw("a")).unwrap(), Some(vec![1]));
    }
    overlay.set(&raw("a"), vec![2]);
    assert_eq!(overlay.into_changes().unwrap().replaced(), Some([Some(vec![1])].as_slice()));
}

#[test]
fn a_failure_below_comes_through() {
    let base = ReadOnce(Mutex::default());
    let overlay = Overlay::new(&base);
    let failure = ReadError::Storage { reason: "the disk is gone".into() };
    assert_eq!(overlay.scan(&raw(""), None, 1), Err(failure.clone()));
    assert_eq!(overlay.node(&NodePath::ROOT), Err(failure));
}

#[test]
fn any_sequence_of_calls_gives_what_a_stack_of_copies_gives() {
    for seed in 0..60 {
        let mut random = Sequence(seed);
        let base = base(&["01", "03", "05", "07", "09", "11", "13", "15"]);
        let mut overlay = Overlay::new(&base);
        let mut copies = vec![base.values().clone()];
        for _ in 0..200 {
            let key = raw(&format!("{:02}", random.below(18)));
            let top = copies.last_mut().unwrap();
            match random.below(8) {
                0..=2 => {
                    let value = vec![random.below(3) as u8];
                    overlay.set(&key, value.clone());
                    top.insert(key, value);
                }
                3 | 4 => {
                    overlay.remove(&key);
                    top.remove(&key);
                }
                5 if copies.len() <= MAX_CHECKPOINTS => {
                    overlay.checkpoint();
                    copies.push(copies.last().unwrap().clone());
                }
                6 if copies.len() > 1 => {
                    overlay.commit();
                    let kept = copies.pop().unwrap();
                    *copies.last_mut().unwrap() = kept;
                }
                7 if copies.len() > 1 => {
                    overlay.rollback();
                    copies.pop();
                }
                _ => {}
            }
            let top = copies.last().unwrap();
            let key = raw(&format!("{:02}", random.below(18)));
            assert_eq!(overlay.get(&key).unwrap(), top.get(&key).cloned(), "seed {seed}");
            let limit = random.below(6) as usize;
            let expected: Page = top
                .range(key.clone()..)
                .filter(|(found, _)| **found != key)
                .take(limit)
                .map(|(found, value)| (found.clone(), value.clone()))
                .collect();
            assert_eq!(overlay.scan(&raw(""), Some(&key), limit).unwrap(), expected);
        }
        while overlay.checkpoints() > 0 {
            overlay.commit();
        }
        let mut after = base.clone();
        after.apply(&overlay.into_changes().unwrap());
        assert_eq!(after.values(), copies.last().unwrap(), "seed {seed}");
    }
}
