//! What a contract keeps: single values and maps, read only when asked for.
//!
//! A value lies under its field's position in the struct, one byte; a map's entry under that byte
//! followed by the key in borsh. So the order of fields is part of a contract's stored state: an
//! upgrade adds fields at the end and leaves the others where they are.

use crate::entry::{self, Encoder};
use crate::host;
use alloc::vec::Vec;
use borsh::io::{Error, Read, Result as IoResult, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use core::marker::PhantomData;

/// Entries that an iterator over a map asks the host for at once.
const PAGE_ENTRIES: u32 = 32;

/// A part of a contract's storage. A bare value is none:
///
/// ```compile_fail,E0277
/// use sdk::prelude::*;
///
/// #[contract]
/// struct Bell {
///     rung: u64,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a contract",
    note = "a contract's fields are `Item<T>` and `Map<K, V>`"
)]
pub trait Field: Sized {
    /// The field at this position. Nothing is read.
    fn open(position: u8) -> Self;
}

fn encode<T: BorshSerialize>(value: &T) -> Vec<u8> {
    entry::output(value)
}

/// A value of the contract's own writing.
fn decode<T: BorshDeserialize>(bytes: &[u8]) -> T {
    match borsh::from_slice(bytes) {
        Ok(value) => value,
        Err(_) => panic!("what is stored has another type than its field"),
    }
}

/// One value.
pub struct Item<T> {
    key: [u8; 1],
    of: PhantomData<T>,
}

impl<T> Field for Item<T> {
    fn open(position: u8) -> Self {
        Self { key: [position], of: PhantomData }
    }
}

impl<T> fmt::Debug for Item<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Item({})", self.key[0])
    }
}

impl<T: BorshSerialize + BorshDeserialize> Item<T> {
    /// The value; `None` if none was set.
    ///
    /// # Panics
    /// If an earlier version of the contract left a value of another type there.
    #[must_use]
    pub fn get(&self) -> Option<T> {
        host::storage_get(&self.key).map(|bytes| decode(&bytes))
    }

    /// The value, or its type's default if none was set.
    ///
    /// # Panics
    /// As [`Self::get`].
    #[must_use]
    pub fn or_default(&self) -> T
    where
        T: Default,
    {
        self.get().unwrap_or_default()
    }

    /// Whether one was set.
    #[must_use]
    pub fn exists(&self) -> bool {
        host::storage_has(&self.key)
    }

    /// Set it.
    pub fn set(&mut self, value: &T) {
        host::storage_set(&self.key, &encode(value));
    }

    /// Remove it; whether there was one.
    pub fn remove(&mut self) -> bool {
        host::storage_remove(&self.key)
    }

    /// Change it, from its default if none was set; nothing is stored if `change` fails.
    ///
    /// # Errors
    /// Those of `change`.
    ///
    /// # Panics
    /// As [`Self::get`].
    pub fn update<R, E>(&mut self, change: impl FnOnce(&mut T) -> Result<R, E>) -> Result<R, E>
    where
        T: Default,
    {
        let mut value = self.or_default();
        let result = change(&mut value)?;
        self.set(&value);
        Ok(result)
    }
}

/// Values by key.
///
/// Entries are in the order of their keys' bytes. That is not the order of numbers, which borsh
/// writes with their low byte first: [`Ascending`] has that.
pub struct Map<K, V> {
    position: u8,
    of: PhantomData<(K, V)>,
}

impl<K, V> Field for Map<K, V> {
    fn open(position: u8) -> Self {
        Self { position, of: PhantomData }
    }
}

impl<K, V> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({})", self.position)
    }
}

impl<K: BorshSerialize, V: BorshSerialize + BorshDeserialize> Map<K, V> {
    fn key(&self, key: &(impl BorshSerialize + ?Sized)) -> Vec<u8> {
        Encoder::new().value(&self.position).value(key).finish()
    }

