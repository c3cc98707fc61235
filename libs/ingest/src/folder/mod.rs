//! The source that needs no cloud: a folder that flow log files come into.
