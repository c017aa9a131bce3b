use super::*;
use std::cell::Cell;

#[test]
fn halving_finds_exactly_the_wrong_ones() {
    for wrong in [vec![], vec![0], vec![12], vec![0, 1, 12], (0..13).collect::<Vec<_>>()] {
        let entries: Vec<usize> = (0..13).collect();
        let right = |entry: &usize| !wrong.contains(entry);
        let found = verdicts(&entries, |span| span.iter().all(right), right);
        assert_eq!(found, entries.iter().map(right).collect::<Vec<_>>());
    }
}

#[test]
fn garbage_costs_at_most_two_sums_an_entry() {
    let sums = Cell::new(0);
    let count_and_refuse = |_: &[u8]| {
        sums.set(sums.get() + 1);
        false
    };
    let entries = vec![0_u8; 3 * MAX_BATCH + 5];
    assert!(verdicts(&entries, count_and_refuse, |_| false).iter().all(|verdict| !verdict));
    assert!(sums.get() < 2 * entries.len(), "{} sums", sums.get());
}

#[test]
fn no_entries_have_no_verdicts() {
    assert!(verdicts(&[] as &[u8], |_| true, |_| true).is_empty());
}

#[test]
fn weights_depend_on_context_count_and_every_scalar() {
    let first = |context: &str, count: usize, scalars: &[[u8; 32]]| {
        let mut weights = Weights::new(context, count);
        scalars.iter().for_each(|scalar| weights.absorb(scalar));
        weights.finish().next_weight()
    };
    let base = first("a", 2, &[[1; 32], [2; 32]]);
    assert_eq!(base, first("a", 2, &[[1; 32], [2; 32]]));
    assert_ne!(base, first("b", 2, &[[1; 32], [2; 32]]));
    assert_ne!(base, first("a", 3, &[[1; 32], [2; 32]]));
    assert_ne!(base, first("a", 2, &[[1; 32], [3; 32]]));
    assert!(base.as_bytes()[16..].iter().all(|byte| *byte == 0), "128 bits");
}
