//! A node without consensus: a store that tests fill, a loop that answers, a server on a free port.

use crate::request::{
    ChainInfo, ConsensusStatus, Head, ProveError, Refusal, Request, Services, SimulateError,
    Simulated, SubmitOutcome, TxPlace, Viewed,
};
use crate::{Config, Limits, Listener, Metrics, Server, serve};
use client::dto::{MempoolInfo, NetInfo};
use crypto::{id, merkle};
use prometheus_client::registry::Registry;
use state::{ChangeSet, Tree, key};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::{CommitBatch, GenesisBatch, Options, Store};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use types::codec::{Version, WideVersion};
use types::genesis::Registrars;
use types::receipt::{NativeEvent, ReceiptKind, Status};
use types::record::{ChainRecord, CodeRecord, ContractRecord, SetRecord};
use types::{
    AccountRecord, Address, AddressKind, Amount, Auth, Body, Call, CertificateSignature, Code,
    CommitCertificate, Event, Failure, FinalityCertificate, Gas, Genesis, GenesisValidator, Hash,
    Header, Height, Nonce, Params, PossessionProof, PublicKey, Receipt, RevealPoint, Round, Share,
    Signature, SignedTx, TimestampMs, Tx, TxHash, VotingPower, VrfProof,
};

pub(super) const ALICE: Address = Address([0xa1; 32]);
pub(super) const BOB: Address = Address([0xb0; 32]);
/// A contract, and what stands for its module here: nothing runs it.
pub(super) const COUNTER: Address = Address([0xc0; 32]);
pub(super) const CODE: &[u8] = b"a module";

/// What the pool of the loop holds and how it answers.
#[derive(Default)]
pub(super) struct Pool {
    pub(super) places: BTreeMap<TxHash, TxPlace>,
    pub(super) refuse: Option<Refusal>,
    /// Leave every question unanswered.
    pub(super) deaf: bool,
}

pub(super) struct World {
    pub(super) genesis: Genesis,
    pub(super) store: Arc<Store>,
    pub(super) server: Server,
    pub(super) pool: Arc<Mutex<Pool>>,
    head: watch::Sender<Head>,
    tree: Arc<Mutex<Tree>>,
    _consensus: watch::Sender<Arc<ConsensusStatus>>,
    _folder: TempDir,
}

fn genesis() -> Genesis {
    let validator = GenesisValidator {
        consensus_key: PublicKey([1; 32]),
        commitment: RevealPoint([2; 32]),
        randomness_key: RevealPoint([3; 32]),
        commitment_proof: PossessionProof([4; 64]),
        randomness_proof: PossessionProof([5; 64]),
        network_key: PublicKey([6; 32]),
        member: "one".to_owned(),
        operator: ALICE,
        power: VotingPower(1),
        bond: Amount(0),
        hidden_information: Vec::new(),
        attestations: Vec::new(),
    };
    Genesis {
        version: Version,
        name: "syndic:test".to_owned(),
        salt: [3; 16],
        time_ms: TimestampMs(1_000),
        protocol: 1,
        params: Params::default(),
        members: Vec::new(),
        registrars: Registrars { set_version: 1, threshold: 1, keys: Vec::new() },
        validators: vec![validator],
        balances: vec![(ALICE, Amount(1_000))],
        roles: Vec::new(),
    }
}

