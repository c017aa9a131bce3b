//! Random and damaged bytes through every decoder: refused, never a panic.

use super::harness::{block, evidence, status, status_answer, vote};
use crate::Topic;
use crate::frame::{self, BadFrame, Frame, ReadBudget};
use crate::protocols::{BlockFetch, BlockPush, BlockSync, Exchange, StatusExchange, TxPush};
use crate::topics;
use borsh::BorshDeserialize;
use futures::io::Cursor;
use types::codec::Version;
use types::wire::{BlockAnswer, EvidenceMessage, Handshake, MAX_HANDSHAKE_BYTES, TxBatch};

const INPUTS: u32 = 10_000;
const MAX_INPUT_BYTES: usize = 512;

/// Bytes that look random and are the same in every run.
fn noise(name: &str, number: u32) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes()).update(&number.to_le_bytes());
    let mut reader = hasher.finalize_xof();
    let mut length = [0; 2];
    reader.fill(&mut length);
    let mut bytes = vec![0; usize::from(u16::from_le_bytes(length)) % MAX_INPUT_BYTES];
    reader.fill(&mut bytes);
    bytes
}

/// A good message with one bit turned.
fn damaged(good: &[u8], number: u32) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let choice = blake3::hash(&number.to_le_bytes());
    let place = u32::from_le_bytes(choice.as_bytes()[..4].try_into().expect("four bytes"));
    let place = usize::try_from(place).expect("it fits") % bytes.len();
    bytes[place] ^= 1 << (choice.as_bytes()[4] % 8);
    bytes
}

#[test]
fn gossip_decoders_survive_noise() {
    let good = [
        (Topic::Consensus, types::encode(&vote(5))),
        (Topic::Transactions, types::encode(&TxBatch { version: Version, txs: vec![vec![1; 50]] })),
        (
            Topic::Evidence,
            types::encode(&EvidenceMessage { version: Version, evidence: evidence() }),
        ),
    ];
    for (topic, good) in good {
        let mut refused = 0;
        for number in 0..INPUTS {
            refused += u32::from(topics::decode(topic, &noise("gossip", number)).is_err());
            // Some of these still decode: a bit of a signature has no meaning here.
            let _ = topics::decode(topic, &damaged(&good, number));
        }
        assert_eq!(refused, INPUTS, "{topic:?}");
        assert!(topics::decode(topic, &good).is_ok());
    }
}

async fn read<T: BorshDeserialize>(bytes: &[u8], limit: usize) -> std::io::Result<Frame<T>> {
    frame::read(&mut Cursor::new(bytes), "test", limit, &ReadBudget::new(1 << 30)).await
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("it is short");
    [&length.to_le_bytes(), bytes].concat()
}

async fn survive_noise<T: BorshDeserialize>(name: &str, limit: usize, good: &[u8]) {
    for number in 0..INPUTS {
        let noise = noise(name, number);
        match read::<T>(&framed(&noise), limit).await.expect("the frame is whole") {
            Frame::Bad(BadFrame::Oversized) => assert!(noise.len() > limit),
            Frame::Bad(BadFrame::Malformed) => assert!(noise.len() <= limit),
            // A message of fixed size passes if the noise has its size and version.
            Frame::Inbound { .. } => assert_eq!((noise.len(), noise[0]), (good.len(), 1)),
            Frame::Outbound(_) => panic!("{name}: nothing was to be sent"),
        }
        // Without a frame around it, the length is noise as well.
        let _ = read::<T>(&noise, limit).await;
        let _ = read::<T>(&framed(&damaged(good, number)), limit).await;
    }
    let whole = read::<T>(&framed(good), limit).await.expect("the frame is whole");
    assert!(matches!(whole, Frame::Inbound { bytes, .. } if bytes == good.len()), "{name}");
}

