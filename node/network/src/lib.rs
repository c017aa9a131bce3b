//! Talk to permitted peers over libp2p.
