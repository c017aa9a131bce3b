//! Links between simulated nodes: delay, loss, reordering and partitions.

use super::random::Random;

/// How links behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkPlan {
    /// Shortest delay, in microseconds.
    pub delay_us: u64,
    /// A message takes at most this much longer, which reorders.
    pub jitter_us: u64,
    /// Thousandths of messages that are lost.
    pub loss: u64,
}

/// Which pairs of nodes can talk.
#[derive(Clone, Debug)]
pub(super) struct Links {
    plan: LinkPlan,
    nodes: usize,
    cut: Vec<bool>,
}

impl Links {
    pub(super) fn new(plan: LinkPlan, nodes: usize) -> Self {
        Self { plan, nodes, cut: vec![false; nodes * nodes] }
    }

    /// Cut or heal one direction.
    pub(super) fn set_cut(&mut self, from: usize, to: usize, cut: bool) {
        self.cut[from * self.nodes + to] = cut;
    }

    /// Heal everything, and deliver everything from now on.
    pub(super) fn heal(&mut self) {
        self.cut.fill(false);
        self.plan.loss = 0;
    }

    /// When a message sent now arrives, in nanoseconds from now; `None` if it is lost.
    pub(super) fn send(&self, from: usize, to: usize, random: &mut Random) -> Option<u64> {
        let jitter = random.below(self.plan.jitter_us + 1);
        let lost = random.happens(self.plan.loss);
        let cut = self.cut[from * self.nodes + to];
        (!lost && !cut).then(|| (self.plan.delay_us + jitter) * 1_000)
    }
}
