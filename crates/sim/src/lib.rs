//! The Gateway simulator: a library and a server that real TWS API clients connect to.
