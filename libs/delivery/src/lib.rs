//! Runs, answers and the rules of delivery.
