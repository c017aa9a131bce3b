//! The index: entries by height and address, and each validator's by age.

use super::MAX_CONFLICTS;
use super::ballots::{Details, Entry, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use types::{Height, Round, Step, ValidatorId, ValidatorSet, Value};

/// What one entry is taken to cost in memory: itself, and its places in three maps.
pub const ENTRY_BYTES: usize = size_of::<Entry>() + 128;
/// A validator's part is never smaller than this many entries: more than it can have in the height
/// in progress and the next, so that a set that grows never makes us forget the present.
pub const MIN_VALIDATOR_ENTRIES: usize = 512;

const _: () = assert!(
    MIN_VALIDATOR_ENTRIES > 2 * (super::ROUND_LOOKAHEAD as usize + 1) * 3 * 2,
    "two heights, the rounds that are looked at, three steps, two values"
);

/// What came of an entry.
#[derive(Clone, Debug)]
pub(super) enum Put {
    /// The first at its address, or the whole message of what was known as a half of evidence.
    New,
    /// This validator said this here before.
    Known,
    /// The second value at one address.
    Conflict { index: u16, round: Round, step: Step, first: Box<Entry>, second: Box<Entry> },
    /// A further value, or one too many double signs: not kept.
    Third,
}

/// What one validator said at one address.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    first: Box<Entry>,
    second: Option<Box<Entry>>,
}

impl Pair {
    /// One entry, or the two of a double sign, in order of arrival.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        std::iter::once(&*self.first).chain(self.second.as_deref())
    }

    /// The entry of this value.
    pub(super) fn of_value(&self, value: &Value) -> Option<&Entry> {
        self.entries().find(|entry| entry.value == *value)
    }

    /// Whether both values that count are known.
    pub(super) const fn is_full(&self) -> bool {
        self.second.is_some()
    }

    fn of_value_mut(&mut self, value: &Value) -> Option<&mut Entry> {
        if self.first.value == *value {
            return Some(&mut self.first);
        }
        self.second.as_deref_mut().filter(|entry| entry.value == *value)
    }
}

/// The entries at one (height, round, step), by position in V(height).
pub(super) type Entries = BTreeMap<u16, Pair>;

/// One height.
#[derive(Clone, Debug)]
pub(super) struct Record {
    set: Arc<ValidatorSet>,
    places: BTreeMap<(Round, Step), Entries>,
    /// Positions that propose first, once known.
    pub(super) eligible: Option<Vec<u16>>,
    /// The highest round of which a precommit quorum was seen: it decided the height.
    pub(super) commit_round: Option<Round>,
}

impl Record {
    pub(super) const fn set(&self) -> &Arc<ValidatorSet> {
        &self.set
    }

    /// Every place in order, with its entries.
    pub(super) fn places(&self) -> impl DoubleEndedIterator<Item = ((Round, Step), &Entries)> {
        self.places.iter().map(|(place, entries)| (*place, entries))
    }

    /// The entries at one place.
    pub(super) fn at(&self, round: Round, step: Step) -> impl Iterator<Item = (u16, &Pair)> {
        let entries = self.places.get(&(round, step));
        entries.into_iter().flatten().map(|(index, pair)| (*index, pair))
    }

    pub(super) fn pair(&self, round: Round, step: Step, index: u16) -> Option<&Pair> {
        self.places.get(&(round, step)).and_then(|entries| entries.get(&index))
    }

    fn remove(&mut self, round: Round, step: Step, index: u16) -> usize {
        let Some(entries) = self.places.get_mut(&(round, step)) else { return 0 };
        let removed = entries.remove(&index).map_or(0, |pair| pair.entries().count());
        if entries.is_empty() {
            self.places.remove(&(round, step));
        }
        removed
    }
}

/// One validator's entries, by age.
#[derive(Clone, Debug, Default)]
struct Shelf {
    addresses: BTreeSet<(Height, Round, Step)>,
    entries: usize,
    conflicts: BTreeSet<(Height, Round, Step)>,
}

/// All heights and all shelves.
#[derive(Debug)]
pub(super) struct Index {
    records: BTreeMap<Height, Record>,
    shelves: BTreeMap<ValidatorId, Shelf>,
    max_bytes: usize,
    /// How many entries one validator may have.
    shelf_limit: usize,
}

impl Index {
    pub(super) const fn new(max_bytes: usize) -> Self {
        Self {
            records: BTreeMap::new(),
            shelves: BTreeMap::new(),
            max_bytes,
            shelf_limit: MIN_VALIDATOR_ENTRIES,
        }
    }

    pub(super) fn record(&self, height: Height) -> Option<&Record> {
        self.records.get(&height)
    }

    pub(super) fn record_mut(&mut self, height: Height) -> Option<&mut Record> {
        self.records.get_mut(&height)
    }

    /// Heights with a record, highest first.
    pub(super) fn heights_down(&self) -> impl Iterator<Item = (Height, &Record)> {
        self.records.iter().rev().map(|(height, record)| (*height, record))
    }

    /// How many double signs of a validator are known.
    pub(super) fn conflicts(&self, validator: &ValidatorId) -> usize {
        self.shelves.get(validator).map_or(0, |shelf| shelf.conflicts.len())
    }

