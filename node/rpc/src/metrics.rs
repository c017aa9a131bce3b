//! What the server counts.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The server's metrics. Labels take values from the method table and the code registry alone, so
/// their number is bounded.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) calls: Family<CallLabels, Counter>,
    pub(crate) seconds: Histogram,
    pub(crate) connections: Gauge,
    pub(crate) refused_connections: Counter,
    pub(crate) streams: Gauge,
    pub(crate) slow_streams: Counter,
    pub(crate) panics: Counter,
}

/// What a call is counted under.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct CallLabels {
    pub(crate) method: &'static str,
    pub(crate) code: &'static str,
}

impl Metrics {
    /// Metrics that this registry shows.
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("rpc_calls", "Calls by method and code", metrics.calls.clone());
        registry.register("rpc_seconds", "Time to answer", metrics.seconds.clone());
        registry.register("rpc_connections", "Connections open", metrics.connections.clone());
        registry.register(
            "rpc_connections_refused",
            "Connections closed at once because there were too many",
            metrics.refused_connections.clone(),
        );
        registry.register("rpc_streams", "Event streams open", metrics.streams.clone());
        registry.register(
            "rpc_streams_slow",
            "Streams closed because their readers were too slow",
            metrics.slow_streams.clone(),
        );
        registry.register("rpc_panics", "Calls that met a fault of ours", metrics.panics.clone());
        metrics
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            calls: Family::default(),
            // 100 µs to 52 s.
            seconds: Histogram::new(exponential_buckets(0.000_1, 3.0, 13)),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
            streams: Gauge::default(),
            slow_streams: Counter::default(),
            panics: Counter::default(),
        }
    }
}
