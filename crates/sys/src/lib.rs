//! What the operating system knows about a Gateway's port and its connections.