    /// Where each validator signed twice, lowest first.
    pub(super) fn conflict_places(
        &self,
    ) -> impl Iterator<Item = (&ValidatorId, (Height, Round, Step))> {
        let shelves = self.shelves.iter();
        shelves.flat_map(|(id, shelf)| shelf.conflicts.iter().map(move |place| (id, *place)))
    }

    /// Begin to keep a height. Equal sets are kept once: they hardly ever change.
    pub(super) fn open(&mut self, height: Height, set: &Arc<ValidatorSet>) {
        if self.records.contains_key(&height) {
            return;
        }
        let below = self.records.range(..height).next_back();
        let near = below.or_else(|| self.records.range(height..).next());
        let set = match near {
            Some((_, record)) if *record.set == **set => record.set.clone(),
            _ => set.clone(),
        };
        let record = Record { set, places: BTreeMap::new(), eligible: None, commit_round: None };
        self.records.insert(height, record);
    }

    /// Divide the bytes among so many validators, and those that left the set but have entries.
    pub(super) fn set_validators(&mut self, validators: usize) {
        let parts = validators.max(self.shelves.len()).max(1);
        let bytes = self.max_bytes.checked_div(parts).unwrap_or(self.max_bytes);
        self.shelf_limit = (bytes / ENTRY_BYTES).max(MIN_VALIDATOR_ENTRIES);
        let ids: Vec<ValidatorId> = self.shelves.keys().copied().collect();
        for id in ids {
            self.trim(&id);
        }
    }

    /// Forget every height below `oldest`, taking time in what is forgotten only.
    pub(super) fn forget_below(&mut self, oldest: Height) {
        while let Some(record) = self.records.first_entry()
            && *record.key() < oldest
        {
            record.remove();
        }
        for shelf in self.shelves.values_mut() {
            while let Some(place) = shelf.addresses.first().copied()
                && place.0 < oldest
            {
                shelf.addresses.remove(&place);
                let entries = 1 + usize::from(shelf.conflicts.remove(&place));
                shelf.entries = shelf.entries.saturating_sub(entries);
            }
        }
        self.shelves.retain(|_, shelf| shelf.entries > 0);
    }

    /// Keep an entry of a watched height.
    pub(super) fn put(&mut self, height: Height, set: &ValidatorSet, statement: Statement) -> Put {
        let Statement { index, round, step, entry } = statement;
        let Some(validator) = set.get(usize::from(index)).map(|validator| validator.id) else {
            return Put::Third;
        };
        let conflicts = self.conflicts(&validator);
        let Some(record) = self.records.get_mut(&height) else { return Put::Third };
        let entries = record.places.entry((round, step)).or_default();
        let place = (height, round, step);
        let put = match entries.get_mut(&index) {
            None => {
                entries.insert(index, Pair { first: Box::new(entry), second: None });
                Put::New
            }
            Some(pair) => {
                if let Some(held) = pair.of_value_mut(&entry.value) {
                    let fills = held.details == Details::Half && entry.details != Details::Half;
                    if fills {
                        *held = entry;
                    }
                    return if fills { Put::New } else { Put::Known };
                }
                if pair.is_full() || conflicts >= MAX_CONFLICTS {
                    return Put::Third;
                }
                pair.second = Some(Box::new(entry));
                let (first, second) = (pair.first.clone(), Box::new(entry));
                Put::Conflict { index, round, step, first, second }
            }
        };
        if step == Step::Precommit && entry.value.is_some() {
            record.note_commit(round, &entry.value);
        }
        let shelf = self.shelves.entry(validator).or_default();
        shelf.addresses.insert(place);
        shelf.entries = shelf.entries.saturating_add(1);
        if matches!(put, Put::Conflict { .. }) {
            shelf.conflicts.insert(place);
        }
        self.trim(&validator);
        put
    }

    /// Push out a validator's own oldest until it is within its part.
    fn trim(&mut self, id: &ValidatorId) {
        let Some(shelf) = self.shelves.get_mut(id) else { return };
        while shelf.entries > self.shelf_limit {
            let Some(oldest) = shelf.addresses.pop_first() else { return };
            shelf.conflicts.remove(&oldest);
            let (height, round, step) = oldest;
            let removed = self.records.get_mut(&height).map_or(0, |record| {
                let index = record.set.index_of(id).and_then(|index| u16::try_from(index).ok());
                index.map_or(0, |index| record.remove(round, step, index))
            });
            shelf.entries = shelf.entries.saturating_sub(removed.max(1));
        }
    }

    #[cfg(test)]
    pub(super) fn entries_of(&self, validator: &ValidatorId) -> usize {
        self.shelves.get(validator).map_or(0, |shelf| shelf.entries)
    }

    #[cfg(test)]
    pub(super) fn shelf_limit(&self) -> usize {
        self.shelf_limit
    }

    /// Entries counted anew, to compare with what the shelves say.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        let entries = self.records.values().flat_map(|record| record.places.values());
        entries.flat_map(BTreeMap::values).map(|pair| pair.entries().count()).sum()
    }
}
