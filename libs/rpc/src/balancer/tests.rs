//! What the balancer promises.
