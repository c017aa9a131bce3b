//! What can be wrong with parameters: bounds, and how they lie to each other.

use super::{Problem, Problems};
use types::Params;
use types::validator_set::MAX_VALIDATORS;

/// Bytes of one signature of a certificate: position, signature, share.
const CERTIFICATE_ENTRY_BYTES: u32 = 2 + 64 + 128;
/// Bytes of a certificate beside its signatures, rounded up.
const CERTIFICATE_HEAD_BYTES: u32 = 256;
/// Room that a body keeps for the two certificates of a full validator set.
const CERTIFICATES_BYTES: u32 =
    2 * (MAX_VALIDATORS as u32 * CERTIFICATE_ENTRY_BYTES + CERTIFICATE_HEAD_BYTES);

/// All problems of parameters: each bound, and each relation between two of them.
#[must_use]
pub fn parameter_problems(params: &Params) -> Vec<Problem> {
    let mut problems = Problems::default();
    for parameter in Params::TABLE {
        let (value, unit) = ((parameter.get)(params), parameter.unit);
        let (minimum, maximum) = (parameter.minimum, parameter.maximum);
        let within = (minimum..=maximum).contains(&value);
        problems.expect(within, format!("params.{}", parameter.name), || {
            format!("is {value} {unit}, out of bounds: {minimum} to {maximum}")
        });
    }
    let ordered = [
        ("block_interval_ms", "idle_interval_ms"),
        ("propose_timeout_ms", "timeout_cap_ms"),
        ("vote_timeout_ms", "timeout_cap_ms"),
        ("max_tx_gas", "max_block_gas"),
        ("max_deploy_gas", "max_block_gas"),
        ("pool_sender_txs", "pool_txs"),
        ("max_tx_bytes", "pool_bytes"),
        // Certificates are checked by the sets of their heights, which state keeps for the window.
        ("finality_carry_limit", "evidence_window"),
    ];
    for (smaller, larger) in ordered {
        let (small, large) = (value(params, smaller), value(params, larger));
        problems.expect(small <= large, format!("params.{smaller}"), || {
            format!("is {small}, more than {larger}, which is {large}")
        });
    }
    let (after, limit) = (params.finality_carry_after, params.finality_carry_limit);
    problems.expect(after < limit, "params.finality_carry_after", || {
        format!("is {after}, it must be less than finality_carry_limit, which is {limit}")
    });
    check_room(&mut problems, params);
    let parts = u64::from(params.reporter_bp) + u64::from(params.burned_bp);
    problems.expect(parts <= 10_000, "params.burned_bp", || {
        format!("with reporter_bp it makes {parts} basis points, the whole is 10000")
    });
    problems.0
}

/// A body has room for the largest transaction beside its certificates.
fn check_room(problems: &mut Problems, params: &Params) {
    let room = params.max_body_bytes.saturating_sub(CERTIFICATES_BYTES);
    let sizes =
        [("max_tx_bytes", params.max_tx_bytes), ("max_deploy_bytes", params.max_deploy_bytes)];
    for (name, bytes) in sizes {
        problems.expect(bytes <= room, format!("params.{name}"), || {
            let body = params.max_body_bytes;
            format!(
                "is {bytes}, more than {room}: max_body_bytes ({body}) without two certificates \
                 of {MAX_VALIDATORS} validators ({CERTIFICATES_BYTES})"
            )
        });
    }
}

fn value(params: &Params, name: &str) -> u128 {
    let parameter = Params::TABLE.iter().find(|parameter| parameter.name == name);
    (parameter.expect("the table holds every name used here").get)(params)
}
