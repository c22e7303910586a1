"""The stories of an unmodified ib_async 2.1.0, one module a subject."""
