//! The faults as hooks of a run.

use crate::options::{Before, Moment, Options};
use crate::unguarded::Unguarded;
use anyhow::Context;
use cli::run::Hooks;
use harness::ledger::{self, Ledger};
use replica::{Action, ActionKind, Work};
use std::time::Duration;

/// How long messages that are on their way out are given, before a batch of a named height.
const LINGER: Duration = Duration::from_millis(300);

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
    let (mut countdown, batch) = match options.die_before {
        Some(Before::Moment(moment)) => (Some(Countdown::new(moment)), None),
        Some(Before::Batch(height)) => (None, Some(height)),
        None => (None, None),
    };
    hooks.before = Some(Box::new(move |action| {
        // First the fault: what is not sent is not written down.
        if let Some(countdown) = &mut countdown {
            countdown.die_at(action.kind());
        }
        if batch.is_some() && batch == height_of_batch(action) {
            // What was sent before this action leaves, so that the others decide and die too.
            std::thread::park_timeout(LINGER);
            std::process::abort();
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

/// The height of a block that is about to be written.
fn height_of_batch(action: &Action) -> Option<u64> {
    let Action::Work(work) = action else { return None };
    match &**work {
        Work::Commit(job) | Work::Sync(job) => Some(job.block.block.header.height.0),
        Work::Verify { .. } | Work::Check { .. } | Work::Build(_) | Work::Admit { .. } => None,
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