#[tokio::test]
async fn exchange_decoders_survive_noise() {
    let pushed = types::encode(&block(100));
    survive_noise::<<BlockPush as Exchange>::Request>("push", 1_000_000, &pushed).await;

    let sent = types::encode(&TxBatch { version: Version, txs: vec![vec![7; 300]; 3] });
    let limit = TxPush::MAX_REQUEST_BYTES;
    survive_noise::<<TxPush as Exchange>::Request>("transactions", limit, &sent).await;

    let wanted = types::encode(&types::wire::BlockRequest {
        version: Version,
        block_id: types::BlockId([1; 32]),
    });
    let limit = BlockFetch::MAX_REQUEST_BYTES;
    survive_noise::<<BlockFetch as Exchange>::Request>("block", limit, &wanted).await;
    let found = BlockAnswer { version: Version, block: Some(block(100)) };
    let limit = BlockFetch::MAX_ANSWER_BYTES;
    survive_noise::<BlockAnswer>("block answer", limit, &types::encode(&found)).await;

    let asked = types::encode(&status(4));
    let limit = StatusExchange::MAX_REQUEST_BYTES;
    survive_noise::<<StatusExchange as Exchange>::Request>("status", limit, &asked).await;
    let answered = types::encode(&status_answer(4));
    let limit = StatusExchange::MAX_ANSWER_BYTES;
    survive_noise::<<StatusExchange as Exchange>::Answer>("status answer", limit, &answered).await;

    let asked = types::encode(&types::wire::SyncRequest {
        version: Version,
        from: types::Height(1),
        count: 5,
    });
    let limit = BlockSync::MAX_REQUEST_BYTES;
    survive_noise::<<BlockSync as Exchange>::Request>("sync", limit, &asked).await;
    let answered = types::encode(&types::wire::SyncAnswer {
        version: Version,
        tip: types::Height(1),
        oldest: types::Height(1),
        blocks: Vec::new(),
        finality: None,
    });
    let limit = BlockSync::MAX_ANSWER_BYTES;
    survive_noise::<<BlockSync as Exchange>::Answer>("sync answer", limit, &answered).await;

    let good = types::encode(&Handshake {
        version: Version,
        chain_id: types::ChainId::ZERO,
        genesis_hash: types::BlockId::ZERO,
        protocol_min: 1,
        protocol_max: 1,
        tip: types::Height(1),
        finalized: types::Height(1),
    });
    survive_noise::<Handshake>("handshake", MAX_HANDSHAKE_BYTES, &good).await;
}

#[tokio::test]
async fn a_frame_that_ends_early_is_an_error() {
    let whole = framed(&types::encode(&status(4)));
    for end in 0..whole.len() {
        let cut = read::<types::wire::StatusRequest>(&whole[..end], 1_000).await;
        assert!(cut.is_err(), "cut at {end}");
    }
}

#[tokio::test]
async fn a_length_above_the_limit_reads_no_further() {
    // Nothing follows the length: had it been believed, this would be an early end.
    let announced = 1_001_u32.to_le_bytes();
    let frame = read::<types::wire::StatusRequest>(&announced, 1_000).await;
    assert!(matches!(frame, Ok(Frame::Bad(BadFrame::Oversized))));
}

#[tokio::test]
async fn reading_keeps_to_its_budget_and_gives_back_what_it_took() {
    let budget = ReadBudget::new(100);
    let good = framed(&types::encode(&status(4)));
    for _ in 0..10 {
        let mut bytes = Cursor::new(&good);
        let frame: Frame<types::wire::StatusRequest> =
            frame::read(&mut bytes, "test", 1_000, &budget).await.expect("it fits each time");
        assert!(matches!(frame, Frame::Inbound { .. }));
    }
    let large = framed(&[0; 101]);
    let mut bytes = Cursor::new(&large);
    let refused =
        frame::read::<_, types::wire::StatusRequest>(&mut bytes, "test", 1_000, &budget).await;
    let error = refused.expect_err("it is above the budget");
    assert_eq!(error.kind(), std::io::ErrorKind::OutOfMemory);
}
