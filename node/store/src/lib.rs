//! Keep blocks, state and indexes in RocksDB: one synced batch a block.
