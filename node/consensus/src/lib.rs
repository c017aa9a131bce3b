//! Agree on the next block: a plain function around the malachite core.
