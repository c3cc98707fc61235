//! State with etags, compare-and-set, watches and expiring sets.
