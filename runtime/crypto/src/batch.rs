//! Judge many by one weighted sum, and halve what fails until each has its own verdict.

use blake3::{Hasher, OutputReader};
use curve25519_dalek::Scalar;
use std::collections::BTreeMap;

/// Most entries judged by one sum: beyond, a larger sum saves nothing more, while each wrong entry
/// would cost another pass over all of it.
pub(crate) const MAX_BATCH: usize = 1_024;

/// The verdict on each entry: `sum` judges many at once, `exact` judges one.
///
/// A wrong entry costs at most log2([`MAX_BATCH`]) further sums, and n wrong ones at most 2n sums,
/// so a flood of garbage costs a bounded multiple of checking one by one.
pub(crate) fn verdicts<T>(
    entries: &[T],
    sum: impl Fn(&[T]) -> bool,
    exact: impl Fn(&T) -> bool,
) -> Vec<bool> {
    let mut verdicts = Vec::with_capacity(entries.len());
    // Spans still to judge, the next one last, so that verdicts come in order. A span is taken away
    // for two of half its size: the stack never holds more than the batches and their depth.
    let mut spans: Vec<&[T]> = entries.chunks(MAX_BATCH).rev().collect();
    while let Some(span) = spans.pop() {
        match span {
            [] => {}
            [entry] => verdicts.push(exact(entry)),
            _ if sum(span) => verdicts.extend(core::iter::repeat_n(true, span.len())),
            _ => {
                let (first, second) = span.split_at(span.len() / 2);
                spans.push(second);
                spans.push(first);
            }
        }
    }
    assert_eq!(verdicts.len(), entries.len(), "every entry has one verdict");
    verdicts
}

/// [`verdicts`] where some entries did not even parse: those are wrong.
pub(crate) fn verdicts_of_parsed<T>(
    entries: impl ExactSizeIterator<Item = Option<T>>,
    sum: impl Fn(&[T]) -> bool,
    exact: impl Fn(&T) -> bool,
) -> Vec<bool> {
    let mut all = vec![false; entries.len()];
    let mut places = Vec::with_capacity(entries.len());
    let mut parsed = Vec::with_capacity(entries.len());
    for (place, entry) in entries.enumerate() {
        if let Some(entry) = entry {
            places.push(place);
            parsed.push(entry);
        }
    }
    for (place, verdict) in places.into_iter().zip(verdicts(&parsed, sum, exact)) {
        all[place] = verdict;
    }
    all
}

/// What the entries of a batch have in common (keys, addresses), each decoded once: terms of equal
/// points are merged in the sum.
pub(crate) struct Distinct<K, P> {
    indexes: BTreeMap<K, Option<usize>>,
    points: Vec<P>,
}

impl<K: Ord, P> Distinct<K, P> {
    pub(crate) const fn new() -> Self {
        Self { indexes: BTreeMap::new(), points: Vec::new() }
    }

    /// The place of a point, `None` if its bytes are not one.
    pub(crate) fn index(&mut self, key: K, decode: impl FnOnce(&K) -> Option<P>) -> Option<usize> {
        if let Some(index) = self.indexes.get(&key) {
            return *index;
        }
        let index = decode(&key).map(|point| {
            self.points.push(point);
            self.points.len().saturating_sub(1)
        });
        self.indexes.insert(key, index);
        index
    }

    /// The points, in order of their places.
    pub(crate) fn points(&self) -> &[P] {
        &self.points
    }
}

/// Sums of scalars, one for each distinct point that a span of a batch uses.
pub(crate) struct Coefficients(BTreeMap<usize, Scalar>);

impl Coefficients {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds to the coefficient of the point at a place.
    #[allow(clippy::arithmetic_side_effects, reason = "addition of scalars is total")]
    pub(crate) fn add(&mut self, place: usize, scalar: Scalar) {
        *self.0.entry(place).or_insert(Scalar::ZERO) += scalar;
    }

    /// The coefficients, ascending by place.
    pub(crate) fn scalars(&self) -> impl Iterator<Item = Scalar> {
        self.0.values().copied()
    }

    /// Their points, in the same order.
    pub(crate) fn points<'a, P>(&'a self, points: &'a [P]) -> impl Iterator<Item = &'a P> {
        self.0.keys().map(|place| &points[*place])
    }
}

/// Collects what a batch consists of; its weights are a hash of all of it, so that nobody can fit
/// errors to the weights. No randomness: every node computes the same.
pub(crate) struct Weights {
    hasher: Hasher,
}

impl Weights {
    /// For a batch of `count` entries, under a context of its own.
    pub(crate) fn new(context: &str, count: usize) -> Self {
        let mut hasher = Hasher::new_derive_key(context);
        hasher.update(&(count as u64).to_le_bytes());
        Self { hasher }
    }

    /// Adds a scalar that the entries are checked by.
    pub(crate) fn absorb(&mut self, scalar: &Scalar) {
        self.hasher.update(scalar.as_bytes());
    }

    /// The weights.
    pub(crate) fn finish(self) -> WeightStream {
        WeightStream { output: self.hasher.finalize_xof() }
    }
}

/// Weights of 128 bits, one after the other.
pub(crate) struct WeightStream {
    output: OutputReader,
}

impl WeightStream {
    /// The next weight, little-endian.
    pub(crate) fn next_weight(&mut self) -> Scalar {
        let mut bytes = [0; 16];
        self.output.fill(&mut bytes);
        Scalar::from(u128::from_le_bytes(bytes))
    }
}

#[cfg(test)]
mod tests;
