//! The replica's timers: one deadline each, setting one again moves it.

use replica::Timer;
use std::collections::{BTreeMap, BTreeSet};

/// Deadlines on the monotonic clock, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    by_timer: BTreeMap<Timer, u64>,
    by_deadline: BTreeSet<(u64, Timer)>,
}

impl Timers {
    /// Set or move a timer.
    pub(crate) fn set(&mut self, timer: Timer, at_ns: u64) {
        self.cancel(&timer);
        self.by_timer.insert(timer.clone(), at_ns);
        self.by_deadline.insert((at_ns, timer));
    }

    /// Forget a timer.
    pub(crate) fn cancel(&mut self, timer: &Timer) {
        if let Some(at_ns) = self.by_timer.remove(timer) {
            self.by_deadline.remove(&(at_ns, timer.clone()));
        }
    }

    /// The earliest deadline.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.by_deadline.first().map(|(at_ns, _)| *at_ns)
    }

    /// Take one timer whose deadline has passed.
    pub(crate) fn pop_due(&mut self, now_ns: u64) -> Option<Timer> {
        if self.next_ns()? > now_ns {
            return None;
        }
        let (_, timer) = self.by_deadline.pop_first()?;
        self.by_timer.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_in_order_of_their_deadline_and_move_when_set_again() {
        let mut timers = Timers::default();
        timers.set(Timer::Tick, 30);
        timers.set(Timer::Idle, 10);
        timers.set(Timer::Interval, 20);
        timers.set(Timer::Idle, 40);
        timers.cancel(&Timer::Interval);
        assert_eq!(timers.next_ns(), Some(30));
        assert_eq!(timers.pop_due(29), None);
        assert_eq!(timers.pop_due(50), Some(Timer::Tick));
        assert_eq!(timers.pop_due(50), Some(Timer::Idle));
        assert_eq!(timers.pop_due(50), None);
    }
}
