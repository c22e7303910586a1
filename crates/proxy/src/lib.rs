//! TWS API sessions for unmodified programs, on links.
