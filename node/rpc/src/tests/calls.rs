use super::world::{ALICE, BOB, World, refusal, transfer};
use client::dto::params::Nothing;
use client::dto::{AddressText, Cursor, TxState, Wait};
use client::verify::Trust;
use client::{Client, ClientError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use types::{AddressKind, Amount, Code, Height, Nonce, TimestampMs, TxHash};

/// Ask from a thread that may block.
async fn ask<R: Send + 'static>(
    world: &World,
    question: impl FnOnce(&Client) -> R + Send + 'static,
) -> R {
    let client = Client::new(world.config()).unwrap();
    tokio::task::spawn_blocking(move || question(&client)).await.unwrap()
}

fn text(address: types::Address) -> AddressText {
    AddressText::new("syn", AddressKind::Account, &address)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_blocks_accounts_and_receipts_come_from_the_store() {
    let world = World::new().await;
    world.commit(2);
    world.commit(0);
    world.finalize();
    world.commit(1);
    ask(&world, |client| {
        let status = client.status().unwrap();
        assert_eq!((status.tip.height, status.finalized.height), (Height(3), Height(2)));
        assert!(status.ready);
        let account = client.account(&text(ALICE), false).unwrap();
        assert_eq!((account.balance, account.height), (Amount(1_000), Height(3)));
        assert_eq!(client.account(&text(BOB), false).unwrap().balance, Amount(0));
        let nonce = client.nonce(&text(ALICE), 0).unwrap();
        assert_eq!((nonce.next, nonce.pending), (Nonce(0), Nonce(3)));
        let block = client.block(Some(Height(1))).unwrap();
        assert_eq!(block.txs.len(), 2);
        assert!(block.header.finalized);
        assert_eq!(client.block_by_id(block.header.block_id).unwrap(), block);
        assert!(!client.block(None).unwrap().header.finalized);
        let blocks = client.blocks(Height(0), 100).unwrap();
        assert_eq!(blocks.iter().map(|block| block.txs).collect::<Vec<_>>(), [0, 2, 0, 1]);
        let receipts = client.receipts(Height(1), 1, 10).unwrap();
        assert_eq!((receipts.count, receipts.from, receipts.receipts.len()), (2, 1, 1));
        let hash = crypto::id::tx_hash(&transfer(1, 1));
        let transaction = client.transaction(hash, false).unwrap();
        assert_eq!((transaction.height, transaction.receipt_index), (Height(1), 1));
        assert_eq!(client.validators(None).unwrap().since, Height(1));
        assert_eq!(client.supply().unwrap().supply, Amount(1_000));
        assert_eq!(client.mempool_info().unwrap().txs, 2);
        assert_eq!(client.commit(Some(Height(2))).unwrap().round, Some(0));
        assert_eq!(client.finality(None).unwrap().height, Height(2));
        assert!(client.params().unwrap().values.iter().any(|value| value.name == "gas_price"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_is_paged_without_gap_or_repetition() {
    let world = World::new().await;
    for _ in 0..5 {
        world.commit(3);
    }
    ask(&world, |client| {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = client.account_history(&text(BOB), cursor, 4).unwrap();
            seen.extend(page.entries.iter().map(|entry| (entry.height.0, entry.receipt)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let mut expected: Vec<_> =
            (1..=5).flat_map(|height| (0..3).map(move |receipt| (height, receipt))).collect();
        expected.reverse();
        assert_eq!(seen, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_genesis_comes_whole_and_proves_itself_by_its_hash() {
    let world = World::new().await;
    let genesis = world.genesis.clone();
    ask(&world, move |client| {
        let status = client.status().unwrap();
        let found = client.genesis().unwrap();
        assert_eq!(found, genesis);
        Trust::from_genesis(&found, Some(status.chain.genesis_hash)).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proofs_lead_to_the_roots_of_the_final_height() {
    let world = World::new().await;
    world.commit(3);
    world.finalize();
    world.commit(1);
    let tip = world.store.block_id(Height(1)).unwrap();
    let newest = world.store.newest_finality().unwrap().unwrap();
    ask(&world, move |client| {
        let proof = client.account(&text(ALICE), true).unwrap().proof.unwrap();
        assert_eq!(proof.height, Height(1));
        let path = state::Proof::decode(&proof.proof.0).unwrap();
        let proven = state::proof::verify(&path, &newest.state_root).unwrap();
        assert!(proven.value.is_some());
        let hash = crypto::id::tx_hash(&transfer(1, 2));
        let proof = client.transaction(hash, true).unwrap().proof.unwrap();
        assert_eq!((proof.index, proof.count), (2, 3));
        assert_eq!(Some(newest.block_id), tip);
        // Height 2 is not final: there is no certificate to prove it by.
        let later = crypto::id::tx_hash(&transfer(2, 0));
        let error = client.transaction(later, true).unwrap_err();
        assert_eq!(error.code(), Some(Code::NotFound));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn submitting_waits_until_the_block_is_there_and_until_it_is_final() {
    let world = Arc::new(World::new().await);
    let tx = transfer(1, 0);
    let hash = crypto::id::tx_hash(&tx);
    let submitted = ask(&world, {
        let tx = tx.clone();
        move |client| client.submit(&tx, Wait::None, Duration::from_secs(5)).unwrap()
    })
    .await;
    assert_eq!((submitted.hash, submitted.state), (hash, TxState::Pending { position: None }));
    let waiting = tokio::spawn({
        let (world, tx) = (Arc::clone(&world), tx.clone());
        async move {
            ask(&world, move |c| c.submit(&tx, Wait::Committed, Duration::from_secs(20))).await
        }
    });
    world.commit(1);
    let committed = waiting.await.unwrap().unwrap();
    let TxState::Committed(outcome) = committed.state else { panic!("it is not committed") };
    assert_eq!(outcome.height, Height(1));
    let waiting = tokio::spawn({
        let (world, tx) = (Arc::clone(&world), tx.clone());
        let limit = Duration::from_secs(20);
        async move { ask(&world, move |c| c.submit(&tx, Wait::Final, limit)).await }
    });
    world.finalize();
    assert!(matches!(waiting.await.unwrap().unwrap().state, TxState::Final(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_committed_transaction_sent_again_is_told_its_place_though_the_pool_forgot_it() {
    let world = World::new().await;
    world.commit(1);
    // What a pool says that was empty at the start: the nonce is used, it does not know by what.
    world.pool.lock().unwrap().refuse = Some(refusal(Code::NonceTooLow));
    ask(&world, |client| {
        for wait in [Wait::None, Wait::Committed] {
            let again = client.submit(&transfer(1, 0), wait, Duration::from_secs(5)).unwrap();
            assert!(matches!(again.state, TxState::Committed(_)), "{again:?}");
        }
        let batch = client.submit_batch(vec![transfer(1, 0), transfer(2, 0)]).unwrap();
        let code = |outcome: &client::dto::BatchOutcome| outcome.error.as_ref()?.registry_code();
        let codes: Vec<_> = batch.iter().map(code).collect();
        assert_eq!(codes, [Some(Code::Duplicate), Some(Code::NonceTooLow)]);
        let other = client.submit(&transfer(2, 0), Wait::Committed, Duration::from_secs(5));
        assert_eq!(other.unwrap_err().code(), Some(Code::NonceTooLow));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_runs_out_answers_pending_with_the_hash() {
    let world = World::new().await;
    let tx = transfer(1, 0);
    let submitted =
        ask(&world, move |client| client.submit(&tx, Wait::Final, Duration::from_millis(50)))
            .await
            .unwrap();
    assert_eq!(submitted.state, TxState::Pending { position: None });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_transaction_says_code_field_value_and_limit() {
    let world = World::new().await;
    world.pool.lock().unwrap().refuse = Some(refusal(Code::FeeLimit));
    let error = ask(&world, |client| {
        client.submit(&transfer(1, 0), Wait::None, Duration::from_secs(1)).unwrap_err()
    })
    .await;
    let ClientError::Refused { fault } = error else { panic!("{error}") };
    let info = fault.data.unwrap();
    assert_eq!((fault.code, info.code.as_str()), (20, "FEE_LIMIT"));
    assert_eq!(info.field.zip(info.value).zip(info.limit), {
        let text = |text: &str| text.to_owned();
        Some(((text("fee"), text("1")), text("2")))
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_a_thousand_has_a_thousand_outcomes_and_one_more_is_refused() {
    let world = World::new().await;
    ask(&world, |client| {
        let txs: Vec<Vec<u8>> = (0..1_000).map(|index| transfer(1, index)).collect();
        let outcomes = client.submit_batch(txs.clone()).unwrap();
        assert!(outcomes.iter().all(|outcome| outcome.error.is_none()));
        let hashes: Vec<TxHash> = outcomes.iter().map(|outcome| outcome.hash).collect();
        assert_eq!(hashes, txs.iter().map(|tx| crypto::id::tx_hash(tx)).collect::<Vec<_>>());
        let again = client.submit_batch(txs[..1].to_vec()).unwrap();
        assert_eq!(again[0].error.as_ref().unwrap().registry_code(), Some(Code::Duplicate));
        let mut more = txs;
        more.push(transfer(2, 0));
        let error = client.submit_batch(more).unwrap_err();
        assert_eq!(error.code(), Some(Code::BadField));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_pending_dropped_expired_or_unknown() {
    use crate::request::TxPlace;
    let world = World::new().await;
    let (pending, dropped) = (TxHash([1; 32]), TxHash([2; 32]));
    {
        let mut pool = world.pool.lock().unwrap();
        pool.places.insert(pending, TxPlace::Pending(Some(4)));
        pool.places.insert(dropped, TxPlace::Dropped(Code::PoolExpired));
    }
    world.commit(0);
    world.finalize();
    ask(&world, move |client| {
        let status = |hash, until| client.tx_status(hash, until).unwrap();
        let position = Some(client::dto::Number(4));
        assert_eq!(status(pending, None), TxState::Pending { position });
        assert_eq!(status(dropped, None), TxState::Dropped { code: "POOL_EXPIRED".to_owned() });
        let unknown = TxHash([3; 32]);
        assert_eq!(status(unknown, None), TxState::Unknown);
        // The final block's time is 1,001.
        assert_eq!(status(unknown, Some(TimestampMs(1_001))), TxState::Unknown);
        assert_eq!(status(unknown, Some(TimestampMs(1_000))), TxState::Expired);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_read_and_simulated_signed_or_not() {
    let world = World::new().await;
    ask(&world, |client| {
        let signed = transfer(1, 0);
        let tx = types::decode::<types::SignedTx>("tx", &signed, 10_000).unwrap().tx;
        let shown = client.decode(&signed).unwrap();
        assert_eq!(shown.hash.unwrap().0, crypto::id::tx_hash(&signed));
        let unsigned = client.decode(&types::encode(&tx)).unwrap();
        assert_eq!((unsigned.hash, unsigned.signing_hash), (None, shown.signing_hash));
        assert_eq!(client.simulate(&signed).unwrap().receipt.code, "OK");
        let other = types::Tx { lane: 1, ..tx };
        let error = client.simulate(&types::encode(&other)).unwrap_err();
        assert_eq!(error.code(), Some(Code::FeeUnpaid));
        let error = client.decode(&[1, 2, 3]).unwrap_err();
        assert_eq!(error.code(), Some(Code::Malformed));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_parameters_name_the_field_and_what_is_allowed() {
    let world = World::new().await;
    ask(&world, |client| {
        let field = |method: &str, params: Value| {
            let error = client.call::<_, Value>(method, &params).unwrap_err();
            let ClientError::Refused { fault } = error else { panic!("{error}") };
            assert_eq!(fault.code, -32_602, "{method} {params}");
            fault.data.unwrap().field.unwrap()
        };
        use serde_json::json;
        assert_eq!(field("blocks", json!({"from": "0", "count": 101})), "count");
        assert_eq!(field("block", json!({"height": "x"})), "height");
        assert_eq!(field("account", json!({"address": "syn1qqqq"})), "address");
        assert_eq!(field("nonce", json!({"address": text(ALICE), "lane": 64})), "lane");
        assert_eq!(field("state_get", json!({"key": "ff"})), "key");
        let error = client.block(Some(Height(99))).unwrap_err();
        assert_eq!(error.code(), Some(Code::NotYet));
        let error = client.transaction(TxHash([9; 32]), false).unwrap_err();
        assert_eq!(error.code(), Some(Code::NotFound));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_method_is_told_the_nearest_name() {
    let world = World::new().await;
    ask(&world, |client| {
        let error = client.call::<_, Value>("acount", &Nothing {}).unwrap_err();
        let ClientError::Refused { fault } = error else { panic!("{error}") };
        assert_eq!((fault.code, fault.registry_code()), (-32_601, Some(Code::UnknownMethod)));
        assert_eq!(fault.data.unwrap().limit.as_deref(), Some("account"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_answer_is_overloaded_and_not_alive() {
    let limits = crate::Limits { call_time: Duration::from_millis(100), ..Default::default() };
    let world = World::with(limits, |_| {}).await;
    world.pool.lock().unwrap().deaf = true;
    ask(&world, |client| {
        assert_eq!(client.mempool_info().unwrap_err().code(), Some(Code::Timeout));
        assert!(client.status().is_ok(), "what needs no loop goes on");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_methods_are_served_to_operators_only() {
    let world = World::new().await;
    let admin = world.server.admin.unwrap();
    ask(&world, move |client| {
        let filter = serde_json::json!({"filter": "debug"});
        let error = client.call::<_, bool>("admin_log_filter", &filter).unwrap_err();
        assert_eq!(error.code(), Some(Code::Unauthorized));
        let operator = Client::new(client::Config::from_urls(&admin.to_string()).unwrap()).unwrap();
        assert!(operator.call::<_, bool>("admin_log_filter", &filter).unwrap());
        assert!(operator.call::<_, bool>("admin_stop", &Nothing {}).unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_of_a_history_is_one_of_the_stream() {
    let world = World::new().await;
    world.commit(2);
    ask(&world, |client| {
        let page = client.account_history(&text(BOB), None, 1).unwrap();
        assert_eq!(page.next, Some(Cursor { height: Height(1), receipt: 1, event: 0 }));
    })
    .await;
}
