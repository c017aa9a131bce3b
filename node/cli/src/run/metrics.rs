//! Everything a node counts, as OpenMetrics text: consensus, pool, network, database, process.

use crate::run::bridge::Heights;
use crate::run::process;
use crate::signer::Away;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use replica::Status;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use store::Store;
use tokio::sync::watch;

type Number = Gauge<u64, AtomicU64>;

/// One group of threads.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ThreadLabels {
    thread: String,
}

/// Where the numbers come from; they are read when somebody asks.
pub(crate) struct Sources {
    pub(crate) status: watch::Receiver<Arc<Status>>,
    pub(crate) heights: watch::Receiver<Heights>,
    pub(crate) network: network::CommandSender,
    pub(crate) store: Arc<Store>,
    /// Whether the signer process is away; `None` if the keys are here.
    pub(crate) signer: Option<watch::Receiver<Option<Away>>>,
}

/// The text of `/metrics`; `registry` holds what other crates count themselves.
pub(crate) fn text(sources: &Sources, registry: &Registry) -> String {
    let mut numbers = Registry::default();
    for (name, help, value) in sources.numbers() {
        let gauge = Number::default();
        gauge.set(value);
        numbers.register(name, help, gauge);
    }
    let threads = Family::<ThreadLabels, Number>::default();
    for (thread, cpu_us) in process::threads_cpu_us() {
        threads.get_or_create(&ThreadLabels { thread }).set(cpu_us);
    }
    let help = "CPU time used by the living threads of each name, in us";
    numbers.register("process_thread_cpu_us", help, threads);
    let mut text = String::new();
    // Writing to memory cannot fail; each part ends with an end mark, of which one may remain.
    let _ = encode(&mut text, &numbers);
    let end = text.rfind("# EOF").unwrap_or(text.len());
    text.truncate(end);
    let _ = encode(&mut text, registry);
    text
}

impl Sources {
    fn numbers(&self) -> Vec<(&'static str, &'static str, u64)> {
        let status = self.status.borrow().clone();
        let heights = *self.heights.borrow();
        let network = self.network.metrics();
        let signer_away = self.signer.as_ref().is_some_and(|away| away.borrow().is_some());
        let mut numbers = vec![
            ("chain_tip_height", "Newest durable height", heights.tip.0),
            ("chain_final_height", "Newest final height", heights.finalized.0),
            ("consensus_height", "Height in progress", status.height.0),
            ("consensus_round", "Its round", u64::from(status.round.0)),
            ("consensus_power_present", "Power connected, own included", status.power_present.0),
            ("consensus_power_needed", "Least power that decides", status.power_needed.0),
            ("consensus_power_total", "All power", status.power_total.0),
            ("consensus_evidence_seen", "Double signs seen", status.evidence_seen),
            (
                "consensus_evidence_waiting",
                "Double signs that wait for a block",
                status.evidence_waiting as u64,
            ),
            (
                "consensus_evidence_left_out",
                "Blocks that left out a known double sign",
                status.evidence_left_out,
            ),
            ("chain_validators_revealed", "Validators punished", status.revealed as u64),
            (
                "consensus_root_alarm",
                "Whether others seal other roots",
                status.alarm.is_some().into(),
            ),
            ("consensus_abstentions", "Messages due and not signed", status.abstentions),
            ("consensus_signing", "Whether this validator signs", status.observer.is_none().into()),
            ("consensus_signer_away", "Whether the signer process is away", signer_away.into()),
            ("mempool_transactions", "Transactions waiting", status.pool_txs as u64),
            ("mempool_bytes", "Their bytes", status.pool_bytes),
            ("network_peers", "Connected peers", network.connected_peers),
            ("network_connections_refused", "Connections refused", network.connections_refused),
            ("network_peers_banned", "Peers cut off", network.peers_banned),
            ("network_offences", "Offences of peers", network.offences),
            ("network_gossip_received", "Gossiped messages received", network.gossip_received),
            ("network_gossip_published", "Gossiped messages published", network.gossip_published),
            ("network_gossip_refused", "Gossiped messages refused", network.gossip_refused),
            ("network_rate_limited", "Messages above a peer's rate", network.rate_limited),
            ("network_bytes_received", "Bytes received", network.bytes_received),
            ("network_bytes_sent", "Bytes sent", network.bytes_sent),
            ("process_resident_bytes", "Resident memory", process::resident_bytes()),
            ("process_cpu_ms", "CPU time used, in ms", process::cpu_ms()),
        ];
        if let Ok(store) = self.store.metrics() {
            numbers.extend([
                ("store_table_bytes", "Bytes of the database's tables", store.table_bytes),
                ("store_cache_bytes", "Bytes of the database's cache", store.cache_bytes),
                ("store_pending_compaction_bytes", "To compact", store.pending_compaction_bytes),
                (
                    "store_background_errors",
                    "Errors met in the background",
                    store.background_errors,
                ),
                ("store_state_keys", "Entries of the state, estimated", store.state_keys),
            ]);
        }
        numbers
    }
}
