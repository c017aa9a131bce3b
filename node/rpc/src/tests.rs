//! The server over real sockets, on a real store.

mod calls;
mod conform;
mod hostile;
mod standard;
mod streams;
mod world;
