//! `docs/bytes.md`: every block of it, in the order of the document.

mod ballots;
mod blocks;
mod files;
mod identity;
mod membership;
mod messages;
mod state;
mod transactions;

use crate::block::{Block, check};
use crate::fixture::World;

#[test]
fn the_examples_of_the_byte_formats_are_what_the_code_makes() {
    let world = World::new();
    let parts: [fn(&World) -> Vec<Block>; 8] = [
        identity::blocks,
        transactions::blocks,
        membership::blocks,
        blocks::blocks,
        ballots::blocks,
        state::blocks,
        messages::blocks,
        files::blocks,
    ];
    let made: Vec<Block> = parts.into_iter().flat_map(|part| part(&world)).collect();
    check("docs/bytes.md", &made);
}
