//! Whole replicas, in small nets and alone.

mod blocks;
mod exchange;
mod finality;
mod height;
mod own;
mod ready;
mod receive;
mod status;
mod syncing;
mod transactions;
mod votes;
