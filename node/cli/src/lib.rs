//! Run and use a syndic chain: the node, its keys, its tools.
