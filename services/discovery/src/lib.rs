//! Sweeps AWS accounts and publishes their inventory.