fn first_state(genesis: &Genesis) -> ChangeSet {
    let chain = ChainRecord {
        version: Version,
        protocol: 1,
        carried: Height(0),
        genesis: id::genesis_hash(genesis),
        supply: Amount(1_000),
        registrars: genesis.registrars.clone(),
        upgrade: None,
    };
    let account =
        AccountRecord { version: Version, kind: AddressKind::Account, balance: Amount(1_000) };
    let set = SetRecord { version: Version, set: id::genesis_set(genesis).unwrap() };
    let code_hash = crypto::hash::blake3(CODE);
    let code = CodeRecord {
        version: Version,
        bytes: u32::try_from(CODE.len()).unwrap(),
        deployer: ALICE,
        deployed: Height(0),
    };
    let contract = ContractRecord {
        version: Version,
        code_hash,
        creator: ALICE,
        admin: Some(BOB),
        paused: types::record::Pause::No,
        created: Height(0),
        upgraded: Height(0),
    };
    let mut entries = vec![
        (key::code(&code_hash), Some(CODE.to_vec())),
        (key::code_record(&code_hash), Some(types::encode(&code))),
        (key::contract(&COUNTER), Some(types::encode(&contract))),
        (key::chain(), Some(types::encode(&chain))),
        (key::params(), Some(types::encode(&genesis.params))),
        (key::account(&ALICE), Some(types::encode(&account))),
        (key::set(Height(1)), Some(types::encode(&set))),
    ];
    entries.sort();
    ChangeSet::from_sorted(entries).unwrap()
}

/// A transfer of `height` from Alice to Bob, the `index`-th of its height.
pub(super) fn transfer(height: u64, index: u32) -> Vec<u8> {
    let tx = Tx {
        version: Version,
        chain_id: id::chain_id("syndic:test", &[3; 16]),
        sender: ALICE,
        lane: 0,
        nonce: Nonce(height * 100 + u64::from(index)),
        valid_until_ms: TimestampMs(9_000),
        gas_limit: Gas(50_000),
        fee_limit: Amount(0),
        payer: None,
        reference: Vec::new(),
        calls: vec![Call::Transfer { to: BOB, amount: Amount(u128::from(height)) }],
    };
    let auth = Auth::Ed25519 { key: PublicKey([7; 32]), signature: Signature([8; 64]) };
    types::encode(&SignedTx { tx, auth, payer_auth: None })
}

