//! Be a node without input or output: an event in, actions out.
