//! AWS flow log formats and the line parser.
