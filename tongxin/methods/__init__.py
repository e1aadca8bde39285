"""Plain Python methods on dataclasses and arrays; nothing here knows Django."""
