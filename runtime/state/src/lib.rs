//! Keep authenticated state: keys, overlay, Merkle tree and proofs.
