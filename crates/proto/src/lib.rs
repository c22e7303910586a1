//! The TWS API wire and session, both directions, without I/O.
