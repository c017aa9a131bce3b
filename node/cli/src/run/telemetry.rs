//! Logs: fields rather than prose, to standard error, filtered by crate.

use crate::config::LogConfig;
use replica::Log;
use std::sync::OnceLock;
use tracing::{error, info, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};
use types::punishment::{Opening, RevealRecord};

type FilterHandle = reload::Handle<EnvFilter, Registry>;

/// The engine's core logs every vote at info.
const QUIET: &str = "arc_malachitebft_core_consensus=warn,arc_malachitebft_core_driver=warn";

/// The filter in force, to be changed while the node runs.
static FILTER: OnceLock<FilterHandle> = OnceLock::new();

/// Start logging for this process.
///
/// # Errors
/// If the filter cannot be parsed, or logging was started before.
pub(crate) fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.filter))
        .map_err(|problem| anyhow::anyhow!("`log.filter` is `{}`: {problem}", config.filter))?;
    let (filter, handle) = reload::Layer::new(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if config.json { lines.json().boxed() } else { lines.with_ansi(false).boxed() };
    let started = tracing_subscriber::registry().with(filter).with(lines).try_init();
    started.map_err(|problem| anyhow::anyhow!("logging: {problem}"))?;
    let _ = FILTER.set(handle);
    Ok(())
}

/// Log other things from now on.
///
/// # Errors
/// What is wrong with the filter.
pub(crate) fn set_filter(text: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(format!("{QUIET},{text}"))
        .map_err(|problem| format!("`{text}`: {problem}"))?;
    let handle = FILTER.get().ok_or("logging has not been started")?;
    handle.reload(filter).map_err(|problem| problem.to_string())
}

/// Whole seconds that catching up takes still, at the pace so far.
fn seconds_left(progress: &consensus::sync::Progress) -> Option<u64> {
    progress.remaining_ms().map(|ms| ms.div_ceil(1_000))
}

/// Say what the replica wants said.
pub(crate) fn tell(log: &Log) {
    match log {
        Log::Committed { height, round, txs } => {
            info!(target: "replica", %height, %round, txs, "committed");
        }
        Log::BlockRefused { block_id, reason } => {
            warn!(target: "replica", %block_id, reason, "block refused");
        }
        Log::DoubleSign(evidence) => {
            error!(
                target: "replica",
                validator = %evidence.validator,
                height = %evidence.address.height,
                round = %evidence.address.round,
                step = ?evidence.address.step,
                "a validator signed two values at one address"
            );
        }
        Log::Revealed(record) => reveal(record),
        Log::Abstained(reason) => warn!(target: "replica", reason, "abstained"),
        Log::Observer(reason) => warn!(target: "replica", reason, "observing, not signing"),
        Log::Armed => info!(target: "replica", "signing again"),
        Log::Ready(height) => {
            info!(target: "replica", %height, "admitted, and caught up: asks to enter the set");
        }
        Log::Syncing(progress) => {
            let (tip, target) = (progress.tip, progress.target);
            let (per_s, left_s) = (progress.per_second(), seconds_left(progress));
            info!(target: "replica", %tip, %target, per_s, left_s, "catching up");
        }
        Log::Synced(progress) => {
            let (tip, per_s) = (progress.tip, progress.per_second());
            let heights = progress.tip.0.saturating_sub(progress.from.0);
            info!(target: "replica", %tip, heights, per_s, "caught up");
        }
        Log::Warning(text) => warn!(target: "replica", "{text}"),
    }
}

/// The chain has named a validator that signed twice.
fn reveal(record: &RevealRecord) {
    let evidence = crypto::id::evidence_id(&record.evidence.validator, &record.evidence.address);
    let (validator, forfeited) = (record.evidence.validator, record.forfeit.forfeited);
    match &record.opening {
        Opening::Opened(identity) => error!(
            target: "replica",
            %validator,
            %evidence,
            height = %record.height,
            %forfeited,
            legal_name = identity.legal_name,
            registry_number = identity.registry_number,
            jurisdiction = identity.jurisdiction,
            "a validator that signed twice was named"
        ),
        Opening::RegistrarFault(fault) => error!(
            target: "replica",
            %validator,
            %evidence,
            height = %record.height,
            %forfeited,
            fault = fault.name(),
            "a validator signed twice, and its registrars attested no identity that opens"
        ),
    }
}
