//! Every kind of message, from one node to another.

use super::harness::{
    Node, block, config, evidence, key, pair, status, status_answer, vote, vote_height,
};
use crate::{
    Audience, Command, Config, Event, FailureReason, GossipId, RequestKind, Topic, Verdict,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::interval;
use types::codec::Version;
use types::wire::{EvidenceMessage, SyncAnswer, SyncedBlock, TxBatch};
use types::{BlockId, CommitCertificate, Height, Round};

fn bytes<T: borsh::BorshSerialize>(message: &T) -> Arc<[u8]> {
    Arc::from(types::encode(message))
}

/// Publish fresh votes until one arrives: a peer's subscription comes a moment after its
/// connection, and what is published before is meant to be lost. Returns the height that arrived.
async fn gossip_until_heard(sender: &Node, receiver: &mut Node) -> u64 {
    let mut height = 1_000;
    let mut again = interval(Duration::from_millis(20));
    let heard = receiver.wait("a vote", vote_height);
    tokio::pin!(heard);
    loop {
        tokio::select! {
            heard = &mut heard => return heard,
            _ = again.tick() => {
                height += 1;
                sender.send(Command::Gossip(Topic::Consensus, bytes(&vote(height)))).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gossip_of_every_topic_arrives_decoded() {
    let (sender, mut receiver) = pair(config(1), config(2)).await;
    gossip_until_heard(&sender, &mut receiver).await;

    sender.send(Command::Gossip(Topic::Consensus, bytes(&vote(5)))).await;
    let txs = vec![vec![1, 2, 3], vec![4]];
    let batch = TxBatch { version: Version, txs: txs.clone() };
    sender.send(Command::Gossip(Topic::Transactions, bytes(&batch))).await;
    let pair = EvidenceMessage { version: Version, evidence: evidence() };
    sender.send(Command::Gossip(Topic::Evidence, bytes(&pair))).await;

    receiver.wait("the vote", |event| vote_height(event).filter(|height| *height == 5)).await;
    let got = receiver
        .wait("the batch", |event| match event {
            Event::Transactions { peer, txs, .. } => Some((*peer, txs.clone())),
            _ => None,
        })
        .await;
    assert_eq!(got, (sender.key, txs));
    let got = receiver
        .wait("the pair", |event| match event {
            Event::Evidence { evidence, .. } => Some((**evidence).clone()),
            _ => None,
        })
        .await;
    assert_eq!(got, evidence());
    assert!(receiver.metrics().gossip_received >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_transaction_batch_passes() {
    let (sender, mut receiver) = pair(config(1), config(2)).await;
    gossip_until_heard(&sender, &mut receiver).await;
    let overhead = types::encode(&TxBatch { version: Version, txs: vec![Vec::new()] }).len();
    let largest = Topic::Transactions.max_bytes() - overhead;
    // Two at once: what is read ahead of the second counts against the first one's limit.
    for filling in [1, 2] {
        let batch = TxBatch { version: Version, txs: vec![vec![filling; largest]] };
        sender.send(Command::Gossip(Topic::Transactions, bytes(&batch))).await;
    }
    for filling in [1, 2] {
        receiver
            .wait("a large batch", |event| match event {
                Event::Transactions { txs, .. } if txs[0] == vec![filling; largest] => Some(()),
                _ => None,
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_reaches_four_nodes_in_one_hop() {
    let seeds = [1, 2, 3, 4];
    let mut nodes: Vec<Node> = Vec::new();
    for seed in seeds {
        let peers = nodes.iter().map(Node::known).collect();
        let node = Node::start(Config { peers, ..config(seed) }).await;
        node.allow(&seeds).await;
        nodes.push(node);
    }
    for node in &mut nodes {
        let own = node.key;
        for other in seeds.iter().map(|seed| key(*seed)).filter(|other| *other != own) {
            node.wait_connected(other).await;
        }
    }
    let mut sender = nodes.pop().expect("there are four");
    for receiver in &mut nodes {
        gossip_until_heard(&sender, receiver).await;
    }

    // Nobody has given a verdict, so nobody forwards: what arrives came straight from the sender.
    sender.send(Command::Gossip(Topic::Consensus, bytes(&vote(77)))).await;
    for receiver in &mut nodes {
        let from = receiver
            .wait("the vote", |event| match event {
                Event::Consensus { peer, .. } if vote_height(event) == Some(77) => Some(*peer),
                _ => None,
            })
            .await;
        assert_eq!(from, sender.key);
    }
    assert_eq!(sender.count(|event| vote_height(event).is_some()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_forwarded_only_after_it_is_accepted() {
    // A line: the ends do not know each other.
    let mut middle = Node::start(config(1)).await;
    middle.allow(&[2, 3]).await;
    let mut left = Node::start(Config { peers: vec![middle.known()], ..config(2) }).await;
    left.allow(&[1]).await;
    let mut right = Node::start(Config { peers: vec![middle.known()], ..config(3) }).await;
    right.allow(&[1]).await;
    middle.wait_connected(left.key).await;
    middle.wait_connected(right.key).await;
    gossip_until_heard(&middle, &mut left).await;
    gossip_until_heard(&middle, &mut right).await;
    gossip_until_heard(&left, &mut middle).await;

    let verdicts = [(1, Verdict::Ignore), (2, Verdict::Reject), (3, Verdict::Accept)];
    for (height, verdict) in verdicts {
        left.send(Command::Gossip(Topic::Consensus, bytes(&vote(height)))).await;
        let id: GossipId = middle
            .wait("the vote", |event| match event {
                Event::Consensus { id, .. } if vote_height(event) == Some(height) => Some(*id),
                _ => None,
            })
            .await;
        middle.send(Command::Validate { id, verdict }).await;
    }
    let first =
        right.wait("the vote", |event| vote_height(event).filter(|height| *height < 10)).await;
    assert_eq!(first, 3);
    assert_eq!(middle.metrics().offences, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_pushed() {
    let (sender, mut receiver) = pair(config(1), config(2)).await;
    let big = block(2 * 1024 * 1024);
    for to in [Audience::Everybody, Audience::Peers(vec![receiver.key, key(9)])] {
        sender.send(Command::PushBlock { to, bytes: bytes(&big) }).await;
        let got = receiver
            .wait("the block", |event| match event {
                Event::Block { peer, block } => Some((*peer, (**block).clone())),
                _ => None,
            })
            .await;
        assert_eq!(got, (sender.key, big.clone()));
    }
    assert_eq!(sender.metrics().blocks_pushed, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_go_straight_to_one_peer() {
    let (sender, mut receiver) = pair(config(1), config(2)).await;
    let txs = vec![vec![1, 2, 3], vec![4; 60_000]];
    let batch = bytes(&TxBatch { version: Version, txs: txs.clone() });
    // Who is not connected is left out.
    for peer in [key(9), receiver.key] {
        let bytes = Arc::clone(&batch);
        sender.send(Command::SendTransactions { peer, bytes }).await;
    }
    let got = receiver
        .wait("the batch", |event| match event {
            Event::PushedTransactions { peer, txs } => Some((*peer, txs.clone())),
            _ => None,
        })
        .await;
    assert_eq!(got, (sender.key, txs));
    assert_eq!(receiver.metrics().offences, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_pushes_batches_that_are_none_is_cut_off() {
    let large = vec![vec![1; 40_000], vec![2; 40_000]];
    for txs in [Vec::new(), large] {
        let (sender, mut receiver) = pair(config(1), config(2)).await;
        let batch = bytes(&TxBatch { version: Version, txs });
        for _ in 0..5 {
            let (peer, bytes) = (receiver.key, Arc::clone(&batch));
            sender.send(Command::SendTransactions { peer, bytes }).await;
        }
        receiver
            .wait("the ban", |event| match event {
                Event::Banned { peer } if *peer == sender.key => Some(()),
                _ => None,
            })
            .await;
        let pushed = |event: &Event| matches!(event, Event::PushedTransactions { .. });
        assert_eq!(receiver.count(pushed), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_is_fetched_or_said_to_be_missing() {
    let (mut asker, mut answerer) = pair(config(1), config(2)).await;
    let wanted = BlockId([5; 32]);
    for held in [Some(Arc::new(block(1_000))), None] {
        asker.send(Command::RequestBlock { peer: answerer.key, block_id: wanted }).await;
        let id = answerer
            .wait("the request", |event| match event {
                Event::BlockRequest { peer, id, block_id } => {
                    assert_eq!((*peer, *block_id), (asker.key, wanted));
                    Some(*id)
                }
                _ => None,
            })
            .await;
        answerer.send(Command::AnswerBlock { id, block: held.clone() }).await;
        let got = asker
            .wait("the answer", |event| match event {
                Event::BlockAnswer { peer, block_id, block } => {
                    assert_eq!((*peer, *block_id), (answerer.key, wanted));
                    Some(block.clone())
                }
                _ => None,
            })
            .await;
        assert_eq!(got.map(|block| *block), held.map(|block| (*block).clone()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_is_exchanged() {
    let (mut asker, mut answerer) = pair(config(1), config(2)).await;
    let request = Box::new(status(4));
    asker.send(Command::RequestStatus { peer: answerer.key, request }).await;
    let id = answerer
        .wait("the request", |event| match event {
            Event::StatusRequest { id, request, .. } => {
                assert_eq!(**request, status(4));
                Some(*id)
            }
            _ => None,
        })
        .await;
    let answer = Box::new(status_answer(6));
    answerer.send(Command::AnswerStatus { id, answer }).await;
    let got = asker
        .wait("the answer", |event| match event {
            Event::StatusAnswer { answer, .. } => Some((**answer).clone()),
            _ => None,
        })
        .await;
    assert_eq!(got, status_answer(6));
}

fn sync_answer(blocks: usize) -> SyncAnswer {
    let certificate = CommitCertificate {
        version: Version,
        chain_id: super::harness::CHAIN,
        height: Height(4),
        round: Round(0),
        block_id: BlockId::ZERO,
        precommits: Vec::new(),
    };
    let synced = SyncedBlock { block: block(10).block, certificate };
    SyncAnswer {
        version: Version,
        tip: Height(9),
        oldest: Height(1),
        blocks: vec![synced; blocks],
        finality: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_blocks_are_fetched_but_never_more_than_were_asked_for() {
    let (mut asker, mut answerer) = pair(config(1), config(2)).await;
    for blocks in [2, 3] {
        let ask = Command::RequestSync { peer: answerer.key, from: Height(4), count: 2 };
        asker.send(ask).await;
        let id = answerer
            .wait("the request", |event| match event {
                Event::SyncRequest { id, request, .. } => {
                    assert_eq!((request.from, request.count), (Height(4), 2));
                    Some(*id)
                }
                _ => None,
            })
            .await;
        let answer = Box::new(sync_answer(blocks));
        answerer.send(Command::AnswerSync { id, answer }).await;
    }
    let got = asker
        .wait("the good answer", |event| match event {
            Event::SyncAnswer { from, answer, .. } => Some((*from, (**answer).clone())),
            _ => None,
        })
        .await;
    assert_eq!(got, (Height(4), sync_answer(2)));
    let failed = asker.wait("the failure", failure).await;
    let kind = RequestKind::Sync { from: Height(4), count: 2 };
    assert_eq!(failed, (kind, FailureReason::BadAnswer));
    assert_eq!(asker.metrics().offences, 1);
}

fn failure(event: &Event) -> Option<(RequestKind, FailureReason)> {
    match event {
        Event::RequestFailed { kind, reason, .. } => Some((*kind, *reason)),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_nobody_fails_at_once() {
    let mut node = Node::start(config(1)).await;
    node.send(Command::RequestStatus { peer: key(9), request: Box::new(status(1)) }).await;
    let failed = node.wait("the failure", failure).await;
    assert_eq!(failed, (RequestKind::Status, FailureReason::NotConnected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_answered_in_time_fails_and_its_handle_is_void() {
    let (mut asker, mut answerer) = pair(config(1), config(2)).await;
    asker.send(Command::RequestStatus { peer: answerer.key, request: Box::new(status(1)) }).await;
    let id = answerer
        .wait("the request", |event| match event {
            Event::StatusRequest { id, .. } => Some(*id),
            _ => None,
        })
        .await;
    let failed = asker.wait("the failure", failure).await;
    assert_eq!(failed.0, RequestKind::Status);
    // Either side's clock may run out first.
    assert!(matches!(failed.1, FailureReason::Timeout | FailureReason::Dropped), "{failed:?}");

    asker.stop().await;
    answerer.wait_disconnected(key(1)).await;
    answerer.send(Command::AnswerStatus { id, answer: Box::new(status_answer(1)) }).await;
    assert!(answerer.connected().await.is_empty());
    assert_eq!(answerer.metrics().answers_dropped, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_a_peer_may_have_under_way_fail_as_busy() {
    let (mut asker, answerer) = pair(config(1), config(2)).await;
    // Nobody answers; the fifth of eight streams' half is one too many.
    let wanted: BTreeSet<u8> = (1..=5).collect();
    for byte in wanted {
        let block_id = BlockId([byte; 32]);
        asker.send(Command::RequestBlock { peer: answerer.key, block_id }).await;
    }
    let failed = asker.wait("the failure", failure).await;
    assert_eq!(failed, (RequestKind::Block(BlockId([5; 32])), FailureReason::Busy));
}