    /// The value under a key.
    ///
    /// # Panics
    /// If an earlier version of the contract left a value of another type there.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        host::storage_get(&self.key(key)).map(|bytes| decode(&bytes))
    }

    /// The value under a key, or its type's default.
    ///
    /// # Panics
    /// As [`Self::get`].
    #[must_use]
    pub fn or_default(&self, key: &K) -> V
    where
        V: Default,
    {
        self.get(key).unwrap_or_default()
    }

    /// Whether there is a value under a key.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        host::storage_has(&self.key(key))
    }

    /// Set the value under a key.
    pub fn set(&mut self, key: &K, value: &V) {
        host::storage_set(&self.key(key), &encode(value));
    }

    /// Remove the value under a key; whether there was one.
    pub fn remove(&mut self, key: &K) -> bool {
        host::storage_remove(&self.key(key))
    }

    /// Remove the value under a key and return it.
    ///
    /// # Panics
    /// As [`Self::get`].
    pub fn take(&mut self, key: &K) -> Option<V> {
        let value = self.get(key)?;
        self.remove(key);
        Some(value)
    }

    /// Change the value under a key, from its default if there is none; nothing is stored if
    /// `change` fails.
    ///
    /// # Errors
    /// Those of `change`.
    ///
    /// # Panics
    /// As [`Self::get`].
    pub fn update<R, E>(
        &mut self,
        key: &K,
        change: impl FnOnce(&mut V) -> Result<R, E>,
    ) -> Result<R, E>
    where
        V: Default,
    {
        let mut value = self.or_default(key);
        let result = change(&mut value)?;
        self.set(key, &value);
        Ok(result)
    }
}

impl<K: BorshSerialize + BorshDeserialize, V: BorshSerialize + BorshDeserialize> Map<K, V> {
    /// Entries above `after`, at most `limit` of them and no more than 64 KiB; empty when there are
    /// none left. The last key is the `after` of the next page.
    ///
    /// # Panics
    /// As [`Self::get`].
    #[must_use]
    pub fn page(&self, after: Option<&K>, limit: u32) -> Vec<(K, V)> {
        self.scan(&[self.position], after, limit)
    }

    /// As [`Self::page`], of those entries whose key begins with `prefix`: in a map by `(A, B)`,
    /// the entries of one `A`.
    ///
    /// # Panics
    /// As [`Self::get`].
    #[must_use]
    pub fn page_under(
        &self,
        prefix: &impl BorshSerialize,
        after: Option<&K>,
        limit: u32,
    ) -> Vec<(K, V)> {
        self.scan(&self.key(prefix), after, limit)
    }

    /// All entries, fetched in pages. Gas is the only bound: a map that others can fill is walked
    /// by pages, over several calls.
    ///
    /// # Panics
    /// As [`Self::get`].
    #[must_use]
    pub fn iter(&self) -> Entries<'_, K, V> {
        self.entries(alloc::vec![self.position])
    }

    /// As [`Self::iter`], of those entries whose key begins with `prefix`.
    ///
    /// # Panics
    /// As [`Self::get`].
    #[must_use]
    pub fn iter_under(&self, prefix: &impl BorshSerialize) -> Entries<'_, K, V> {
        self.entries(self.key(prefix))
    }

    fn scan(&self, prefix: &[u8], after: Option<&K>, limit: u32) -> Vec<(K, V)> {
        let after = after.map(|key| self.key(key)).unwrap_or_default();
        let page = host::storage_scan(prefix, &after, limit);
        page.into_iter().map(|(key, value)| (decode(&key[1..]), decode(&value))).collect()
    }

    fn entries(&self, prefix: Vec<u8>) -> Entries<'_, K, V> {
        let page = Vec::new().into_iter();
        Entries { prefix, after: Vec::new(), page, map: PhantomData }
    }
}

impl<'a, K, V> IntoIterator for &'a Map<K, V>
where
    K: BorshSerialize + BorshDeserialize,
    V: BorshSerialize + BorshDeserialize,
{
    type Item = (K, V);
    type IntoIter = Entries<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The entries of a map, one page at a time.
#[derive(Debug)]
pub struct Entries<'a, K, V> {
    prefix: Vec<u8>,
    after: Vec<u8>,
    page: alloc::vec::IntoIter<(Vec<u8>, Vec<u8>)>,
    /// Nobody changes the map meanwhile.
    map: PhantomData<&'a Map<K, V>>,
}

impl<K: BorshDeserialize, V: BorshDeserialize> Iterator for Entries<'_, K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        if self.page.len() == 0 {
            self.page = host::storage_scan(&self.prefix, &self.after, PAGE_ENTRIES).into_iter();
        }
        let (key, value) = self.page.next()?;
        let entry = (decode(&key[1..]), decode(&value));
        self.after = key;
        Some(entry)
    }
}

/// A number as a key whose entries stand in rising order: written with its high byte first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ascending(pub u64);

impl BorshSerialize for Ascending {
    fn serialize<W: Write>(&self, writer: &mut W) -> IoResult<()> {
        writer.write_all(&self.0.to_be_bytes())
    }
}

impl BorshDeserialize for Ascending {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self, Error> {
        <[u8; 8]>::deserialize_reader(reader).map(|bytes| Self(u64::from_be_bytes(bytes)))
    }
}
