//! Which way a search goes, with the families' own sessions and nobody at the other end, or one meter of ours.
