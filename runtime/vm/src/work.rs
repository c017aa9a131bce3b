//! How much work a compiler has with a function, beyond its bytes.
//!
//! A compiler carries every value through every block and follows each back through the blocks
//! before, so that a body of nothing but loops over many locals takes it minutes, within every
//! other limit. This counts what that work grows with, so that a module may be refused by its
//! bytes: one unit is about a nanosecond, measured with `tests/hostile.rs`.

use wasmparser::Operator;

/// Units for one target of a branch table and one value.
const TARGET: u64 = 1_000;
/// Units for one loop, each loop around it, and two values.
const LOOP: u64 = 4;

/// The blocks and branches of one body so far.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Blocks and branches.
    edges: u64,
    /// Entries of branch tables.
    targets: u64,
    /// For every open block whether it is a loop.
    open: Vec<bool>,
    /// Loops among them.
    loops: u64,
    /// For every loop, that loop and those around it.
    nested: u64,
}

impl Work {
    /// Count an operator.
    pub(crate) fn add(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Loop { .. } => {
                self.loops = self.loops.saturating_add(1);
                self.nested = self.nested.saturating_add(self.loops);
                self.open.push(true);
            }
            Operator::Block { .. } | Operator::If { .. } => self.open.push(false),
            Operator::End => {
                if self.open.pop() == Some(true) {
                    self.loops = self.loops.saturating_sub(1);
                }
                return;
            }
            Operator::BrTable { targets } => {
                self.targets = self.targets.saturating_add(u64::from(targets.len()));
            }
            Operator::Else | Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return => {}
            // These become branches: is the entry there yet, does the gas reach.
            Operator::CallIndirect { .. }
            | Operator::TableGet { .. }
            | Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. } => self.edges = self.edges.saturating_add(1),
            _ => return,
        }
        self.edges = self.edges.saturating_add(1);
    }

    /// The work of the whole body, with so many parameters, locals and operands.
    pub(crate) fn of(&self, slots: u32) -> u64 {
        let values = u64::from(slots);
        let squares = self.edges.saturating_mul(self.edges);
        let targets = self.targets.saturating_mul(TARGET);
        let loops = self.nested.saturating_mul(LOOP).saturating_mul(values);
        values.saturating_mul(squares.saturating_add(targets).saturating_add(loops))
    }
}
