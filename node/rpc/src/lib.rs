//! Serve wallets and explorers: JSON-RPC, event streams, health and metrics.
