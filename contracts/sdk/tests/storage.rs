//! Items and maps as a contract uses them.
#![allow(missing_docs, clippy::unwrap_used, unreachable_pub)]

use sdk::prelude::*;
use sdk::testing::{Account, TestEnv};

/// Keeps whatever a test puts into it.
#[contract]
pub struct Shelf {
    word: Item<String>,
    by_pair: Map<(u8, String), u32>,
    queue: Map<Ascending, Vec<u8>>,
    empty: Map<u8, ()>,
}

#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum ShelfError {
    Refused,
}

type Pairs = Vec<((u8, String), u32)>;

#[contract]
impl Shelf {
    #[init]
    pub fn init(&mut self) {}

    #[call]
    pub fn words(&mut self) -> (bool, Option<String>, Option<String>, bool, bool) {
        let before = self.word.exists();
        self.word.set(&"one".into());
        let set = self.word.get();
        let refused = self.word.update(|word| {
            word.push('!');
            Err::<(), _>(ShelfError::Refused)
        });
        assert_eq!(refused, Err(ShelfError::Refused));
        let kept = self.word.get();
        (before, set, kept, self.word.remove(), self.word.remove())
    }

    #[call]
    pub fn fill(&mut self, first: u8, count: u32) {
        for number in 0..count {
            self.by_pair.set(&(first, format!("{number:04}")), &number);
        }
    }

    #[call]
    pub fn push(&mut self, number: u64, bytes: Vec<u8>) {
        self.queue.set(&Ascending(number), &bytes);
    }

    #[call]
    pub fn take(&mut self, first: u8, name: String) -> (Option<u32>, Option<u32>, bool) {
        let key = (first, name);
        (self.by_pair.take(&key), self.by_pair.take(&key), self.by_pair.contains(&key))
    }

    #[call]
    pub fn mark(&mut self, key: u8) -> (bool, bool, bool) {
        let before = self.empty.contains(&key);
        self.empty.set(&key, &());
        (before, self.empty.contains(&key), self.empty.remove(&key))
    }

    #[view]
    pub fn page(&self, first: u8, after: Option<String>, limit: u32) -> Vec<u32> {
        let after = after.map(|name| (first, name));
        let page: Pairs = self.by_pair.page_under(&first, after.as_ref(), limit);
        page.into_iter().map(|(_, number)| number).collect()
    }

    #[view]
    pub fn sums(&self) -> (u32, u32) {
        let under = self.by_pair.iter_under(&2_u8).map(|(_, number)| number).sum();
        (self.by_pair.iter().map(|(_, number)| number).sum(), under)
    }

    #[view]
    pub fn order(&self) -> Vec<u64> {
        (&self.queue).into_iter().map(|(number, _)| number.0).collect()
    }

    #[view]
    pub fn bytes_of_a_page(&self, limit: u32) -> Vec<u64> {
        self.queue.page(None, limit).into_iter().map(|(number, _)| number.0).collect()
    }
}

fn shelf() -> ShelfClient<Account> {
    ShelfClient::instantiate(&TestEnv::native().account("alice", 0)).unwrap()
}

#[test]
fn an_item_is_set_changed_and_removed() {
    let one = || Some("one".to_string());
    assert_eq!(shelf().words(), Ok((false, one(), one(), true, false)));
}

#[test]
fn a_map_is_walked_in_pages_and_by_prefix() {
    let shelf = shelf();
    shelf.fill(1, 3).unwrap();
    shelf.fill(2, 100).unwrap();
    shelf.fill(3, 3).unwrap();

    assert_eq!(shelf.page(1, None, 10), Ok(vec![0, 1, 2]));
    assert_eq!(shelf.page(2, None, 2), Ok(vec![0, 1]));
    assert_eq!(shelf.page(2, Some("0001".into()), 2), Ok(vec![2, 3]));
    assert_eq!(shelf.page(2, Some("0098".into()), 9), Ok(vec![99]));
    assert_eq!(shelf.page(2, Some("0099".into()), 9), Ok(vec![]));
    assert_eq!(shelf.page(4, None, 9), Ok(vec![]));
    // More than a page's entries, and no entry of a neighbour.
    assert_eq!(shelf.sums(), Ok((3 + 4_950 + 3, 4_950)));
}

#[test]
fn a_page_ends_where_64_kib_do() {
    let shelf = shelf();
    (0..5).for_each(|number| shelf.push(number, vec![7; 20_000]).unwrap());
    assert_eq!(shelf.bytes_of_a_page(100), Ok(vec![0, 1, 2]));
    assert_eq!(shelf.order(), Ok(vec![0, 1, 2, 3, 4]));
}

#[test]
fn ascending_keys_stand_in_the_order_of_numbers() {
    let shelf = shelf();
    for number in [256, 1, u64::MAX, 255, 0] {
        shelf.push(number, Vec::new()).unwrap();
    }
    assert_eq!(shelf.order(), Ok(vec![0, 1, 255, 256, u64::MAX]));
}

#[test]
fn an_entry_is_taken_once_and_an_empty_value_is_one() {
    let shelf = shelf();
    shelf.fill(1, 1).unwrap();
    assert_eq!(shelf.take(1, "0000".into()), Ok((Some(0), None, false)));
    assert_eq!(shelf.mark(9), Ok((false, true, true)));
}

#[test]
fn a_key_or_value_beyond_its_limit_fails_the_call() {
    let shelf = shelf();
    assert_eq!(shelf.push(0, vec![0; 64 * 1024]).unwrap_err().code(), Code::StorageLimit);
    assert_eq!(shelf.push(0, vec![0; 64 * 1024 - 4]), Ok(()));
    assert_eq!(shelf.take(1, "k".repeat(300)).unwrap_err().code(), Code::StorageLimit);
}
