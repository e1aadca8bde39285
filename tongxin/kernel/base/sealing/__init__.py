"""Sealing: what lies encrypted, under which key, and how a key is destroyed.

    master key (outside the database) → wraps one data key per school × class × school year, per child for K4d and K5
    → seals a field or a file under AES-256-GCM (or SM4-GCM), bound to its table, column and row.

master.py the master key · store.py the wrapped keys, in a file of their own · cipher.py sealing and opening ·
fields.py model fields and the blind index · rotation.py new keys for old rows, in the background.
"""
