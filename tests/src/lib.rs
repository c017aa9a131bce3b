//! Drive whole nets of real processes and simulated replicas.