fn receipt(tx: &[u8], height: u64) -> Receipt {
    let native = NativeEvent::Transfer { from: ALICE, to: BOB, amount: Amount(u128::from(height)) };
    Receipt {
        version: Version,
        kind: ReceiptKind::Transaction,
        tx_hash: Some(id::tx_hash(tx)),
        status: Status::Succeeded,
        code: Code::Ok,
        gas_used: Gas(21_000),
        fee: Amount(0),
        events: vec![Event {
            source: id::module_address("bank"),
            name: native.name().to_owned(),
            data: types::encode(&native),
        }],
        return_hash: Hash::ZERO,
    }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(Limits::default(), |_| {}).await
    }

    pub(super) async fn with(limits: Limits, change: impl FnOnce(&mut Listener)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let genesis = genesis();
        let header = id::genesis_header(&genesis).unwrap();
        let (chain_id, genesis_hash) = (header.chain_id, id::block_id(&header));
        let options = Options::new(chain_id, genesis_hash);
        let store = Arc::new(Store::open(&folder.path().join("data"), &options).unwrap());
        let changes = first_state(&genesis);
        let mut tree = Tree::new(1 << 20);
        let state_root = tree.apply(&*store, Height(0), &changes).unwrap();
        let instance = [1; 32];
        store
            .initialise(&GenesisBatch {
                genesis: &genesis,
                header: &header,
                changes: &changes,
                state_root,
                instance,
            })
            .unwrap();
        tree.durable(Height(0));
        let tree = Arc::new(Mutex::new(tree));
        let (head, head_seen) = watch::channel(Head::default());
        let (consensus, consensus_seen) = watch::channel(Arc::new(ConsensusStatus::default()));
        let (requests, inbox) = mpsc::channel(64);
        let pool = Arc::new(Mutex::new(Pool::default()));
        tokio::spawn(answer(inbox, Arc::clone(&pool)));
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let (proving, proving_store) = (Arc::clone(&tree), Arc::clone(&store));
        let services = Services {
            chain: ChainInfo {
                name: genesis.name.clone(),
                chain_id,
                genesis_hash,
                prefix: "syn".to_owned(),
                version: "test".to_owned(),
                validator: None,
            },
            store: Arc::clone(&store),
            requests,
            head: head_seen,
            consensus: consensus_seen,
            prove: Arc::new(move |height, raw| {
                let tree = proving.lock().unwrap();
                tree.prove(&*proving_store, height, raw).map_err(|error| match error {
                    state::ProveError::Pruned { oldest } => ProveError::Pruned(oldest),
                    error => ProveError::Failed(error.to_string()),
                })
            }),
            simulate: Arc::new(|tx| match tx.lane {
                0 => Ok(Simulated {
                    height: Height(0),
                    receipt: receipt(&[], 1),
                    returned: vec![7],
                    log: vec!["line".to_owned()],
                }),
                _ => Err(SimulateError::Refused(refusal(Code::FeeUnpaid))),
            }),
            view: Arc::new(|question| {
                let refused = question.method == "refuse";
                let told = Failure {
                    version: Version,
                    contract: question.contract,
                    name: "NOT_YOURS".to_owned(),
                    data: vec![1],
                };
                Ok(Viewed {
                    height: Height(0),
                    gas_used: question.gas,
                    result: match refused {
                        true => Err((Code::ContractFailed, Some(told))),
                        false => Ok(question.input.clone()),
                    },
                    log: Vec::new(),
                })
            }),
            section: Arc::new(|code, name| Some([code, name.as_bytes()].concat())),
            metrics_text: Arc::new(move || {
                let mut text = String::new();
                prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
                text
            }),
            set_log_filter: Arc::new(|filter| match filter {
                "bad" => Err("no such level".to_owned()),
                _ => Ok(()),
            }),
            metrics,
        };
        let mut public = Listener::loopback("127.0.0.1:0".parse().unwrap());
        change(&mut public);
        let admin = Some(Listener::loopback("127.0.0.1:0".parse().unwrap()));
        let server = serve(Config { public, admin, limits }, services).await.unwrap();
        Self { genesis, store, server, pool, head, tree, _consensus: consensus, _folder: folder }
    }

    /// Commit the next block with so many transfers, and say that it is there.
    pub(super) fn commit(&self, txs: u32) -> Height {
        let tip = self.store.tip().unwrap();
        let height = tip.height.next();
        let txs: Vec<Vec<u8>> = (0..txs).map(|index| transfer(height.0, index)).collect();
        let receipts: Vec<Receipt> = txs.iter().map(|tx| receipt(tx, height.0)).collect();
        let touched: Vec<_> = txs.iter().map(|tx| (id::tx_hash(tx), vec![ALICE, BOB])).collect();
        let body = types::encode(&Body { txs, ..Body::default() });
        let set = id::validators_hash(&id::genesis_set(&self.genesis).unwrap());
        let header = Header {
            version: WideVersion,
            protocol: 1,
            chain_id: id::chain_id(&self.genesis.name, &self.genesis.salt),
            height,
            round: Round(0),
            time_ms: TimestampMs(1_000 + height.0),
            parent: tip.block_id,
            proposer: id::validator_id(&PublicKey([1; 32])),
            validators_hash: set,
            next_validators_hash: set,
            params_hash: id::params_hash(&self.genesis.params),
            prev_state_root: tip.state_root,
            prev_receipts_root: tip.receipts_root,
            txs_root: Hash::ZERO,
            evidence_root: Hash::ZERO,
            last_commit_hash: Hash::ZERO,
            finality_hash: Hash::ZERO,
            randomness: Hash::ZERO,
            vrf_proof: VrfProof([0; 96]),
            body_bytes: u32::try_from(body.len()).unwrap(),
        };
        let block_id = id::block_id(&header);
        let certificate = CommitCertificate {
            version: Version,
            chain_id: header.chain_id,
            height,
            round: Round(0),
            block_id,
            precommits: vec![CertificateSignature {
                index: 0,
                signature: Signature([1; 64]),
                share: Share([2; 128]),
            }],
        };
        // It replaces nothing, and says so: that keeps earlier heights provable.
        let changes = ChangeSet::from_sorted_replacing(Vec::new(), Vec::new()).unwrap();
        let state_root = self.tree.lock().unwrap().apply(&*self.store, height, &changes).unwrap();
        let hashes: Vec<Hash> = receipts.iter().map(id::receipt_hash).collect();
        self.store
            .commit(&CommitBatch {
                header: &header,
                block_id,
                body: &body,
                certificate: &certificate,
                receipts: &receipts,
                returned: &vec![Vec::new(); receipts.len()],
                touched: &touched,
                changes: &changes,
                state_root,
                receipts_root: merkle::root(&hashes),
                own_seal: None,
            })
            .unwrap();
        self.tree.lock().unwrap().durable(height);
        self.head.send_modify(|head| head.tip = height);
        height
    }

    /// Say that the tip is final.
    pub(super) fn finalize(&self) {
        let tip = self.store.tip().unwrap();
        let certificate = FinalityCertificate {
            version: Version,
            chain_id: id::chain_id(&self.genesis.name, &self.genesis.salt),
            height: tip.height,
            block_id: tip.block_id,
            state_root: tip.state_root,
            receipts_root: tip.receipts_root,
            seals: vec![CertificateSignature {
                index: 0,
                signature: Signature([3; 64]),
                share: Share([4; 128]),
            }],
        };
        self.store.put_finality(&certificate).unwrap();
        self.head.send_modify(|head| head.finalized = tip.height);
    }

    pub(super) fn set_not_ready(&self, reason: &str) {
        self.head.send_modify(|head| head.not_ready = vec![reason.to_owned()]);
    }

    /// A client of the public listener, for blocking threads.
    pub(super) fn config(&self) -> client::Config {
        client::Config::from_urls(&self.server.public.to_string()).unwrap()
    }
}

