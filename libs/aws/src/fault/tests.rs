//! Codes and messages as services give them.
