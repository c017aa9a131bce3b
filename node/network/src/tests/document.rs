//! What `docs/bytes.md` says about streams is what this crate does.
#![allow(clippy::unwrap_used)]

use crate::frame::{self, Frame, ReadBudget};
use crate::protocols::{
    BlockFetch, BlockPush, BlockSync, Exchange, StatusExchange, TxPush, protocol_id,
};
use crate::topics::{Topic, Topics};
use futures::io::Cursor;
use types::ChainId;
use types::wire::{Handshake, MAX_HANDSHAKE_BYTES};

const PAGE: &str = include_str!("../../../../docs/bytes.md");

/// Lines of a generated block of the page, name and value.
fn block(heading: &str) -> Vec<(&'static str, &'static str)> {
    let start = PAGE.find(&format!("\n```{heading}\n")).expect("the page has the block");
    let lines = PAGE[start + 1..].lines().skip(1).take_while(|line| *line != "```");
    lines.map(|line| line.split_at(28)).map(|(name, value)| (name.trim(), value)).collect()
}

#[test]
fn the_page_names_every_protocol_and_topic() {
    let digits = block("values chain-id")[0].1;
    let chain_id = ChainId(types::hash::parse_hex_32(digits).unwrap());
    let topics = Topics::new(&chain_id);
    let mut ours = vec![protocol_id(&chain_id, "gossip")];
    ours.extend(Topic::ALL.map(|topic| topics.hash(topic).to_string()));
    ours.extend(
        [BlockPush::NAME, TxPush::NAME, BlockFetch::NAME, StatusExchange::NAME, BlockSync::NAME]
            .map(|name| protocol_id(&chain_id, name)),
    );
    let page: Vec<_> = block("values protocols").into_iter().map(|(_, value)| value).collect();
    assert_eq!(page, ours);
}

#[tokio::test]
async fn the_handshake_of_the_page_is_read_and_written_alike() {
    let lines = block("bytes handshake-frame");
    let digits: String = lines.into_iter().map(|(_, value)| value).collect();
    let bytes: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect();
    let mut stream = Cursor::new(bytes.clone());
    let budget = ReadBudget::new(MAX_HANDSHAKE_BYTES);
    let read = frame::read(&mut stream, "handshake", MAX_HANDSHAKE_BYTES, &budget);
    let Frame::<Handshake>::Inbound { value, .. } = read.await.unwrap() else {
        panic!("the page's bytes are a handshake");
    };
    assert_eq!(value.tip.0, 2);
    let mut written = Cursor::new(Vec::new());
    frame::write(&mut written, &types::encode(&*value)).await.unwrap();
    assert_eq!(written.into_inner(), bytes);
}