pub(super) fn refusal(code: Code) -> Refusal {
    let (field, value, limit) = ("fee".to_owned(), "1".to_owned(), "2".to_owned());
    Refusal { code, field, value, limit }
}

async fn answer(mut inbox: mpsc::Receiver<Request>, pool: Arc<Mutex<Pool>>) {
    let mut kept = Vec::new();
    while let Some(request) = inbox.recv().await {
        let mut pool = pool.lock().unwrap();
        // A receiver that has gone took its question back.
        match request {
            request if pool.deaf => kept.push(request),
            Request::Submit { txs, reply } => {
                let outcome = |tx: &Vec<u8>| {
                    let hash = id::tx_hash(tx);
                    let known = pool.places.insert(hash, TxPlace::Pending(Some(0))).is_some();
                    let duplicate = known.then(|| refusal(Code::Duplicate));
                    let refused = pool.refuse.clone().or(duplicate);
                    SubmitOutcome { hash, result: refused.map_or(Ok(()), Err) }
                };
                let _ = reply.send(txs.iter().map(outcome).collect());
            }
            Request::SubmitEvidence { reply, .. } => {
                let _ = reply.send(Ok(()));
            }
            Request::TxStatus { hash, reply } => {
                let place = pool.places.get(&hash).copied().unwrap_or(TxPlace::Unknown);
                let _ = reply.send(place);
            }
            Request::PendingNonce { reply, .. } => {
                let _ = reply.send(Some(Nonce(3)));
            }
            Request::MempoolInfo { reply } => {
                let _ = reply.send(MempoolInfo { txs: 2, ..MempoolInfo::default() });
            }
            Request::NetInfo { reply } => {
                let network_key = PublicKey([6; 32]);
                let (listen, peers) = (Vec::new(), Vec::new());
                let _ = reply.send(NetInfo { network_key, listen, peers });
            }
            Request::Ping { reply } => {
                let _ = reply.send(());
            }
            Request::Stop => return,
        }
    }
}
