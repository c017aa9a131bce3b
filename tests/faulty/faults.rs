//! The faults as hooks of a run.

use crate::options::{Moment, Options};
use crate::unguarded::Unguarded;
use anyhow::Context;
use cli::run::Hooks;
use harness::ledger::{self, Ledger};
use replica::{Action, ActionKind};

/// Counts down to the moment at which the process dies.
struct Countdown {
    moment: Moment,
    seen: u64,
}

/// The hooks that carry out these faults.
///
/// # Errors
/// If the ledger cannot be opened.
pub(crate) fn hooks(options: Options) -> anyhow::Result<Hooks> {
    let mut hooks = Hooks::default();
    let mut ledger = match &options.ledger {
        None => None,
        Some(path) => Some(Ledger::append_to(path).with_context(|| path.display().to_string())?),
    };
    let mut before = options.die_before.map(Countdown::new);
    hooks.before = Some(Box::new(move |action| {
        // First the fault: what is not sent is not written down.
        if let Some(before) = &mut before {
            before.die_at(action.kind());
        }
        if let Some(ledger) = &mut ledger {
            write_down(ledger, action);
        }
    }));
    if let Some(mut after) = options.die_after.map(Countdown::new) {
        hooks.after = Some(Box::new(move |kind| after.die_at(kind)));
    }
    if options.unguarded {
        let make = |chain_id, secret| Box::new(Unguarded::new(chain_id, secret)) as _;
        hooks.signer = Some(Box::new(make));
    }
    Ok(hooks)
}

impl Countdown {
    fn new(moment: Moment) -> Self {
        Self { moment, seen: 0 }
    }

    fn die_at(&mut self, kind: ActionKind) {
        if kind == self.moment.kind {
            self.seen += 1;
            if self.seen == self.moment.number {
                std::process::abort();
            }
        }
    }
}

/// Messages leave in gossip and in answers to peers that lack them.
fn write_down(ledger: &mut Ledger, action: &Action) {
    let contents = match action {
        Action::Gossip(content) => std::slice::from_ref(&**content),
        Action::AnswerStatus(_, answer) => &answer.messages,
        _ => return,
    };
    for sent in contents.iter().filter_map(ledger::sent) {
        // A test without its record proves nothing.
        ledger.write(&sent).expect("the ledger can be written");
    }
}
