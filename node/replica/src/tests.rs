//! Whole replicas, in small nets and alone.

mod votes;
