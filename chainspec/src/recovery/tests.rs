use super::*;
use crate::draw::tests::draft;
use crate::{Document, draw, render, validate_document};

fn origin() -> Origin {
    Origin {
        chain_id: ChainId([1; 32]),
        height: Height(9),
        block_id: BlockId([2; 32]),
        state_root: Hash([3; 32]),
        fresh: [4; 32],
    }
}

fn document() -> Document {
    let mut drawn = draft();
    drawn.salt = origin().salt();
    let mut genesis = draw(drawn).unwrap();
    genesis.balances.clear();
    genesis.roles.clear();
    Document { recovery: Some(origin()), ..Document::from_genesis(genesis, "syn") }
}

#[test]
fn a_document_that_continues_a_chain_reads_back_and_is_valid() {
    let document = document();
    assert_eq!(Document::parse(&render(&document)).unwrap(), document);
    assert_eq!(validate_document(&document), []);
}

#[test]
fn the_salt_is_bound_to_every_field_of_the_origin() {
    type Change = fn(&mut Origin);
    let changes: [Change; 5] = [
        |o| o.chain_id.0[0] ^= 1,
        |o| o.height.0 += 1,
        |o| o.block_id.0[0] ^= 1,
        |o| o.state_root.0[0] ^= 1,
        |o| o.fresh[0] ^= 1,
    ];
    for change in changes {
        let mut touched = document();
        change(touched.recovery.as_mut().unwrap());
        let found = validate_document(&touched);
        assert_eq!(found.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), ["salt"]);
    }
}

#[test]
fn balances_beside_a_carried_state_are_refused() {
    let mut touched = document();
    touched.genesis.balances = draft().balances;
    touched.genesis.balances.sort();
    let found = validate_document(&touched);
    assert_eq!(found.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), ["recovery"]);
}
