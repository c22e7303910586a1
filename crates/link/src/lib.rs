//! One worker kept alive and used: the worker, its JSON protocol, its supervisor and its client.
