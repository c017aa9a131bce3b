//! Talk to a node and check what it says without trusting it.
