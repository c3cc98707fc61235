//! Accounts, credentials, assumed roles, clients, and what errors of AWS mean.
