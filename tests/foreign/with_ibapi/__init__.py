"""The stories of an unmodified ibapi 9.81.1, the official Python client of its time, one module a subject."""
