//! Hold transactions that could go into a block.
