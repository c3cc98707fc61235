//! What every main needs: exit codes, logging, signals.
