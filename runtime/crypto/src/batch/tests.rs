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
    let first = |context: &str, count: usize, scalars: &[u64]| {
        let mut weights = Weights::new(context, count);
        scalars.iter().for_each(|scalar| weights.absorb(&Scalar::from(*scalar)));
        weights.finish().next_weight()
    };
    let base = first("a", 2, &[1, 2]);
    assert_eq!(base, first("a", 2, &[1, 2]));
    assert_ne!(base, first("b", 2, &[1, 2]));
    assert_ne!(base, first("a", 3, &[1, 2]));
    assert_ne!(base, first("a", 2, &[1, 3]));
    assert!(base.as_bytes()[16..].iter().all(|byte| *byte == 0), "128 bits");
}

#[test]
fn what_does_not_parse_is_wrong_and_the_rest_keeps_its_place() {
    let entries = [Some(1), None, Some(2), None, Some(3)];
    let found = verdicts_of_parsed(entries.into_iter(), |_| false, |entry| *entry != 2);
    assert_eq!(found, [true, false, false, false, true]);
}

#[test]
fn distinct_decodes_once_and_remembers_what_is_no_point() {
    let mut distinct = Distinct::new();
    let decoded = Cell::new(0);
    let mut index = |key: u8| {
        distinct.index(key, |key| {
            decoded.set(decoded.get() + 1);
            (*key != 9).then_some(u16::from(*key))
        })
    };
    let found = [7, 9, 8, 7, 9, 8].map(&mut index);
    assert_eq!(found, [Some(0), None, Some(1), Some(0), None, Some(1)]);
    assert_eq!((decoded.get(), distinct.points()), (3, &[7_u16, 8][..]));
}

#[test]
fn coefficients_of_one_point_add_up() {
    let mut coefficients = Coefficients::new();
    for (place, scalar) in [(2, 5_u64), (0, 1), (2, 6)] {
        coefficients.add(place, Scalar::from(scalar));
    }
    let scalars: Vec<Scalar> = coefficients.scalars().collect();
    assert_eq!(scalars, [Scalar::from(1_u64), Scalar::from(11_u64)]);
    assert_eq!(coefficients.points(&['a', 'b', 'c']).collect::<String>(), "ac");
}
