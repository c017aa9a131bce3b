//! Tests: the acceptance, the edges, the negatives of every call, and a plain reference beside it.

mod acceptance;
mod edges;
mod model;
mod negatives;
mod sequences;
mod world;
